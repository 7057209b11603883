"""The list of records as a `ModelAdmin` shows it that nobody has thought about."""

from __future__ import annotations

from django.contrib import admin

from number_insight.models import NumberInsightRecord
from tests.benchmarks.models import PlainCustomer

stock_site = admin.AdminSite(name="stock")


@admin.register(NumberInsightRecord, site=stock_site)
class StockRecordAdmin(admin.ModelAdmin):
    """Columns, filters, a search and a date hierarchy, all as the tutorial has them."""

    list_display = (
        "number",
        "verdict",
        "decision",
        "score",
        "line_type",
        "country",
        "created_at",
        "lookup",
    )
    list_filter = ("verdict", "decision", "state", "line_type", "country")
    search_fields = ("number", "subject_id")
    date_hierarchy = "created_at"


@admin.register(PlainCustomer)
class BareAdmin(admin.ModelAdmin):
    """The least that an admin's list can be."""
