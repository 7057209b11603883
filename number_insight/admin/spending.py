"""The admin of spending: the money of each day and month beside its budget."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from number_insight import loading
from number_insight.admin import display
from number_insight.admin.base import ReadOnlyAdmin
from number_insight.admin.filters import OptionFilter
from number_insight.conf import app_settings
from number_insight.lookups.budget import UNIT
from number_insight.models import Spending


class PeriodFilter(OptionFilter):
    """Days or months."""

    title = _("period")
    parameter_name = "period"

    def options(self) -> dict[str, Any]:
        return {"day": _("days"), "month": _("months")}

    def narrow(self, rows: Any, value: str) -> Any:
        return rows.filter(period__startswith=f"{value}:")


class CurrencyFilter(OptionFilter):
    """The currency of a provider."""

    title = _("currency")
    parameter_name = "currency"

    def options(self) -> dict[str, Any]:
        return {currency: currency for currency in loading.currencies()}


@admin.register(Spending)
class SpendingAdmin(ReadOnlyAdmin):
    """Reserved and spent amounts, by day and by month, in each currency."""

    nothing = _("Nothing has been spent or reserved yet.")
    list_display = ("period_text", "spent_text", "reserved_text", "budget_text", "share_text")
    list_filter = (PeriodFilter, CurrencyFilter)
    fields = ("period_text", "currency", "spent_text", "reserved_text", "budget_text", "share_text")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    @admin.display(description=_("period"))
    def period_text(self, spending: Spending) -> str:
        return period_text(spending.period)

    @admin.display(description=_("reserved"))
    def reserved_text(self, spending: Spending) -> str:
        return display.money(spending.reserved * UNIT, spending.currency)

    @admin.display(description=_("spent"))
    def spent_text(self, spending: Spending) -> str:
        return display.money(spending.spent * UNIT, spending.currency)

    @admin.display(description=_("budget as it is now"))
    def budget_text(self, spending: Spending) -> str:
        budget = _budget_of(spending)
        return gettext("none") if budget is None else display.money(budget, spending.currency)

    @admin.display(description=_("used"))
    def share_text(self, spending: Spending) -> SafeString | str:
        budget, used = _budget_of(spending), (spending.spent + spending.reserved) * UNIT
        if budget is None:
            return display.EMPTY_VALUE
        share = int(100 * used / budget) if budget else 100
        text = gettext("%(number)s %%") % {"number": share}
        name = "deny" if used >= budget else "review" if share >= 80 else "allow"
        return format_html('<span class="ni-badge ni-{}">{}</span>', name, text)


def period_text(period: str) -> str:
    """Return a period in words: "day:2027-01-31" is a date, "month:2027-01" a month."""
    if period.startswith("shadow-"):
        own = period_text(period.removeprefix("shadow-"))
        return gettext("%(period)s, in shadow") % {"period": own}
    kind, _colon, text = period.partition(":")
    with suppress(ValueError):
        if kind == "day":
            return date_format(date.fromisoformat(text), "DATE_FORMAT")
        if kind == "month":
            return date_format(date.fromisoformat(f"{text}-01"), "YEAR_MONTH_FORMAT")
    return period


def _budget_of(spending: Spending) -> Decimal | None:
    """Return the budget that the settings name for such a period, or None."""
    purse, _dash, kind = spending.period.partition(":")[0].rpartition("-")
    try:
        return app_settings.purse(purse, spending.currency).get(kind)
    except ArithmeticError:  # no amount, as the checks report
        return None
