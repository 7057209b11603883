"""The admin of lookups."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from number_insight import numbers
from number_insight.admin import display, filters, links, permissions, rights, searching
from number_insight.admin.base import ReadOnlyAdmin
from number_insight.models import Lookup

MAX_ERROR_LENGTH = 60
MAX_RECORDS = 10
"""The records of a lookup that its page links to, the newest ones."""


@admin.register(Lookup)
class LookupAdmin(ReadOnlyAdmin):
    """Lookups at providers, with their states and prices."""

    list_display = (
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
                    "records_text",
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
        is_full = permissions.can_view_full_number(request.user)
        by_number = searching.by_number if is_full else searching.by_whole_number
        return searching.search(queryset, search_term, by_number), False

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        # This column needs the request, and one instance of the admin serves all requests.
        is_full = permissions.can_view_full_number(request.user)

        @admin.display(description=_("number"))
        def number_text(lookup: Lookup) -> SafeString:
            return _number(lookup, is_full=is_full)

        return [number_text, *self.list_display]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if permissions.can_view_full_number(request.user):
            return self.fieldsets
        *shown, _answer = self.fieldsets  # whose insight and raw answer hold the number
        masks: dict[Any, str] = {"number_text": "masked_number", "ip_address": "masked_ip"}
        return [
            (title, {**options, "fields": [masks.get(name, name) for name in options["fields"]]})
            for title, options in shown
        ]

    @admin.display(description=_("number"))
    def number_text(self, lookup: Lookup) -> SafeString:
        return _number(lookup, is_full=True)

    @admin.display(description=_("number"))
    def masked_number(self, lookup: Lookup) -> SafeString:
        return _number(lookup, is_full=False)

    @admin.display(description=_("IP sent"))
    def masked_ip(self, lookup: Lookup) -> str:
        return rights.masked_ip(lookup.ip_address) if lookup.ip_address else display.EMPTY_VALUE

    @admin.display(description=_("records"))
    def records_text(self, lookup: Lookup) -> SafeString | str:
        records = lookup.records.order_by("-pk")[:MAX_RECORDS]
        shown = [(links.record_link(self.admin_site, record, record),) for record in records]
        return format_html_join(", ", "{}", shown) or display.EMPTY_VALUE

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


def _number(lookup: Lookup, *, is_full: bool) -> SafeString:
    write = numbers.international if is_full else numbers.recognisable
    return rights.isolated(write(lookup.number) or gettext("erased number"))
