"""The admins of lookups and of spending."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from number_insight import numbers
from number_insight.admin import display, filters
from number_insight.admin.base import ReadOnlyAdmin
from number_insight.lookups.budget import UNIT
from number_insight.models import Lookup, Spending

MAX_ERROR_LENGTH = 60


@admin.register(Lookup)
class LookupAdmin(ReadOnlyAdmin):
    """Lookups at providers, with their states and prices."""

    list_display = (
        "number_text",
        "provider",
        "level",
        "state",
        "price_text",
        "refund_text",
        "reserved_text",
        "balance_text",
        "attempts",
        "age",
        "error_text",
    )
    list_filter = (filters.LookupStateFilter, filters.ProviderFilter, filters.LevelFilter)
    search_fields = ("number",)
    search_help_text = _("A number as it is written anywhere, or its first seven digits and more.")
    fieldsets = (
        (
            _("What was asked"),
            {
                "fields": (
                    "number_text",
                    "provider",
                    "level",
                    "delivery",
                    "country",
                    "ip_address",
                    "cnam",
                    "supersedes",
                )
            },
        ),
        (
            _("What became of it"),
            {
                "fields": (
                    "state",
                    "status",
                    "number_refused",
                    "error",
                    "request_id",
                    "attempts",
                    "conflict",
                    "created_at",
                    "called_at",
                    "next_try_at",
                    "answered_at",
                )
            },
        ),
        (
            _("Its money"),
            {"fields": ("price_text", "refund_text", "reserved_text", "balance_text")},
        ),
        (_("What came back"), {"fields": ("insight", "raw"), "classes": ("collapse",)}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.defer("insight", "raw")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return filters.search(queryset, search_term, filters.by_number), False

    @admin.display(description=_("number"))
    def number_text(self, lookup: Lookup) -> SafeString:
        text = numbers.international(lookup.number) or gettext("erased number")
        return format_html('<span class="ni-number">{}</span>', text)

    @admin.display(description=_("created"))
    def age(self, lookup: Lookup) -> SafeString:
        return display.age(lookup.created_at)

    @admin.display(description=_("error"))
    def error_text(self, lookup: Lookup) -> SafeString:
        short = Truncator(lookup.error).chars(MAX_ERROR_LENGTH)
        return format_html('<span title="{}">{}</span>', lookup.error, short)

    @admin.display(description=_("price"))
    def price_text(self, lookup: Lookup) -> str:
        return display.money(lookup.price, lookup.currency)

    @admin.display(description=_("refund"))
    def refund_text(self, lookup: Lookup) -> str:
        return display.money(lookup.refund, lookup.currency)

    @admin.display(description=_("reserved"))
    def reserved_text(self, lookup: Lookup) -> str:
        return display.money(lookup.reserved or None, lookup.currency)

    @admin.display(description=_("balance"))
    def balance_text(self, lookup: Lookup) -> str:
        return display.money(lookup.balance, lookup.currency)


@admin.register(Spending)
class SpendingAdmin(ReadOnlyAdmin):
    """Reserved and spent amounts, by day and by month, in each currency."""

    list_display = ("period", "currency", "reserved_text", "spent_text")
    list_filter = ("currency",)
    fields = ("period", "currency", "reserved_text", "spent_text")

    @admin.display(description=_("reserved"))
    def reserved_text(self, spending: Spending) -> str:
        return display.money(spending.reserved * UNIT, spending.currency)

    @admin.display(description=_("spent"))
    def spent_text(self, spending: Spending) -> str:
        return display.money(spending.spent * UNIT, spending.currency)
