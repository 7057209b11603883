"""The shop's own pages in the admin, with the risk flags on them."""

from __future__ import annotations

from django.contrib import admin

from number_insight.admin import RiskFlagsAdminMixin
from shop.models import Customer, Subscriber


@admin.register(Customer)
class CustomerAdmin(RiskFlagsAdminMixin, admin.ModelAdmin):
    """Customers, and what their numbers say."""

    list_display = ("name", "email", "phone", "status", "created_at")
    list_filter = ("status",)
    search_fields = ("name", "email__exact")
    readonly_fields = ("token", "created_at")


@admin.register(Subscriber)
class SubscriberAdmin(RiskFlagsAdminMixin, admin.ModelAdmin):
    """Subscribers, and what their numbers say."""

    list_display = ("email", "phone", "created_at")
    search_fields = ("email__exact", "phone__exact")
