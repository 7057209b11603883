"""The admins of the allow and deny lists, and of the rules that raised an error."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from number_insight import numbers, spelling
from number_insight.admin import display
from number_insight.admin.base import ModelAdmin, ReadOnlyAdmin
from number_insight.conf import app_settings
from number_insight.models import ListEntry, RuleFault
from number_insight.models.choices import ListMatch
from number_insight.verdicts import rule_faults

MAX_NAMED = 5


class ListEntryForm(forms.ModelForm):  # type: ignore[type-arg]
    """Form of a list entry that refuses a duplicate of another one."""

    class Meta:
        model = ListEntry
        fields = ("action", "match", "value", "reason", "expires_at")
        help_texts = {
            "value": _(
                "A number (+46 70 174 06 05), an IP address or a network (8.8.8.0/24), the "
                "beginning of a number (+4670), the name or network code of a carrier, or the two "
                "letters of a country (SE)."
            ),
            "reason": _("For your colleagues; the visitor never sees it."),
            "expires_at": _("Empty: never; for a new IP: in a week."),
        }

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors and {"action", "match", "value"} <= cleaned.keys():
            self._check_duplicate(cleaned)
        return cleaned

    def clean_expires_at(self) -> Any:
        """Refuse a new entry that has expired already; an old one may be ended at once."""
        expires_at = self.cleaned_data["expires_at"]
        if self.instance._state.adding and expires_at is not None and expires_at <= timezone.now():
            raise ValidationError(_("This is over already; leave it empty to have no end."))
        return expires_at

    def _check_duplicate(self, cleaned: dict[str, Any]) -> None:
        entry = ListEntry(pk=self.instance.pk, match=cleaned["match"], value=cleaned["value"])
        entry.clean()
        same = entry.overlapping().filter(action=cleaned["action"], value__iexact=entry.value)
        duplicate = same.first()
        if duplicate is not None:
            message = _("Entry %(pk)s says the same; change that one.")
            raise ValidationError({"value": ValidationError(message, params={"pk": duplicate.pk})})


@admin.register(ListEntry)
class ListEntryAdmin(ModelAdmin):
    """Allow and deny entries, with the number of signups that each has decided."""

    form = ListEntryForm
    list_display = (
        "action",
        "match",
        "value_text",
        "reason",
        "author",
        "expires_at",
        "hits",
        "created_at",
    )
    list_display_links = ("action", "value_text")
    list_filter = ("action", "match")
    list_select_related = ("author",)
    search_fields = ("value", "reason")
    readonly_fields = ("author", "hits", "created_at")
    fields = ("action", "match", "value", "reason", "expires_at", *readonly_fields)

    @admin.display(description=_("value"), ordering="value")
    def value_text(self, entry: ListEntry) -> str:
        if entry.match == ListMatch.NUMBER:
            return numbers.international(entry.value)
        return entry.value

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = spelling.visible(search_term)
        found, may_repeat = super().get_search_results(request, queryset, term)
        if term:
            found |= queryset.filter(value=numbers.canonical(term, app_settings.default_region))
        return found, may_repeat

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.author = request.user
        super().save_model(request, obj, form, change)
        self._warn_of_overlaps(request, obj)

    def _warn_of_overlaps(self, request: HttpRequest, entry: ListEntry) -> None:
        """Name the other entries that match some of the same signups."""
        others = list(entry.overlapping().order_by("pk")[: MAX_NAMED + 1])
        if not others:
            return
        named = ", ".join(
            f"{other.pk} ({other.get_action_display()} {other.value})"
            for other in others[:MAX_NAMED]
        )
        message = gettext(
            "It overlaps with other entries: %(entries)s. The most specific one decides; "
            "of two that are alike, the one that denies."
        )
        more = ", …" if len(others) > MAX_NAMED else ""
        messages.warning(request, message % {"entries": named + more})


@admin.register(RuleFault)
class RuleFaultAdmin(ReadOnlyAdmin):
    """Rules that raised an error; after many in a row a rule is in shadow until it is re-armed."""

    list_display = ("rule", "code", "errors_in_row", "shadowed_at", "changed_at")
    fields = ("code", "errors_in_row", "shadowed_at", "changed_at")
    actions = ("rearm",)

    @admin.display(description=_("rule"))
    def rule(self, fault: RuleFault) -> str:
        return display.flag_label(fault.code)

    def has_rearm_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return bool(user.has_perm("number_insight.change_rulefault"))

    @admin.action(description=_("Let the selected rules count again"), permissions=["rearm"])
    def rearm(self, request: HttpRequest, queryset: QuerySet[RuleFault]) -> None:
        count = rule_faults.rearm(queryset)
        message = ngettext("%(count)s rule counts again.", "%(count)s rules count again.", count)
        messages.success(request, message % {"count": count})
