"""The figure of flags, by frequency, with the share that people refused."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from number_insight.admin import charts, display
from number_insight.admin.overview.figure import (
    MOST_BARS,
    Bar,
    Figure,
    decided_bar,
    number,
    percent,
)
from number_insight.models.tallies import TallyKind
from number_insight.overview import figures
from number_insight.overview.figures import Flagged, Period

FEWEST = 5
"""Decisions on a flag from which the share that was refused is worth a sentence."""


def flags(period: Period, kind: TallyKind) -> Figure:
    """Return the flags that count, or those on trial, with the share that people refused."""
    found, labels = figures.flags(period, kind), display.flag_labels()
    named = [(display.named(one.code, labels), one) for one in found]
    is_trial = kind == TallyKind.SHADOW
    most = max((one.count for one in found), default=0)
    legend = [("deny", _("refused by people")), ("allow", _("released")), ("rest", _("undecided"))]
    return Figure(
        name=f"{kind.value}s",
        title=_("Flags on trial") if is_trial else _("Flags that count"),
        summary=_flags_summary(named),
        bars=[
            Bar(
                label=label,
                plot=decided_bar(label, one.count, one.refused, one.released, most),
                value=number(one.count),
                detail=_refused_of(one),
                query=f"flag={one.code}",
            )
            for label, one in named[:MOST_BARS]
        ],
        legend=[(charts.swatch(name), label) for name, label in legend],
        heads=[_("Flag"), _("Records"), _("Refused"), _("Released"), _("Share refused")],
        rows=[
            [
                *(label, number(one.count), number(one.refused), number(one.released)),
                percent(one.share_refused),
            ]
            for label, one in named
        ],
    )


def _flags_summary(named: Sequence[tuple[str, Flagged]]) -> str:
    if not named:
        return _("No record has such a flag.")
    label, most = named[0]
    message = _("The most frequent is “%(flag)s”, on %(count)s records.")
    told = message % {"flag": label, "count": number(most.count)}
    decided = [item for item in named if item[1].refused + item[1].released >= FEWEST]
    if not decided:
        return told
    label, one = max(decided, key=lambda item: (item[1].share_refused or 0, item[1].refused))
    message = _("People refuse the largest share of “%(flag)s”: %(share)s.")
    return f"{told} {message % {'flag': label, 'share': percent(one.share_refused)}}"


def _refused_of(one: Flagged) -> str:
    if one.share_refused is None:
        return _("none decided")
    message = _("%(share)s of %(decided)s refused")
    decided = number(one.refused + one.released)
    return message % {"share": percent(one.share_refused), "decided": decided}
