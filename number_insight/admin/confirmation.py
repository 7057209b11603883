"""The confirmation page that each action of a reviewer leads to, from the list or a record.

The page posts the keys of the records. It does not go through the list's filters again: a record
decided by a colleague in the meantime would drop out of them without a message.
"""

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

from number_insight.admin import drafts, links, presses, reviewing
from number_insight.admin.base import ReadOnlyAdmin, flags_prefetch
from number_insight.admin.filters import is_key
from number_insight.admin.reviewing import ACTIONS, Action, Grounds, ReasonForm
from number_insight.admin.rights import Rights, rights_of
from number_insight.admin.side_pages import rows_of
from number_insight.models import NumberInsightRecord

MAX_RECORDS = 100
"""The highest number of records in one action, which bounds its cost and the list to confirm."""
MAX_WARNINGS = 5


class ConfirmedActionsAdmin(ReadOnlyAdmin):
    """Base class of the admin of records: the actions, their permissions and confirmation."""

    actions = ("release", "refuse", "look_up_again", "reopen")

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Whether the user may release and refuse."""
        return self._has_permission(request, "decide_numberinsightrecord")

    def has_reopen_permission(self, request: HttpRequest) -> bool:
        """Whether the user may reopen decisions."""
        return self._has_permission(request, "reopen_numberinsightrecord")

    def has_look_up_again_permission(self, request: HttpRequest) -> bool:
        """Whether the user may spend money on another lookup."""
        return self._has_permission(request, "look_up_again")

    def _has_permission(self, request: HttpRequest, codename: str) -> bool:
        user: Any = request.user
        return self.has_view_permission(request) and user.has_perm(f"number_insight.{codename}")

    def has_action_permission(self, request: HttpRequest, action: Action) -> bool:
        """Whether the user may do `action`."""
        return bool(getattr(self, f"has_{action.permission}_permission")(request))

    @admin.action(permissions=["decide"], description=_("Release the selected signups …"))
    def release(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._confirm_selected(request, reviewing.RELEASE, queryset)

    @admin.action(permissions=["decide"], description=_("Refuse the selected signups …"))
    def refuse(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._confirm_selected(request, reviewing.REFUSE, queryset)

    @admin.action(permissions=["look_up_again"], description=_("Look the numbers up again …"))
    def look_up_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._confirm_selected(request, reviewing.LOOK_UP_AGAIN, queryset)

    @admin.action(permissions=["reopen"], description=_("Reopen the decisions …"))
    def reopen(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        return self._confirm_selected(request, reviewing.REOPEN, queryset)

    def _confirm_selected(
        self, request: HttpRequest, action: Action, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        keys = list(queryset.values_list("pk", flat=True)[: MAX_RECORDS + 1])
        if self._are_too_many(request, keys):
            return None
        return self._confirmation(request, action, _records(keys), ReasonForm(action=action))

    def _are_too_many(self, request: HttpRequest, keys: Sequence[Any]) -> bool:
        """Return whether there are more records than an action takes, and say so."""
        if len(keys) <= MAX_RECORDS:
            return False
        message = gettext("Choose at most %(most)s records at a time.")
        self.message_user(request, message % {"most": MAX_RECORDS}, messages.ERROR)
        return True

    def get_urls(self) -> list[URLPattern]:
        view = drafts.guarded(self.admin_site, self.action_view)
        name = "number_insight_numberinsightrecord_act"
        return [path("act/<slug:name>/", view, name=name), *super().get_urls()]

    def action_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """Show the confirmation page or, once confirmed, apply the action. GET changes nothing."""
        action = ACTIONS.get(name)
        if action is None:
            raise Http404
        if not self.has_action_permission(request, action):
            raise PermissionDenied
        if request.method != "POST":
            return self._resume(request, action)
        keys = _keys(request.POST.getlist(ACTION_CHECKBOX_NAME))
        if self._are_too_many(request, keys):
            return HttpResponseRedirect(self._return_url(request, []))
        records = _records(keys)
        form = ReasonForm(request.POST if "confirmed" in request.POST else None, action=action)
        if not form.is_valid():
            return self._confirmation(request, action, records, form)
        self._apply(request, action, records, form.grounds)
        return HttpResponseRedirect(self._return_url(request, records))

    def _resume(self, request: HttpRequest, action: Action) -> HttpResponse:
        """Show the choice and the text of a person whom a login has interrupted."""
        draft = drafts.take(request)
        if draft is None:
            return HttpResponseRedirect(links.list_url(self.admin_site))
        message = gettext("You were signed out, so nothing is done yet. Confirm once more.")
        self.message_user(request, message, messages.WARNING)
        typed = {name: "".join(draft.get(name, [])[:1]) for name in ("reason_code", "reason")}
        form = ReasonForm(action=action, initial=typed)
        return self._confirmation(
            request, action, _records(_keys(draft.get(ACTION_CHECKBOX_NAME, []))), form
        )

    def _confirmation(
        self,
        request: HttpRequest,
        action: Action,
        records: Sequence[NumberInsightRecord],
        form: forms.Form,
    ) -> TemplateResponse:
        quotes = [] if action.is_decision else [reviewing.quote(record) for record in records]
        granted = rights_of(request, self.admin_site)
        total = reviewing.total(quotes)
        rows = rows_of(request, self, list(records), granted)
        context = {
            **self.admin_site.each_context(request),
            "title": action.title,
            "action": action,
            "rows": rows,
            "granted": granted,
            "user_key": drafts.user_key(request),
            "rows_quoted": list(zip(rows, quotes, strict=True)) if quotes else [],
            "quotes": quotes,
            "total": total,
            "press": presses.confirmation(
                action, {record.verdict for record in records}, _button(action, granted, total)
            ),
            "nothing_to_do": action.is_decision and all(map(action.is_done, records)),
            "form": form,
            "opts": self.opts,
            "media": self.media,
            "checkbox_name": ACTION_CHECKBOX_NAME,
            "action_url": self._action_url(request, action),
            "return_url": self._return_url(request, records),
            "is_single": "one" in request.POST,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/number_insight/confirmation.html", context)

    def _action_url(self, request: HttpRequest, action: Action) -> str:
        name = "admin:number_insight_numberinsightrecord_act"
        url = reverse(name, args=[action.name], current_app=self.admin_site.name)
        return self._with_filters(request, url)

    def _return_url(self, request: HttpRequest, records: Sequence[NumberInsightRecord]) -> str:
        url = links.list_url(self.admin_site)
        if "one" in request.POST and len(records) == 1:
            url = links.change_url(self.admin_site, NumberInsightRecord, records[0].pk) or url
        return self._with_filters(request, url)

    def _with_filters(self, request: HttpRequest, url: str) -> str:
        preserved: Any = {
            "preserved_filters": self.get_preserved_filters(request),
            "opts": self.opts,
        }
        return str(add_preserved_filters(preserved, url))

    def _apply(
        self, request: HttpRequest, action: Action, records: Sequence[Any], given: Grounds
    ) -> None:
        done, skipped = reviewing.apply_action(request, action, records, given)
        if done:
            self.message_user(request, action.success_message % {"count": done}, messages.SUCCESS)
        for sentence in skipped[:MAX_WARNINGS]:
            self.message_user(request, sentence, messages.WARNING)
        if len(skipped) > MAX_WARNINGS:
            message = gettext("%(count)s more were left alone.")
            count = len(skipped) - MAX_WARNINGS
            self.message_user(request, message % {"count": count}, messages.WARNING)


def _button(action: Action, granted: Rights, total: str) -> str:
    """Return the text of the button; that of a lookup names the sum to those who see costs."""
    if action is not reviewing.LOOK_UP_AGAIN:
        return str(action.button)
    return reviewing.lookup_text(total if granted.costs else "")


def _keys(texts: Sequence[str]) -> list[int]:
    return [int(text) for text in texts if is_key(text)][: MAX_RECORDS + 1]


def _records(keys: Sequence[int]) -> list[NumberInsightRecord]:
    rows = NumberInsightRecord.objects.filter(pk__in=keys).select_related("decided_by")
    return list(rows.prefetch_related(flags_prefetch()).order_by("-pk"))
