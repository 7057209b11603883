"""The figure of money: spent by day against the budget, refunded, and saved."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from django.utils.translation import gettext as _

from number_insight.admin import charts, display
from number_insight.admin.charts import Series
from number_insight.admin.overview.figure import (
    Figure,
    day_head,
    legend_of,
    nice,
    step_text,
    ticks_of,
)
from number_insight.models.tallies import Money
from number_insight.overview import figures
from number_insight.overview.figures import Amounts, Period


def money(
    period: Period, currency: str, steps: Sequence[Amounts], budget: Decimal | None
) -> Figure:
    """Return the money of one currency against the budget of a day."""
    stacked = [
        Series(name=name, label=label, values=[float(step.of(purpose)) for step in steps])
        for name, label, purpose in (
            ("spent", _("spent"), Money.SPENT),
            ("shadow", _("spent in shadow"), Money.SHADOW),
            ("refund", _("refunded"), Money.REFUNDED),
            ("reused", _("saved by reuse"), Money.REUSED),
            ("auto", _("saved by asking less"), Money.AUTO),
        )
    ]
    shown = [series for series in stacked if any(series.values)]
    cap = float("inf") if budget is None else float(budget * period.step)
    most = max(map(sum, zip(*(one.values for one in stacked), strict=True)))
    top = nice(max(most, cap) if cap <= 3 * most else most)
    titles = [f"{step_text(period, step.start)}: {_title(step, currency)}" for step in steps]
    return Figure(
        name=f"money-{currency.lower() or 'none'}",
        title=_("Money in %(currency)s") % {"currency": currency} if currency else _("Money"),
        summary=_money_summary(steps, currency, budget),
        plot=charts.columns(stacked, titles, top=top, caps=[cap]),
        top=display.money(Decimal(str(top)), currency),
        ticks=ticks_of(period),
        legend=[*legend_of(*shown), *([(charts.dash(), _("budget"))] if cap <= top else ())],
        heads=[day_head(period), *(str(purpose.label) for purpose in Money)],
        rows=[
            [
                step_text(period, step.start),
                *(display.money(step.of(purpose), currency) for purpose in Money),
            ]
            for step in reversed(steps)
        ],
    )


def _title(step: Amounts, currency: str) -> str:
    """Return the amounts of one step, that which was spent first."""
    parts = [
        f"{purpose.label} {display.money(step.of(purpose), currency)}"
        for purpose in Money
        if step.of(purpose) or purpose == Money.SPENT
    ]
    return display.comma().join(parts)


def _money_summary(steps: Sequence[Amounts], currency: str, budget: Decimal | None) -> str:
    amounts: dict[str, str] = {
        purpose.value: display.money(figures.total(steps, purpose), currency) for purpose in Money
    }
    if budget is None:
        message = _(
            "%(spent)s were spent, without a budget for the day. Reuse saved %(reused)s, and "
            "asking less %(auto)s. Refunded: %(refunded)s."
        )
        return message % amounts
    message = _(
        "%(spent)s were spent; the budget is %(budget)s a day. Reuse saved %(reused)s, and asking "
        "less %(auto)s. Refunded: %(refunded)s."
    )
    return message % {**amounts, "budget": display.money(budget, currency)}
