"""Base classes of the admins: read-only pages, and lists that stay quick on large tables."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist
from django.core.paginator import Paginator
from django.db.models import Model, Prefetch
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext

from number_insight.admin import permissions
from number_insight.models import NumberInsightRecord, RiskFlag

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin

CSS = "number_insight/admin.css"
MAX_COUNT = 10_000
OBJECT_REPR_LENGTH = 200


def media_of(*sheets: str) -> forms.Media:
    """Return the stylesheets of a page, the shared one first."""
    return forms.Media(css={"all": [CSS, *(f"number_insight/{sheet}" for sheet in sheets)]})


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Paginator that stops counting at ``MAX_COUNT`` rows: a full count is the slowest query."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows.order_by()[:MAX_COUNT].count())

    @property
    def is_capped(self) -> bool:
        """Whether there may be more rows than were counted."""
        return self.count >= MAX_COUNT


class OwnFiltersAdmin(ModelAdmin):
    """Base class of the admins whose lists are narrowed by filters alone where columns are hidden.

    By itself the admin takes any column from a URL ("?number__startswith=+4670"), so that masked
    digits, or a price, could be found out one by one.
    """

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        user = request.user
        if permissions.can_view_full_number(user) and permissions.can_view_lookups(user):
            return super().lookup_allowed(lookup, value, request)
        column = lookup.partition(LOOKUP_SEP)[0]
        filters: Any = self.get_list_filter(request)
        if column in {getattr(each, "parameter_name", each) for each in filters}:
            return True
        with suppress(FieldDoesNotExist):
            self.model._meta.get_field(column)
            return False
        return super().lookup_allowed(lookup, value, request)


class ReadOnlyAdmin(OwnFiltersAdmin):
    """Base class of the admins of rows that are viewed and never edited."""

    list_per_page = 50
    list_max_show_all = 50
    ordering = ("-id",)
    paginator = CappedPaginator
    show_facets = admin.ShowFacets.NEVER
    show_full_result_count = False
    sortable_by = ()

    nothing: Any = ""
    """The sentence in place of a list without rows."""

    @property
    def media(self) -> forms.Media:
        return super().media + media_of()

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {**empty(request, self), **(extra_context or {})})

    def render_change_form(
        self,
        request: HttpRequest,
        context: Any,
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        if obj is not None:
            context.update(self.page_context(request, obj))
        return super().render_change_form(request, context, add, change, form_url, obj)

    def page_context(self, request: HttpRequest, obj: Any) -> dict[str, Any]:
        """Return the context that the page of `obj` needs besides the admin's own."""
        return {}

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def empty(request: HttpRequest, model_admin: Any) -> dict[str, Any]:
    """Return the context of a list without rows: why there are none."""
    is_narrowed = any(request.GET.values())
    fits_none = gettext("Nothing fits the search and the filters.")
    return {"nothing": fits_none if is_narrowed else model_admin.nothing}


def flags_prefetch() -> Any:
    """Return the `Prefetch` of the flags of records, the heaviest first."""
    return Prefetch("flags", RiskFlag.objects.order_by("-weight", "code"))


def log_change(request: HttpRequest, obj: Model, message: str, *, free_text: str = "") -> None:
    """Log a change of `obj` in the admin's history; ``str(obj)`` has to be fit for it.

    `free_text`, such as a typed reason, follows on lines of its own, which erasure blanks.
    """
    user: Any = request.user
    LogEntry.objects.create(
        user_id=user.pk,
        content_type=ContentType.objects.get_for_model(obj),
        object_id=str(obj.pk),
        object_repr=_told_apart(obj)[:OBJECT_REPR_LENGTH],
        action_flag=CHANGE,
        change_message="\n".join(filter(None, (message, free_text.strip()))),
    )


def _told_apart(obj: Model) -> str:
    """Return the text of `obj` for the admin's log, where masked numbers need the key as well."""
    return f"{obj} #{obj.pk}" if isinstance(obj, NumberInsightRecord) else str(obj)
