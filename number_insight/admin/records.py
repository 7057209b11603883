"""The admin of records: the list, the review queue, and a page that explains each verdict."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from number_insight.admin import (
    case,
    display,
    filters,
    links,
    notice,
    permissions,
    queue,
    record_page,
    searching,
)
from number_insight.admin.confirmation import ConfirmedActionsAdmin
from number_insight.admin.desk import DeskViews
from number_insight.admin.entries import PageEntryAdmin
from number_insight.admin.overview.views import OverviewViews
from number_insight.admin.people import Person
from number_insight.admin.record_export import RecordExport
from number_insight.admin.record_list import PERSON, RecordChangeList
from number_insight.admin.reviewing import LOOK_UP_AGAIN, REOPEN
from number_insight.admin.rights import number, rights_of
from number_insight.admin.side_pages import SidePages
from number_insight.models import NumberInsightRecord, Overview, ReviewDesk


@admin.register(ReviewDesk)
class ReviewDeskAdmin(PageEntryAdmin):
    """The desk's entry on the index, with the number of cases and the age of the oldest."""

    url_name = links.DESK

    def text(self, request: HttpRequest) -> str:
        return queue.entry_text(request)

    def has_page_permission(self, request: HttpRequest) -> bool:
        return permissions.can_decide(request.user)


@admin.register(Overview)
class OverviewAdmin(PageEntryAdmin):
    """The overview's entry on the index."""

    url_name = links.OVERVIEW

    def text(self, request: HttpRequest) -> str:
        return gettext("Overview")

    def has_page_permission(self, request: HttpRequest) -> bool:
        return permissions.can_view(request.user)


@admin.register(NumberInsightRecord)
class NumberInsightRecordAdmin(
    DeskViews, OverviewViews, RecordExport, SidePages, ConfirmedActionsAdmin
):
    """Screened numbers with their verdicts and flags, to be decided and never edited."""

    change_form_template = "admin/number_insight/numberinsightrecord/change_form.html"
    fields = ("number",)
    list_filter = (
        filters.QueueFilter,
        filters.FlagFilter,
        filters.VerdictFilter,
        filters.DecisionFilter,
        filters.StateFilter,
        filters.LineTypeFilter,
        filters.SameNumberFilter,
        filters.SameIPFilter,
        filters.SameNetworkFilter,
    )
    search_fields = ("number", "subject_id")

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        # This column needs the request, and one instance of the admin serves all requests.
        is_full = permissions.can_view_full_number(request.user)

        @admin.display(description=_("number"))
        def number_text(record: NumberInsightRecord) -> SafeString:
            return number(record, full=is_full)

        return [number_text, "person", "verdict_badge", "flag_line", "line", "age"]

    def get_ordering(self, request: HttpRequest) -> Any:
        if filters.QueueFilter.parameter_name not in request.GET:
            return super().get_ordering(request)
        return queue.ordering(request)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[RecordChangeList]:
        return RecordChangeList

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        can_decide = permissions.can_decide(request.user)
        context = {
            # The template calls it: an action on the list needs no notice, and no query for it.
            "notice": partial(notice.context, request, self.admin_site),
            "exports": partial(self.export_links, request),
            "title": capfirst(self.opts.verbose_name_plural),
            "review_url": links.desk_url(self.admin_site) if can_decide else "",
        }
        return super().changelist_view(request, {**(extra_context or {}), **context})

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        is_full = permissions.can_view_full_number(request.user)
        of_number = (searching.by_number, searching.by_last_digits)
        persons = searching.persons(request, self.admin_site)
        conditions = [
            *(of_number if is_full else (searching.by_whole_number,)),
            *(searching.by_subject_id, searching.by_ip),
        ]
        if persons:
            conditions.append(partial(searching.by_person, models=persons))
        return searching.search(queryset, search_term, *conditions), False

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        record = self.get_object(request, unquote(object_id))
        granted = rights_of(request, self.admin_site)
        events = record_page.events(record, granted) if record is not None and granted.view else []
        return super().history_view(request, object_id, {**(extra_context or {}), "events": events})

    def page_context(self, request: HttpRequest, obj: NumberInsightRecord) -> dict[str, Any]:
        granted = rights_of(request, self.admin_site)
        context = record_page.context(request, obj, self.admin_site, granted)
        is_open = context["is_open"]
        offer = None if is_open else case.offer(obj, granted)
        obstacle = offer.obstacle if offer else ""
        return {
            **context,
            "notice": notice.context(request, self.admin_site),
            "subtitle": None,  # the number is in the page's own headline
            "obstacle": obstacle,
            "action_urls": [
                (offer.text if offer and action is LOOK_UP_AGAIN else action.button, url)
                for action in (LOOK_UP_AGAIN, REOPEN)
                for url in (self._action_url(request, action),)
                if self.has_action_permission(request, action)
                and not (action is LOOK_UP_AGAIN and obstacle)
                and not (obj.decision == "" if action is REOPEN else is_open)
            ],
        }

    @admin.display(description=_("who"))
    def person(self, record: NumberInsightRecord) -> SafeString | str:
        who: Person = getattr(record, PERSON)
        return who.link

    @admin.display(description=_("verdict"))
    def verdict_badge(self, record: NumberInsightRecord) -> SafeString:
        badge = display.verdict_badge(record)
        verdict = format_html('{} <span class="ni-points">{}</span>', badge, record.score)
        if not record.decision:
            return verdict
        return format_html("{}<br>{}", verdict, display.decision_badge(record))

    @admin.display(description=_("heaviest flag"))
    def flag_line(self, record: NumberInsightRecord) -> SafeString | str:
        return display.flag_line(record)

    @admin.display(description=_("line"))
    def line(self, record: NumberInsightRecord) -> SafeString:
        text = display.label(record.line_type, display.LINE_TYPES)
        return format_html("{} {}", text, display.countries(record))

    @admin.display(description=_("age"))
    def age(self, record: NumberInsightRecord) -> SafeString:
        return display.age_of(record)
