"""The admins of the allow and deny lists, and of the rules that raised an error."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from number_insight import numbers, spelling
from number_insight.admin import display, links, permissions, rights
from number_insight.admin.base import OwnFiltersAdmin, ReadOnlyAdmin, empty, media_of
from number_insight.admin.filters import OptionFilter
from number_insight.conf import app_settings
from number_insight.models import ListEntry, NumberInsightRecord, RuleFault
from number_insight.models.choices import ListMatch
from number_insight.verdicts import rule_faults

MAX_NAMED = 5
MAX_REASON_LENGTH = 80
MAX_RECORDS = 10
"""The records of a rule's errors that its page links to, the newest ones."""
PRIVATE = (ListMatch.NUMBER, ListMatch.PREFIX, ListMatch.IP)
"""The kinds of entries whose values are masked without the permission ``view_full_number``."""


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


class InForceFilter(OptionFilter):
    """Whether an entry counts still."""

    title = _("end")
    parameter_name = "end"
    IN_FORCE, EXPIRED = "in_force", "expired"

    def options(self) -> dict[str, Any]:
        return {self.IN_FORCE: _("in force"), self.EXPIRED: _("expired")}

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value == self.EXPIRED:
            return rows.filter(expires_at__lte=timezone.now())
        return rows.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))


@admin.register(ListEntry)
class ListEntryAdmin(OwnFiltersAdmin):
    """Allow and deny entries, with the number of signups that each has decided."""

    form = ListEntryForm
    nothing = _("No entry yet: what you add here overrules the rules.")
    list_display = ("action_badge", "match", "ends", "hits", "written")
    list_display_links = ("action_badge",)
    list_filter = ("action", "match", InForceFilter)
    list_select_related = ("author",)
    search_fields = ("value", "reason")
    readonly_fields = ("author", "hits", "created_at")
    fields = ("action", "match", "value", "reason", "expires_at", *readonly_fields)

    @property
    def media(self) -> forms.Media:
        return super().media + media_of()

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {**empty(request, self), **(extra_context or {})})

    @admin.display(description=_("action"), ordering="action")
    def action_badge(self, entry: ListEntry) -> SafeString:
        badge = '<span class="ni-badge ni-{}">{}</span>'
        return format_html(badge, entry.action, entry.get_action_display())

    @admin.display(description=_("ends"), ordering="expires_at")
    def ends(self, entry: ListEntry) -> SafeString | str:
        if entry.expires_at is None:
            return gettext("never")
        if entry.expires_at <= timezone.now():
            return format_html('<span class="ni-badge">{}</span>', gettext("expired"))
        return display.moment_text(entry.expires_at, "SHORT_DATE_FORMAT")

    @admin.display(description=_("written"), ordering="created_at")
    def written(self, entry: ListEntry) -> SafeString:
        author = '{} <bdi class="ni-quiet">{}</bdi>'
        return format_html(author, display.age(entry.created_at), entry.author or "")

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        # This column needs the request, and one instance of the admin serves all requests.
        is_full = permissions.can_view_full_number(request.user)

        # The order of masked values would tell their digits, one comparison at a time.
        @admin.display(description=_("value and reason"), ordering="value" if is_full else None)
        def value_text(entry: ListEntry) -> SafeString:
            reason = Truncator(entry.reason).chars(MAX_REASON_LENGTH)
            second = '{}<bdi class="ni-second" title="{}">{}</bdi>'
            return format_html(second, _value(entry, is_full=is_full), entry.reason, reason)

        action, match, *others = self.list_display
        return [action, match, value_text, *others]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        names = super().get_fields(request, obj)
        if obj is None:  # a new entry has no author, hits or time yet
            return [name for name in names if name not in self.readonly_fields]
        if not self._is_masked(request, obj):
            return names
        return ["masked_value" if name == "value" else name for name in names]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        names = super().get_readonly_fields(request, obj)
        return [*names, "match", "masked_value"] if self._is_masked(request, obj) else names

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "expires_at":  # the label of the field belongs to neither of its two
            for widget, label in zip(field.widget.widgets, ("Date:", "Time:"), strict=True):
                widget.attrs["aria-label"] = gettext(label)
        return field

    def get_search_fields(self, request: HttpRequest) -> Any:
        is_full = permissions.can_view_full_number(request.user)
        return self.search_fields if is_full else ("=value", "reason")

    def _is_masked(self, request: HttpRequest, entry: ListEntry | None) -> bool:
        is_private = entry is not None and entry.match in PRIVATE
        return is_private and not permissions.can_view_full_number(request.user)

    @admin.display(description=_("value"))
    def masked_value(self, entry: ListEntry) -> SafeString:
        return _value(entry, is_full=False)

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
            f"{other.pk} ({other.get_action_display()} {_shown(request, other)})"
            for other in others[:MAX_NAMED]
        )
        message = gettext(
            "It overlaps with other entries: %(entries)s. The most specific one decides; "
            "of two that are alike, the one that denies."
        )
        more = ", …" if len(others) > MAX_NAMED else ""
        messages.warning(request, message % {"entries": named + more})


def _shown(request: HttpRequest, entry: ListEntry) -> str:
    is_full = permissions.can_view_full_number(request.user) and not entry.is_unkept
    return entry.value if is_full else entry.masked_value


def _value(entry: ListEntry, *, is_full: bool) -> SafeString:
    """Return the value of `entry`, a number with spaces; numbers and IPs may be masked."""
    if entry.is_unkept:
        return format_html("{}", entry.masked_value)
    if not is_full:
        return rights.isolated(entry.masked_value)
    is_number = entry.match == ListMatch.NUMBER
    return rights.isolated(numbers.international(entry.value) if is_number else entry.value)


@admin.register(RuleFault)
class RuleFaultAdmin(ReadOnlyAdmin):
    """Rules that raised an error; after many in a row a rule is in shadow until it is re-armed."""

    nothing = _("No rule has failed.")
    list_display = ("rule_and_code", "errors_text", "error", "age")
    fields = (
        "rule",
        "code_text",
        "errors_in_row",
        "error",
        "records_text",
        "shadowed_at",
        "changed_at",
    )
    readonly_fields = ("rule", "code_text", "records_text")
    actions = ("rearm",)

    @admin.display(description=_("rule"))
    def rule(self, fault: RuleFault) -> str:
        return display.flag_label(fault.code)

    @admin.display(description=_("rule"))
    def rule_and_code(self, fault: RuleFault) -> SafeString:
        second = '{}<bdi class="ni-second" dir="ltr">{}</bdi>'
        return format_html(second, self.rule(fault), fault.code)

    @admin.display(description=_("errors"))
    def errors_text(self, fault: RuleFault) -> SafeString | str:
        count = fault.errors_in_row
        text = ngettext("%(count)s in a row", "%(count)s in a row", count) % {"count": count}
        if fault.shadowed_at is None:
            return text
        badge = '{} <span class="ni-badge ni-deny" title="{}">{}</span>'
        since = display.moment_text(fault.shadowed_at)
        return format_html(badge, text, since, gettext("counts no more"))

    @admin.display(description=_("changed at"))
    def age(self, fault: RuleFault) -> SafeString:
        return display.age(fault.changed_at)

    @admin.display(description=_("code"))
    def code_text(self, fault: RuleFault) -> SafeString:
        return rights.isolated(fault.code)

    @admin.display(description=_("newest records"))
    def records_text(self, fault: RuleFault) -> SafeString | str:
        keys = rule_faults.record_keys(fault.code, MAX_RECORDS)
        shown = NumberInsightRecord.objects.in_bulk(keys)
        found = [(links.record_link(self.admin_site, shown[key], shown[key]),) for key in keys]
        return format_html_join(", ", "{}", found) or display.EMPTY_VALUE

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        is_seen = permissions.can_view(request.user)
        return [name for name in self.fields if is_seen or name != "records_text"]

    def has_rearm_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return bool(user.has_perm("number_insight.change_rulefault"))

    @admin.action(description=_("Let the selected rules count again"), permissions=["rearm"])
    def rearm(self, request: HttpRequest, queryset: QuerySet[RuleFault]) -> None:
        count = rule_faults.rearm(queryset)
        message = ngettext("%(count)s rule counts again.", "%(count)s rules count again.", count)
        messages.success(request, message % {"count": count})
