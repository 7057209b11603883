"""The admin of lookups."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext, gettext_noop, ngettext
from django.utils.translation import gettext_lazy as _

from number_insight import numbers
from number_insight.addresses import masked_ip
from number_insight.admin import (
    display,
    filters,
    links,
    naming,
    permissions,
    rights,
    searching,
    sentences,
)
from number_insight.admin.base import ReadOnlyAdmin, log_change
from number_insight.lookups import bills
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.models.choices import LookupState

MAX_ERROR_LENGTH = 60
PAID, NOT_PAID = "paid", "not_paid"
RECORD = "_number_insight_record"
"""The attribute of a listed lookup that holds the key of its newest record."""
MAX_RECORDS = 10
"""The records of a lookup that its page links to, the newest ones."""


@admin.register(Lookup)
class LookupAdmin(ReadOnlyAdmin):
    """Lookups at providers, with their states and prices."""

    change_form_template = "admin/number_insight/lookup/change_form.html"
    list_display = ("asked", "state_text", "money_text", "record_text", "age")
    nothing = _("Nothing has been looked up yet.")
    actions = ("paid", "not_paid")
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
                    "error_text",
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
        newest = NumberInsightRecord.objects.filter(lookup=OuterRef("pk")).order_by("-pk")
        newest_key = Subquery(newest.values("pk")[:1])
        annotated = rows.defer("insight", "raw").annotate(**{RECORD: newest_key})
        return cast("QuerySet[Any]", annotated)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.settle_view)
        name = "number_insight_lookup_settle"
        return [path("<int:pk>/settle/", view, name=name), *super().get_urls()]

    def has_settle_permission(self, request: HttpRequest) -> bool:
        """Whether the user may say that an uncertain lookup was paid, or was not."""
        user: Any = request.user
        may_change = user.has_perm("number_insight.change_lookup")
        return self.has_view_permission(request) and bool(may_change)

    @admin.action(permissions=["settle"], description=_("It was paid: book the money held"))
    def paid(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._settle(request, _keys(queryset), is_paid=True)

    @admin.action(permissions=["settle"], description=_("It was not paid: free the money held"))
    def not_paid(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self._settle(request, _keys(queryset), is_paid=False)

    def settle_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Settle the money that an uncertain lookup holds. GET changes nothing."""
        if not self.has_settle_permission(request):
            raise PermissionDenied
        if request.method == "POST" and request.POST.get("answer") in (PAID, NOT_PAID):
            self._settle(request, [pk], is_paid=request.POST["answer"] == PAID)
        name = "admin:number_insight_lookup_change"
        return HttpResponseRedirect(reverse(name, args=[pk], current_app=self.admin_site.name))

    def _settle(self, request: HttpRequest, keys: list[int], *, is_paid: bool) -> None:
        text = gettext_noop("It was paid.") if is_paid else gettext_noop("It was not paid.")
        settled = bills.settle(
            keys, is_paid=is_paid, note=partial(log_change, request, message=text)
        )
        if is_paid:
            message = ngettext(
                "The price of %(count)s lookup is booked as spent.",
                "The prices of %(count)s lookups are booked as spent.",
                len(settled),
            )
        else:
            message = ngettext(
                "The money that %(count)s lookup held is free again.",
                "The money that %(count)s lookups held is free again.",
                len(settled),
            )
        if settled:
            self.message_user(request, message % {"count": len(settled)}, messages.SUCCESS)
        if len(settled) < len(keys):
            message = gettext(
                "What holds no money, since it is certain or settled, was left alone."
            )
            self.message_user(request, message, messages.WARNING)

    def page_context(self, request: HttpRequest, obj: Lookup) -> dict[str, Any]:
        if obj.state != LookupState.UNCERTAIN or not obj.reserved:
            return {}
        return {
            "held": display.money(obj.reserved, obj.currency),
            "may_settle": self.has_settle_permission(request),
        }

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

        sees_records = permissions.can_view(request.user)
        shown = (name for name in self.list_display if sees_records or name != "record_text")
        return [number_text, *shown]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if permissions.can_view_full_number(request.user):
            return self.fieldsets
        *shown, _answer = self.fieldsets  # whose insight and raw answer hold the number
        masks: dict[Any, str] = {"number_text": "masked_number", "ip_address": "masked_ip"}
        hidden = () if permissions.can_view(request.user) else ("records_text",)
        return [
            (
                title,
                {
                    **options,
                    "fields": [
                        masks.get(name, name) for name in options["fields"] if name not in hidden
                    ],
                },
            )
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
        return masked_ip(lookup.ip_address) if lookup.ip_address else display.EMPTY_VALUE

    @admin.display(description=_("records"))
    def records_text(self, lookup: Lookup) -> SafeString | str:
        records = lookup.records.order_by("-pk")[:MAX_RECORDS]
        shown = [(links.record_link(self.admin_site, record, record),) for record in records]
        return format_html_join(", ", "{}", shown) or display.EMPTY_VALUE

    @admin.display(description=_("asked"))
    def asked(self, lookup: Lookup) -> SafeString:
        return format_html(
            '<bdi>{}</bdi> <span class="ni-quiet">{}</span>',
            naming.provider_name(lookup.provider),
            lookup.level,
        )

    @admin.display(description=_("money"))
    def money_text(self, lookup: Lookup) -> SafeString:
        told = (
            (_("refund"), self.refund_text(lookup)),
            (_("held"), self.reserved_text(lookup)),
            (_("balance"), self.balance_text(lookup)),
        )
        more = ((label, text) for label, text in told if text != display.EMPTY_VALUE)
        price = format_html('<span class="ni-money">{}</span>', self.price_text(lookup))
        line = '<br><span class="ni-quiet">{} <span class="ni-money">{}</span></span>'
        return price + format_html_join("", line, more)

    @admin.display(description=_("record"))
    def record_text(self, lookup: Lookup) -> SafeString | str:
        key = getattr(lookup, RECORD)
        if key is None:
            return display.EMPTY_VALUE
        return links.record_link(self.admin_site, NumberInsightRecord(pk=key), f"#{key}")

    @admin.display(description=_("created"))
    def age(self, lookup: Lookup) -> SafeString:
        return display.age(lookup.created_at)

    @admin.display(description=_("state"))
    def state_text(self, lookup: Lookup) -> SafeString:
        error = sentences.translated(lookup.error)
        short = Truncator(error).chars(MAX_ERROR_LENGTH)
        line = '{}<bdi class="ni-second" title="{}">{}</bdi>'
        return format_html(line, lookup.get_state_display(), error, short)

    @admin.display(description=_("error"), empty_value=display.EMPTY_VALUE)
    def error_text(self, lookup: Lookup) -> str:
        return sentences.translated(lookup.error)

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


def _keys(rows: QuerySet[Any]) -> list[int]:
    return list(rows.values_list("pk", flat=True))


def _number(lookup: Lookup, *, is_full: bool) -> SafeString:
    write = numbers.international if is_full else numbers.recognisable
    return rights.isolated(write(lookup.number) or gettext("erased number"))
