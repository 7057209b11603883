"""The figures of signups: held by verdict, waiting by age, and by country."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import nan

from django.utils.translation import gettext as _

from number_insight.admin import charts, display
from number_insight.admin.charts import Series
from number_insight.admin.overview.figure import (
    Figure,
    day_head,
    legend_of,
    nice,
    number,
    percent,
    step_text,
    ticks_of,
)
from number_insight.models.choices import Verdict
from number_insight.overview import figures
from number_insight.overview.figures import Period, Signups
from number_insight.overview.review_queue import Queue

OTHERS = "*"
"""The countries that a map does not name."""
MOST_COUNTRIES = 5
"""Countries that a map names for numbers, and for IPs."""


def signups(period: Period) -> Figure:
    """Return the signups that were held, with the share of allowed ones as a line."""
    steps = figures.signups(period)
    held = [
        Series(
            name=verdict,
            label=str(verdict.label),
            values=[step.verdicts[verdict] for step in steps],
        )
        for verdict in (Verdict.REVIEW, Verdict.DENY)
    ]
    shares = [step.verdicts[Verdict.ALLOW] / step.count if step.count else nan for step in steps]
    allowed = Series(name="allow", label=_("allow, as a share"), values=shares)
    top = nice(max(sum(values) for values in zip(*(one.values for one in held), strict=True)))
    titles = [f"{step_text(period, step.start)}: {_verdicts(step.verdicts)}" for step in steps]
    return Figure(
        name="signups",
        title=_("Signups held"),
        summary=_signups_summary(steps),
        plot=charts.columns(held, titles, top=top, line=allowed),
        top=number(int(top)),
        line_top=percent(1),
        ticks=ticks_of(period),
        legend=legend_of(*held, allowed),
        heads=[
            *(day_head(period), _("Signups"), *(str(verdict.label) for verdict in Verdict)),
            _("Turned away by the form"),
        ],
        rows=[_signups_row(period, step) for step in reversed(steps)],
    )


def _signups_summary(steps: Sequence[Signups]) -> str:
    verdicts = sum((step.verdicts for step in steps), Counter[str]())
    everything, review, deny = sum(verdicts.values()), verdicts["review"], verdicts["deny"]
    in_form = sum(step.in_form for step in steps)
    message = _(
        "%(held)s of %(all)s signups were held (%(share)s): review %(review)s, deny %(deny)s. "
        "Turned away by the form: %(form)s."
    )
    return message % {
        "held": number(review + deny),
        "all": number(everything),
        "share": percent((review + deny) / everything if everything else None),
        "review": number(review),
        "deny": number(deny),
        "form": number(in_form),
    }


def _verdicts(verdicts: Mapping[str, int]) -> str:
    told = [f"{verdict.label} {verdicts[verdict]}" for verdict in Verdict]
    return display.comma().join(told)


def _signups_row(period: Period, step: Signups) -> list[str]:
    counts = [step.count, *(step.verdicts[verdict] for verdict in Verdict), step.in_form]
    return [step_text(period, step.start), *map(number, counts)]


def waiting(queue: Queue) -> Figure:
    """Return the review queue by age."""
    labels = [
        *(_("under 1 h"), _("1 to 4 h"), _("4 to 24 h"), _("1 to 3 days"), _("3 to 7 days")),
        _("over 7 days"),
    ]
    series = Series(name="plain", label=_("waiting"), values=queue.ages)
    titles = [f"{label}: {count}" for label, count in zip(labels, queue.ages, strict=True)]
    top = nice(max(queue.ages))
    return Figure(
        name="waiting",
        title=_("Age of the review queue"),
        summary=_waiting_summary(queue),
        plot=charts.columns([series], titles, top=top),
        top=number(int(top)),
        classes=list(zip(map(number, queue.ages), labels, strict=True)),
        heads=[_("Waiting for"), _("Signups")],
        rows=[[label, number(n)] for label, n in zip(labels, queue.ages, strict=True)],
    )


def _waiting_summary(queue: Queue) -> str:
    if queue.age is None:
        return _("Nothing waits for a decision.")
    message = _("%(count)s wait for a decision, the oldest for %(age)s.")
    return message % {"count": number(queue.count), "age": display.duration(queue.age)}


def places(period: Period) -> Figure:
    """Return the countries of numbers against those of their IPs."""
    found = figures.places(period)
    names = _most_frequent(found, 0), _most_frequent(found, 1)
    cells = Counter[tuple[str, str]]()
    for pair, count in found.items():
        country, ip = (
            name if name in known or not name else OTHERS
            for name, known in zip(pair, names, strict=True)
        )
        cells[country, ip] += count
    lines, heads = (
        [*known, *(name for name in (OTHERS, "") if any(pair[place] == name for pair in cells))]
        for place, known in enumerate(names)
    )
    values = [[cells[line, head] for head in heads] for line in lines]
    return Figure(
        name="places",
        title=_("Country of the number × country of the IP"),
        summary=_places_summary(found),
        plot=charts.heat_map([*map(_place, lines)], [*map(_place, heads)], values),
        heads=[_("Number"), _("IP"), _("Signups")],
        rows=[
            [_place(country), _place(ip), number(count)]
            for (country, ip), count in sorted(found.items(), key=lambda it: (-it[1], it[0]))
        ],
    )


def _most_frequent(found: Mapping[tuple[str, str], int], place: int) -> list[str]:
    counts = Counter[str]()
    for pair, count in found.items():
        if pair[place]:
            counts[pair[place]] += count
    return [name for name, _count in counts.most_common(MOST_COUNTRIES)]


def _place(name: str) -> str:
    return {"": "?", OTHERS: "…"}.get(name, name)


def _places_summary(found: Mapping[tuple[str, str], int]) -> str:
    known = {pair: n for pair, n in found.items() if all(pair)}
    if not known:
        return _("Of no signup both countries are known.")
    differ = sum(count for (country, ip), count in known.items() if country != ip)
    message = _(
        "Of %(count)s signups with both countries known, %(share)s came from an IP in another "
        "country than the number's."
    )
    count = sum(known.values())
    return message % {"count": number(count), "share": percent(differ / count)}
