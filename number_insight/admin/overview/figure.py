"""Figures: a plot with a summary in a sentence, its labels, and its numbers as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import floor, log10

from django.utils.formats import date_format, number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from number_insight.admin import charts, display
from number_insight.admin.charts import Series
from number_insight.overview.figures import Period

MOST_BARS = 12
"""Bars of a figure; its table has all."""
NICE = (1, 2, 3, 4, 5, 6, 8, 10)
"""The first digits that the top of a plot may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One horizontal bar with its label and values."""

    label: str
    plot: SafeString
    value: str
    detail: str = ""
    query: str = ""
    """The filter of the list that shows its records, or empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A plot, or bars, with its labels, a summary in a sentence, and its numbers as a table."""

    name: str
    title: str
    summary: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    plot: SafeString | None = None
    top: str = ""
    """The label of the highest value."""
    line_top: str = ""
    """The label of the highest value of the line, at the other side."""
    ticks: Sequence[str] = ()
    """Labels below the plot, from its start to its end."""
    classes: Sequence[tuple[str, str]] = ()
    """A value and a label for each column, instead of `ticks`."""
    bars: Sequence[Bar] = ()
    legend: Sequence[tuple[SafeString, str]] = ()

    @property
    def is_wide(self) -> bool:
        """Whether it takes the whole width of the page."""
        return bool(self.ticks)


def number(value: int) -> str:
    """Return a count with its thousands grouped."""
    return number_format(value, force_grouping=True)


def percent(share: float | None) -> str:
    """Return a share in per cent; a dash for None."""
    if share is None:
        return display.EMPTY_VALUE
    return _("%(number)s %%") % {"number": round(100 * share)}


def decided_bar(label: str, count: int, refused: int, released: int, top: int) -> SafeString:
    rest = max(count - refused - released, 0)
    parts = [("deny", refused), ("allow", released), ("rest", rest)]
    return charts.bar(parts, top=top, title=f"{label}: {count}")


def nice(value: float) -> float:
    """Return the next round number that is not below `value`; at least 1 for counts of none."""
    if value <= 0:
        return 1
    size = 10.0 ** floor(log10(value))
    top = next(first * size for first in NICE if first * size >= value * (1 - 1e-9))
    return float(f"{top:.6g}")  # 6 * 0.1 is a little more than 0.6


def legend_of(*series: Series) -> list[tuple[SafeString, str]]:
    return [(charts.swatch(one.name), one.label) for one in series]


def day_head(period: Period) -> str:
    return _("Day") if period.step == 1 else _("Week from")


def step_text(period: Period, start: date) -> str:
    """Return the first day of a step as text, no earlier than that of the period."""
    return date_format(max(start, period.first), "DATE_FORMAT")


def ticks_of(period: Period) -> list[str]:
    middle = period.first + timedelta(days=period.days // 2)
    days = (period.first, middle)
    return [*(date_format(day, "MONTH_DAY_FORMAT") for day in days), _("today")]
