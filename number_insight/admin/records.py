"""The admin of records: the list, the review queue, and a page that explains each verdict."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from number_insight.admin import (
    display,
    filters,
    health,
    links,
    record_page,
)
from number_insight.admin.base import RecordChangeList
from number_insight.admin.confirmation import ConfirmedActionsAdmin
from number_insight.admin.overview.views import OverviewAdmin
from number_insight.admin.record_export import RecordExportAdmin
from number_insight.admin.reviewing import ACTIONS
from number_insight.models import NumberInsightRecord


@admin.register(NumberInsightRecord)
class NumberInsightRecordAdmin(OverviewAdmin, RecordExportAdmin, ConfirmedActionsAdmin):
    """Screened numbers with their verdicts and flags, to be decided and never edited."""

    change_form_template = "admin/number_insight/numberinsightrecord/change_form.html"
    fields = ("number",)
    list_filter = (
        filters.QueueFilter,
        filters.VerdictFilter,
        filters.DecisionFilter,
        filters.FlagFilter,
        filters.StateFilter,
        filters.LineTypeFilter,
        filters.SameNumberFilter,
        filters.SameIPFilter,
    )
    search_fields = ("number", "subject_id")
    search_help_text = _(
        "A number as it is written anywhere, its first seven digits and more, or a subject's id."
    )

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        # This column needs the request, and one instance of the admin serves all requests.
        @admin.display(description=_("subject"))
        def subject(record: NumberInsightRecord) -> SafeString | str:
            return links.subject_link(self.admin_site, request, record)

        return [
            "number_text",
            "verdict_badge",
            "decision_badge",
            "score",
            "flag_badges",
            "line",
            "countries",
            "age",
            subject,
        ]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[RecordChangeList]:
        return RecordChangeList

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        # The template calls it: an action on the list needs no notice, and no query for it.
        notice = partial(health.notice, request, self.admin_site)
        links_of = partial(self.export_links, request)
        context = {**(extra_context or {}), "notice": notice, "exports": links_of}
        return super().changelist_view(request, context)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        found = filters.search(queryset, search_term, filters.by_number, filters.by_subject_id)
        return found, False

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
            context.update(record_page.context(request, obj, self.admin_site))
            context["notice"] = health.notice(request, self.admin_site)
            context["subtitle"] = None  # the number is in the page's own headline
            context["action_urls"] = [
                (action, self._action_url(request, action))
                for action in ACTIONS.values()
                if self.has_action_permission(request, action)
                and not (action.is_decision and obj.decision)
            ]
        return super().render_change_form(request, context, add, change, form_url, obj)

    @admin.display(description=_("number"))
    def number_text(self, record: NumberInsightRecord) -> SafeString:
        return format_html('<span class="ni-number">{}</span>', record.full_number)

    @admin.display(description=_("verdict"))
    def verdict_badge(self, record: NumberInsightRecord) -> SafeString:
        return display.verdict_badge(record)

    @admin.display(description=_("decision"))
    def decision_badge(self, record: NumberInsightRecord) -> SafeString | str:
        return display.decision_badge(record)

    @admin.display(description=_("flags"))
    def flag_badges(self, record: NumberInsightRecord) -> SafeString | str:
        return display.flag_badges(record) or display.EMPTY_VALUE

    @admin.display(description=_("line"))
    def line(self, record: NumberInsightRecord) -> str:
        return display.label(record.line_type, display.LINE_TYPES)

    @admin.display(description=_("country"))
    def countries(self, record: NumberInsightRecord) -> SafeString | str:
        return display.countries(record)

    @admin.display(description=_("age"))
    def age(self, record: NumberInsightRecord) -> SafeString:
        return display.age(record.created_at)
