"""The acts as actions of the list and as buttons of the record's page; both end on one view."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from number_insight.admin import display, links, reviewing
from number_insight.admin.base import ReadOnlyAdmin, with_flags
from number_insight.admin.filters import is_key
from number_insight.models import NumberInsightRecord

MOST_MESSAGES = 5


class ActingAdmin(ReadOnlyAdmin):
    """Base of the admin of records: what can be done, by whom, and how it is confirmed."""

    actions = ("release", "refuse", "look_up_again")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Whether this person may release and refuse."""
        return self._may(request, "decide_numberinsightrecord")

    def has_look_up_again_permission(self, request: HttpRequest) -> bool:
        """Whether this person may spend money on another lookup."""
        return self._may(request, "look_up_again")

    def _may(self, request: HttpRequest, codename: str) -> bool:
        user: Any = request.user
        return self.has_view_permission(request) and user.has_perm(f"number_insight.{codename}")

    def permitted_acts(self, request: HttpRequest) -> list[reviewing.Act]:
        """Return what this person may do."""
        return [act for act in reviewing.ACTS.values() if self._permits(request, act)]

    def _permits(self, request: HttpRequest, act: reviewing.Act) -> bool:
        return bool(getattr(self, f"has_{act.permission}_permission")(request))

    @admin.action(permissions=["decide"], description=_("Release the selected signups …"))
    def release(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._ask_about(request, "release", queryset)

    @admin.action(permissions=["decide"], description=_("Refuse the selected signups …"))
    def refuse(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._ask_about(request, "refuse", queryset)

    @admin.action(permissions=["look_up_again"], description=_("Look the numbers up again …"))
    def look_up_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._ask_about(request, "look_up_again", queryset)

    def _ask_about(
        self, request: HttpRequest, name: str, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        keys = list(queryset.values_list("pk", flat=True)[: reviewing.MOST_AT_ONCE + 1])
        if len(keys) > reviewing.MOST_AT_ONCE:
            text = gettext("Choose at most %(most)s records at a time.")
            self.message_user(request, text % {"most": reviewing.MOST_AT_ONCE}, messages.ERROR)
            return None
        act = reviewing.ACTS[name]
        return self._confirmation(request, act, _records(keys), self._form(act))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.act_view)
        name = "number_insight_numberinsightrecord_act"
        return [path("act/<slug:name>/", view, name=name), *super().get_urls()]

    def act_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """Ask for confirmation or, once it is given, do it. Nothing is done by GET."""
        act = reviewing.ACTS.get(name)
        if act is None:
            raise Http404
        if not self._permits(request, act):
            raise PermissionDenied
        if request.method != "POST":  # signed in again on the way: nothing is known any more
            return HttpResponseRedirect(links.list_url(self.admin_site))
        keys = [key for key in request.POST.getlist(ACTION_CHECKBOX_NAME) if is_key(key)]
        records = _records([int(key) for key in keys[: reviewing.MOST_AT_ONCE]])
        form = self._form(act, request.POST if "confirmed" in request.POST else None)
        if not form.is_valid():
            return self._confirmation(request, act, records, form)
        self._do(request, act, records, form.cleaned_data.get("reason", ""))
        return HttpResponseRedirect(self._way_back(request, records))

    def _form(self, act: reviewing.Act, data: Any = None) -> forms.Form:
        return act.form(data)

    def _confirmation(
        self,
        request: HttpRequest,
        act: reviewing.Act,
        records: Sequence[NumberInsightRecord],
        form: forms.Form,
    ) -> TemplateResponse:
        quotes = [] if act.is_decision else reviewing.quotes(records)
        context = {
            **self.admin_site.each_context(request),
            "title": act.title,
            "act": act,
            "rows": [(record, display.verdict(record), _flags(record)) for record in records],
            "quotes": quotes,
            "total": reviewing.total(quotes),
            "nothing_to_do": not any(_concerns(act, record) for record in records),
            "form": form,
            "opts": self.opts,
            "media": self.media,
            "checkbox_name": ACTION_CHECKBOX_NAME,
            "action_url": self._act_url(request, act),
            "way_back": self._way_back(request, records),
            "is_of_one": "one" in request.POST,
        }
        return TemplateResponse(request, "admin/number_insight/act.html", context)

    def _act_url(self, request: HttpRequest, act: reviewing.Act) -> str:
        name = "admin:number_insight_numberinsightrecord_act"
        url = reverse(name, args=[act.name], current_app=self.admin_site.name)
        return self._with_filters(request, url)

    def _with_filters(self, request: HttpRequest, url: str) -> str:
        preserved: Any = {
            "preserved_filters": self.get_preserved_filters(request),
            "opts": self.opts,
        }
        return str(add_preserved_filters(preserved, url))

    def _way_back(self, request: HttpRequest, records: Sequence[NumberInsightRecord]) -> str:
        url = links.list_url(self.admin_site)
        if "one" in request.POST and len(records) == 1:
            url = links.change_url(self.admin_site, NumberInsightRecord, records[0].pk) or url
        return self._with_filters(request, url)

    def _do(
        self, request: HttpRequest, act: reviewing.Act, records: Sequence[Any], reason: str
    ) -> None:
        done, left = reviewing.carry_out(request, act, records, reason)
        if done:
            self.message_user(request, act.done % {"count": done}, messages.SUCCESS)
        for sentence in left[:MOST_MESSAGES]:
            self.message_user(request, sentence, messages.WARNING)
        if len(left) > MOST_MESSAGES:
            more = gettext("%(count)s more were left alone.") % {"count": len(left) - MOST_MESSAGES}
            self.message_user(request, more, messages.WARNING)


def _records(keys: Sequence[int]) -> list[NumberInsightRecord]:
    rows = NumberInsightRecord.objects.filter(pk__in=keys).select_related("decided_by")
    return list(rows.prefetch_related(with_flags()).order_by("-pk"))


def _flags(record: NumberInsightRecord) -> str:
    return display.flags(record.flags.all(), display.lane(record)) or display.NOTHING


def _concerns(act: reviewing.Act, record: NumberInsightRecord) -> bool:
    return not (act.is_decision and record.decision)
