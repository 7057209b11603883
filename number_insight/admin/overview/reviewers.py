"""The figure of reviewers: their decisions, how soon they came, and who agreed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

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
from number_insight.conf import app_settings
from number_insight.overview import figures
from number_insight.overview.figures import Decided


def reviewers(names: Mapping[Any, str], found: Sequence[Decided]) -> Figure:
    """Return the decisions by reviewer; `names` maps the keys of users to their names."""
    named = [(names.get(one.reviewer) or _("code or a deleted user"), one) for one in found]
    most = max((one.count for one in found), default=0)
    has_looks = bool(app_settings.SECOND_LOOK) or any(one.looks for one in found)
    return Figure(
        name="reviewers",
        title=_("Reviewers"),
        summary=_reviewers_summary(found),
        bars=[
            Bar(
                label=name,
                plot=decided_bar(name, one.count, one.refused, one.released, most),
                value=number(one.count),
                detail=_("median %(median)s") % {"median": display.duration(one.median)},
            )
            for name, one in named[:MOST_BARS]
        ],
        legend=[(charts.swatch("deny"), _("refused")), (charts.swatch("allow"), _("released"))],
        heads=[
            *(_("Reviewer"), _("Decisions"), _("Refused"), _("Released"), _("Median")),
            *((_("Agreement"),) if has_looks else ()),
        ],
        rows=[
            [
                *(name, number(one.count), number(one.refused), number(one.released)),
                display.duration(one.median),
                *((percent(one.agreement),) if has_looks else ()),
            ]
            for name, one in named
        ],
    )


def _reviewers_summary(found: Sequence[Decided]) -> str:
    count = sum(one.count for one in found)
    if not count:
        return _("Nobody has decided anything.")
    (median,) = figures.quantiles([one.spread for one in found], 0.5)
    message = _("%(count)s decisions, half of them within %(median)s of the signup.")
    told = message % {"count": number(count), "median": display.duration(median)}
    looks, agreed = sum(one.looks for one in found), sum(one.agreed for one in found)
    if not looks:
        return told
    message = _("Second looks agreed with %(share)s of %(looks)s.")
    return f"{told} {message % {'share': percent(agreed / looks), 'looks': number(looks)}}"
