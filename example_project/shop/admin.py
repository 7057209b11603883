"""The shop's own pages in the admin, with the risk flags on them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from number_insight import screening
from number_insight.admin import RiskFlagsAdminMixin
from shop.models import Customer, Subscriber


@admin.register(Customer)
class CustomerAdmin(RiskFlagsAdminMixin, admin.ModelAdmin):
    """Customers, and what their numbers say."""

    list_display = ("name", "risk", "email", "phone", "status")
    list_filter = ("status",)
    search_fields = ("name", "email__exact")
    # `shop.receivers` follows the reviewers; set by hand, it would leave the signup waiting.
    readonly_fields = ("status", "token", "created_at")
    actions = ("label_as_fraud", "label_as_fine")

    @admin.action(description="Say that it was fraud", permissions=["change"])
    def label_as_fraud(self, request: HttpRequest, queryset: Any) -> None:
        self._label(request, queryset, fraud=True)

    @admin.action(description="Say that all was well", permissions=["change"])
    def label_as_fine(self, request: HttpRequest, queryset: Any) -> None:
        self._label(request, queryset, fraud=False)

    def _label(self, request: HttpRequest, queryset: Any, *, fraud: bool) -> None:
        """Label the customers' records; ``number_insight_replay --quality`` reads the labels."""
        count = sum(screening.label(customer, fraud=fraud) for customer in queryset)
        self.message_user(request, f"{count} records were labelled.")


@admin.register(Subscriber)
class SubscriberAdmin(RiskFlagsAdminMixin, admin.ModelAdmin):
    """Subscribers, and what their numbers say."""

    list_display = ("email", "risk", "phone", "created_at")
    search_fields = ("email__exact", "phone__exact")
