"""The figure of lookups, by provider and state, with the time that answers took."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.utils.translation import gettext as _

from number_insight.admin import charts, display, naming
from number_insight.admin.overview.figure import Bar, Figure, number, percent
from number_insight.models.choices import ANSWERED_STATES, LookupState
from number_insight.overview import figures
from number_insight.overview.figures import Asked, Period

STATES: dict[str, str] = {
    **dict.fromkeys(ANSWERED_STATES, "allow"),
    LookupState.UNCERTAIN: "review",
    LookupState.FAILED: "deny",
    LookupState.NO_CALLBACK: "deny",
}
"""State of a lookup -> colour; the others are grey."""


def lookups(period: Period) -> Figure:
    """Return the lookups by provider and state, and the time that answers took."""
    found = figures.lookups(period)
    by_provider: dict[str, list[Asked]] = {}
    for one in found:
        by_provider.setdefault(one.provider, []).append(one)
    most = max((sum(one.count for one in group) for group in by_provider.values()), default=0)
    legend = [
        *(("allow", _("answered")), ("review", _("uncertain")), ("deny", _("failed"))),
        ("rest", _("others")),
    ]
    return Figure(
        name="lookups",
        title=_("Lookups"),
        summary=_lookups_summary(found),
        bars=[
            Bar(
                label=name,
                plot=charts.bar(_by_colour(group), top=most, title=name),
                value=number(sum(one.count for one in group)),
                detail=_speed(group, _("%(median)s, 95 %% in %(slow)s")),
            )
            for provider, group in by_provider.items()
            for name in (naming.provider_name(provider),)
        ],
        legend=[(charts.swatch(name), label) for name, label in legend],
        heads=[_("Provider"), _("State"), _("Lookups"), _("Median"), _("95 % within")],
        rows=[
            [
                *(
                    naming.provider_name(one.provider),
                    str(dict(LookupState.choices).get(one.state, one.state)),
                ),
                number(one.count),
                *(display.duration(one.quantile(share)) for share in (0.5, 0.95)),
            ]
            for one in found
        ],
    )


def _by_colour(group: Sequence[Asked]) -> list[tuple[str, float]]:
    counts = Counter[str]()
    for one in group:
        counts[STATES.get(one.state, "rest")] += one.count
    return [(name, counts[name]) for name in ("allow", "review", "deny", "rest")]


def _speed(group: Sequence[Asked], message: str) -> str:
    """Return the median and the 95th percentile of the answered lookups, in `message`."""
    answered = [one.spread for one in group if one.is_answered]
    median, slow = figures.quantiles(answered, 0.5, 0.95)
    if median is None:
        return _("none answered")
    return message % {"median": display.duration(median), "slow": display.duration(slow)}


def _lookups_summary(found: Sequence[Asked]) -> str:
    count = sum(one.count for one in found)
    if not count:
        return _("Nothing was asked.")
    answered = sum(one.count for one in found if one.is_answered)
    message = _("%(count)s lookups, of which %(share)s were answered: %(speed)s.")
    return message % {
        "count": number(count),
        "share": percent(answered / count),
        "speed": _speed(found, _("half within %(median)s, 95 %% within %(slow)s")),
    }
