"""The admin of records: the list, the review queue, and a page that explains each verdict."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from number_insight.admin import badges, filters, links, notices, record_page, words
from number_insight.admin.actions import ActingAdmin
from number_insight.admin.changelists import RecordChangeList
from number_insight.admin.searching import NumberSearchAdmin, by_subject_id
from number_insight.models import NumberInsightRecord


@admin.register(NumberInsightRecord)
class NumberInsightRecordAdmin(ActingAdmin, NumberSearchAdmin):
    """Screened numbers with their verdicts and flags; people decide, nobody edits."""

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
        # A column that needs the request is made for it: the admin itself serves all at once.
        @admin.display(description=_("subject"))
        def subject(record: NumberInsightRecord) -> SafeString | str:
            return links.to_subject(self.admin_site, request, record)

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
        # Called by the template alone: an action on the list needs no notice.
        notice = partial(notices.context, request, self.admin_site)
        return super().changelist_view(request, {**(extra_context or {}), "notice": notice})

    def matching(self, text: str) -> Q:
        return super().matching(text) | by_subject_id(text)

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
            permitted = self.permitted_acts(request)
            context.update(record_page.context(request, obj, self.admin_site, permitted))
            context["notice"] = notices.context(request, self.admin_site)
            context["subtitle"] = None  # the page says it itself
            context["act_urls"] = [
                (act, self._act_url(request, act))
                for act in permitted
                if not (act.is_decision and obj.decision)
            ]
        return super().render_change_form(request, context, add, change, form_url, obj)

    @admin.display(description=_("number"))
    def number_text(self, record: NumberInsightRecord) -> SafeString:
        return format_html('<span class="ni-number">{}</span>', str(record))

    @admin.display(description=_("verdict"))
    def verdict_badge(self, record: NumberInsightRecord) -> SafeString:
        return badges.verdict(record)

    @admin.display(description=_("decision"))
    def decision_badge(self, record: NumberInsightRecord) -> SafeString | str:
        return badges.decision(record)

    @admin.display(description=_("flags"))
    def flag_badges(self, record: NumberInsightRecord) -> SafeString | str:
        return badges.flags(record.flags.all(), badges.lane(record)) or words.NOTHING

    @admin.display(description=_("line"))
    def line(self, record: NumberInsightRecord) -> str:
        return words.word(record.line_type, words.LINE_TYPES)

    @admin.display(description=_("country"))
    def countries(self, record: NumberInsightRecord) -> SafeString | str:
        return badges.countries(record)

    @admin.display(description=_("age"))
    def age(self, record: NumberInsightRecord) -> SafeString:
        return badges.age(record.created_at)
