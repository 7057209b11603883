"""The operator's page: how the screenings fare, and what can be switched by hand."""

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

from number_insight import circuits, health, switches
from number_insight.admin import health_page, links
from number_insight.admin.changelists import ReadOnlyAdmin, log_change
from number_insight.conf import app_settings
from number_insight.models import Circuit, Switch

LONGEST_REASON = 300
ON, OFF = "on", "off"


class SwitchForm(forms.Form):
    """Why: kept beside the switch for all who may see it, and in its history."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )

    def __init__(self, data: Any = None, *, turn: str) -> None:
        super().__init__(data)
        self.fields["reason"].required = turn == OFF


@admin.register(Switch)
class SwitchAdmin(ReadOnlyAdmin):
    """One page instead of a list: health at a glance, the kill switch, and open circuits."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("health/", view(self.health_view), name=links.HEALTH),
            path("turn/", view(self.turn_view), name="number_insight_switch_turn"),
            path("probe/<int:pk>/", view(self.probe_view), name="number_insight_circuit_probe"),
            *super().get_urls(),
        ]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may do something on the page may see it."""
        return super().has_view_permission(request, obj) or self.may_probe(request)

    def may_turn(self, request: HttpRequest) -> bool:
        """Whether this person may switch all lookups on and off."""
        user: Any = request.user
        return bool(user.has_perm("number_insight.change_switch"))

    def may_probe(self, request: HttpRequest) -> bool:
        """Whether this person may have a provider asked again before its pause is over."""
        user: Any = request.user
        return bool(user.has_perm("number_insight.change_circuit"))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return self._to_page()

    def change_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self._to_page()

    def _to_page(self) -> HttpResponse:
        return HttpResponseRedirect(links.health_url(self.admin_site))

    def health_view(self, request: HttpRequest) -> HttpResponse:
        """Show everything that an operator has to know."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self._page(request)

    def _page(self, request: HttpRequest, form: forms.Form | None = None) -> TemplateResponse:
        found, switch = health.examine(), _switch()
        turn = ON if switch is not None and not switch.is_on else OFF
        context = {
            **self.admin_site.each_context(request),
            **health_page.context(request, found, self.admin_site),
            "title": _("Health and controls"),
            "opts": self.opts,
            "media": self.media,
            "switch": switch,
            "is_enabled": app_settings.ENABLED,
            "turn": turn,
            "form": form or SwitchForm(turn=turn),
            "may_turn": self.may_turn(request),
            "may_probe": self.may_probe(request),
        }
        request.current_app = self.admin_site.name
        return TemplateResponse(request, "admin/number_insight/health.html", context)

    def turn_view(self, request: HttpRequest) -> HttpResponse:
        """Switch all lookups on or off. Nothing is done by GET."""
        if not self.may_turn(request):
            raise PermissionDenied
        turn = request.POST.get("turn")
        if request.method != "POST" or turn not in (ON, OFF):
            return self._to_page()
        form = SwitchForm(request.POST, turn=turn)
        if not form.is_valid():
            return self._page(request, form)
        self._tell(request, *_turn(request, turn, form.cleaned_data["reason"]))
        return self._to_page()

    def probe_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let the next lookup ask a provider that is paused. Nothing is done by GET."""
        if not self.may_probe(request):
            raise PermissionDenied
        if request.method == "POST":
            self._tell(request, *_probe(request, pk))
        return self._to_page()

    def _tell(self, request: HttpRequest, level: int, sentence: str) -> None:
        self.message_user(request, sentence, level)


def _switch() -> Switch | None:
    rows = Switch.objects.filter(name=switches.LOOKUPS)
    return rows.select_related("changed_by").first()


def _turn(request: HttpRequest, turn: str, reason: str) -> tuple[int, str]:
    """Switch, unless a colleague was first: then their reason stands."""
    with transaction.atomic():
        before = Switch.objects.select_for_update().filter(name=switches.LOOKUPS).first()
        if (ON if before is None or before.is_on else OFF) == turn:
            return messages.WARNING, _already(turn)
        switches.turn_lookups(turn == ON, user=request.user, reason=reason)
        done = gettext_noop("Switched on.") if turn == ON else gettext_noop("Switched off.")
        log_change(request, Switch.objects.get(name=switches.LOOKUPS), f"{done} {reason}".strip())
    if turn == OFF:
        return messages.SUCCESS, gettext("Lookups are switched off. Nothing is bought.")
    if not app_settings.ENABLED:
        return messages.WARNING, gettext("The switch is on, but the settings keep lookups off.")
    return messages.SUCCESS, gettext("Lookups are switched on.")


def _already(turn: str) -> str:
    if turn == ON:
        return gettext("Somebody else has switched lookups on already; nothing was changed.")
    return gettext("Somebody else has switched lookups off already; their reason stands.")


def _probe(request: HttpRequest, pk: int) -> tuple[int, str]:
    with transaction.atomic():
        if not circuits.probe_now(pk):
            return messages.INFO, gettext("There was nothing to do: that pause is over.")
        circuit = Circuit.objects.get(pk=pk)
        log_change(request, circuit, gettext_noop("To be asked again at once."))
    told = gettext("The next lookup asks %(provider)s again; if it is answered, all go ahead.")
    return messages.SUCCESS, told % {"provider": circuit}
