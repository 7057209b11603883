"""The health page: the state of the screenings, the kill switch, and open circuits."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from number_insight import health
from number_insight.admin import health_page, links
from number_insight.admin.base import ReadOnlyAdmin, log_change
from number_insight.conf import app_settings
from number_insight.lookups import circuits, switches
from number_insight.models import Circuit, Switch
from number_insight.transactions import retry_deadlock

MAX_REASON_LENGTH = 300
ON, OFF = "on", "off"


class SwitchForm(forms.Form):
    """The reason for a turn of the kill switch; it may be left out when turning it on."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=MAX_REASON_LENGTH,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )

    def __init__(self, data: Any = None, *, turn: str) -> None:
        super().__init__(data)
        self.fields["reason"].required = turn == OFF


@admin.register(Switch)
class SwitchAdmin(ReadOnlyAdmin):
    """The health page, in place of a list of switches."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("health/", view(self.health_view), name=links.HEALTH),
            path("turn/", view(self.turn_view), name="number_insight_switch_turn"),
            path("probe/<int:pk>/", view(self.probe_view), name="number_insight_circuit_probe"),
            *super().get_urls(),
        ]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the user may view the page, or use a control on it."""
        return super().has_view_permission(request, obj) or self.has_probe_permission(request)

    def has_turn_permission(self, request: HttpRequest) -> bool:
        """Whether the user may turn the kill switch."""
        user: Any = request.user
        return bool(user.has_perm("number_insight.change_switch"))

    def has_probe_permission(self, request: HttpRequest) -> bool:
        """Whether the user may end the pause of an open circuit."""
        user: Any = request.user
        return bool(user.has_perm("number_insight.change_circuit"))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return self._redirect()

    def change_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._redirect()

    def _redirect(self) -> HttpResponse:
        return HttpResponseRedirect(links.health_url(self.admin_site))

    def health_view(self, request: HttpRequest) -> HttpResponse:
        """Show the page."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self._page(request)

    def _page(self, request: HttpRequest, form: forms.Form | None = None) -> TemplateResponse:
        switch = Switch.objects.filter(name=switches.LOOKUPS).select_related("changed_by").first()
        turn = ON if switch is not None and not switch.is_on else OFF
        context = {
            **self.admin_site.each_context(request),
            **health_page.context(request, health.examine(), self.admin_site),
            "title": _("Health and controls"),
            "opts": self.opts,
            "media": self.media,
            "switch": switch,
            "is_enabled": app_settings.ENABLED,
            "turn": turn,
            "form": form or SwitchForm(turn=turn),
            "has_turn_permission": self.has_turn_permission(request),
            "has_probe_permission": self.has_probe_permission(request),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/number_insight/health.html", context)

    def turn_view(self, request: HttpRequest) -> HttpResponse:
        """Turn the kill switch on or off. GET changes nothing."""
        if not self.has_turn_permission(request):
            raise PermissionDenied
        turn = request.POST.get("turn")
        if request.method != "POST" or turn not in (ON, OFF):
            return self._redirect()
        form = SwitchForm(request.POST, turn=turn)
        if not form.is_valid():
            return self._page(request, form)
        level, message = _turn(request, turn, form.cleaned_data["reason"])
        self.message_user(request, message, level)
        return self._redirect()

    def probe_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End the pause of an open circuit. GET changes nothing."""
        if not self.has_probe_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            level, message = _probe(request, pk)
            self.message_user(request, message, level)
        return self._redirect()


@retry_deadlock
def _turn(request: HttpRequest, turn: str, reason: str) -> tuple[int, str]:
    """Turn the switch and return a message, with its level.

    If it is turned already, the reason that was given then is kept.
    """
    with transaction.atomic():
        before = Switch.objects.select_for_update().filter(name=switches.LOOKUPS).first()
        if (ON if before is None or before.is_on else OFF) == turn:
            return messages.WARNING, _turned_already(turn)
        switches.turn_lookups(turn == ON, user=request.user, reason=reason)
        done = gettext_noop("Switched on.") if turn == ON else gettext_noop("Switched off.")
        switch = Switch.objects.get(name=switches.LOOKUPS)
        log_change(request, switch, f"{done} {reason}".strip())
    if turn == OFF:
        return messages.SUCCESS, gettext("Lookups are switched off. Nothing is bought.")
    if switches.obstacle():
        return messages.WARNING, gettext("The switch is on, but the settings keep lookups off.")
    return messages.SUCCESS, gettext("Lookups are switched on.")


def _turned_already(turn: str) -> str:
    if turn == ON:
        return gettext("Somebody else has switched lookups on already; nothing was changed.")
    return gettext("Somebody else has switched lookups off already; their reason stands.")


@retry_deadlock
def _probe(request: HttpRequest, pk: int) -> tuple[int, str]:
    """Let the next lookup probe the provider and return a message, with its level."""
    with transaction.atomic():
        if not circuits.probe_now(pk):
            return messages.INFO, gettext("There was nothing to do: that pause is over.")
        circuit = Circuit.objects.get(pk=pk)
        log_change(request, circuit, gettext_noop("To be asked again at once."))
    message = gettext("The next lookup asks %(provider)s again; if it is answered, all go ahead.")
    return messages.SUCCESS, message % {"provider": circuit}
