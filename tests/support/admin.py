"""The host project's own admins, each with the risk mixin."""

from __future__ import annotations

from django.contrib import admin

from number_insight.admin import RiskFlagsAdminMixin
from tests.models import ChildCustomer, Customer, ProxyCustomer, TwoNumbers, UUIDCustomer


@admin.register(Customer)
class CustomerAdmin(RiskFlagsAdminMixin, admin.ModelAdmin):
    """The plain case, with the default fields."""

    list_display = ["name", "phone", "email"]
    search_fields = ["name"]


@admin.register(ProxyCustomer)
class ProxyCustomerAdmin(RiskFlagsAdminMixin, admin.ModelAdmin):
    """The project names the column itself, and links by it."""

    list_display = ["risk", "name"]
    list_display_links = ["risk"]


@admin.register(ChildCustomer)
class ChildCustomerAdmin(RiskFlagsAdminMixin, admin.ModelAdmin):
    """The project names the place of the panel itself."""

    list_display = ["name", "company"]
    fieldsets = [(None, {"fields": ["name", "risk_panel"]})]


@admin.register(UUIDCustomer)
class UUIDCustomerAdmin(RiskFlagsAdminMixin, admin.ModelAdmin):
    """A key that is no integer, and media of its own."""

    class Media:
        css = {"all": ["shop.css"]}


@admin.register(TwoNumbers)
class TwoNumbersAdmin(RiskFlagsAdminMixin, admin.ModelAdmin):
    """A list that can be edited."""

    list_display = ["id", "phone", "backup_phone"]
    list_editable = ["backup_phone"]
