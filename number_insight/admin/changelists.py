"""Lists that stay quick however many rows there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from number_insight.admin import badges
from number_insight.models import RiskFlag

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin

MOST_COUNTED = 10_000


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts up to ten thousand rows and leaves it at that: counting them all takes longest."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[:MOST_COUNTED].count())

    @property
    def is_capped(self) -> bool:
        """Whether there may be more rows than were counted."""
        return self.count >= MOST_COUNTED


class ReadOnlyAdmin(ModelAdmin):
    """Base of the admins of what the machine writes: it is looked at, never edited."""

    list_per_page = 50
    list_max_show_all = 50
    ordering = ("-id",)
    paginator = CappedPaginator
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    sortable_by = ()

    @property
    def media(self) -> forms.Media:
        return super().media + forms.Media(css={"all": [badges.CSS]})

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RecordChangeList(ChangeList):
    """The list of records: the flags in one query, and no document that no column shows."""

    UNSHOWN = ("not_evaluable", "raised_rules", "history", "decision_reason", "note")

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request, exclude_parameters)
        return rows.defer(*self.UNSHOWN).prefetch_related(with_flags())


def with_flags() -> Any:
    """Return what fetches the flags of many records at once."""
    return Prefetch("flags", RiskFlag.objects.order_by("-weight", "code"))
