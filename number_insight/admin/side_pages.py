"""Pages about one record besides its own: its number in full, its relatives, its number allowed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from number_insight import reviewing
from number_insight.admin import display, links, people, presses, relatives, rights
from number_insight.admin.base import ReadOnlyAdmin, flags_prefetch, log_change, media_of
from number_insight.admin.reviewing import MAX_REASON_LENGTH, reason_choices
from number_insight.admin.rights import Rights, rights_of
from number_insight.models import NumberInsightRecord
from number_insight.models.choices import RecordState

MAX_TOGETHER = 100
RECORD = "number_insight_numberinsightrecord"


class WhyForm(forms.Form):
    """A typed reason."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=MAX_REASON_LENGTH,
        error_messages={"required": _("Say why: your colleagues read it in the history.")},
        widget=forms.TextInput(attrs={"class": "vTextField", "autofocus": True}),
    )


class SidePages(ReadOnlyAdmin):
    """Base class of the admin of records, with these pages."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/reveal/", view(self.reveal_view), name=f"{RECORD}_reveal"),
            path("<int:pk>/allow/", view(self.allow_view), name=f"{RECORD}_allow"),
            path(
                "<int:pk>/together/<slug:kind>/",
                view(self.together_view),
                name=f"{RECORD}_together",
            ),
            *super().get_urls(),
        ]

    def reveal_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask for a reason or, on POST, log it and show the number and the IP in full."""
        granted = rights_of(request, self.admin_site)
        if not granted.reveal:
            raise PermissionDenied
        record = get_object_or_404(NumberInsightRecord, pk=pk)
        form = WhyForm(request.POST or None)
        context: dict[str, Any] = {"title": _("Show a number in full"), "form": form}
        if request.method == "POST" and form.is_valid():
            message = gettext_noop("Shown in full.")
            log_change(request, record, message, free_text=form.cleaned_data["reason"])
            context["number"] = rights.number(record, full=True)
            context["ip"] = rights.ip_text(record, full=True)
        return self._side_page(request, record, "reveal.html", context)

    def allow_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put the number of a form's refusal on the allow list."""
        granted = rights_of(request, self.admin_site)
        if not (granted.view and granted.list_number):
            raise PermissionDenied
        record = get_object_or_404(NumberInsightRecord, pk=pk, state=RecordState.REFUSED)
        form = WhyForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            self._allow(request, record, form.cleaned_data["reason"])
            url = links.change_url(self.admin_site, NumberInsightRecord, record.pk)
            return HttpResponseRedirect(url or links.list_url(self.admin_site))
        context = {"title": _("Allow this number next time"), "form": form}
        return self._side_page(request, record, "allow.html", context)

    def _allow(self, request: HttpRequest, record: NumberInsightRecord, reason: str) -> None:
        try:
            with transaction.atomic():
                entry = reviewing.allow_next_time(record, author=request.user, reason=reason)
                log_change(request, entry, gettext_noop("Added to the list."), free_text=reason)
                log_change(request, record, gettext_noop("Allowed next time."), free_text=reason)
        except ValidationError as error:
            self.message_user(request, " ".join(error.messages), messages.WARNING)
            return
        self.message_user(request, gettext("The number is allowed next time."), messages.SUCCESS)

    def together_view(self, request: HttpRequest, pk: int, kind: str) -> HttpResponse:
        """Show the records that wait with one thing in common, to be decided at once."""
        granted = rights_of(request, self.admin_site)
        if not granted.decide:
            raise PermissionDenied
        if kind not in relatives.KINDS:
            raise Http404
        record = get_object_or_404(NumberInsightRecord, pk=pk)
        rows = relatives.waiting_together(record, kind).prefetch_related(flags_prefetch())
        found = list(rows.order_by("-score", "pk")[: MAX_TOGETHER + 1])
        context = {
            "title": _("Decide several signups together"),
            "rows": rows_of(request, self, found[:MAX_TOGETHER], granted),
            "is_more": len(found) > MAX_TOGETHER,
            "most": MAX_TOGETHER,
            "reasons": reason_choices()[1:],
            "presses": presses.together(
                [each.verdict for each in found[:MAX_TOGETHER]], self.admin_site
            ),
        }
        return self._side_page(request, record, "together.html", context)

    def _side_page(
        self, request: HttpRequest, record: NumberInsightRecord, template: str, more: Any
    ) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "record": record,
            "record_url": links.change_url(self.admin_site, NumberInsightRecord, record.pk),
            "opts": self.opts,
            "media": media_of(),
            **more,
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, f"admin/number_insight/{template}", context)


def rows_of(
    request: HttpRequest, admin: ReadOnlyAdmin, records: list[Any], granted: Rights
) -> list[dict[str, Any]]:
    """Return `records` as rows to be confirmed: number, person, verdict, score and flags."""
    persons = people.people(request, admin.admin_site, records)
    return [
        {
            "record": record,
            "number": rights.number(record, full=granted.full),
            "person": persons[record.pk],
            "badge": display.verdict_badge(record),
            "flags": display.flag_badges(record) or display.EMPTY_VALUE,
        }
        for record in records
    ]
