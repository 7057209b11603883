"""The form that is posted to the desk, and its effect on a case."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from number_insight import reviewing
from number_insight.admin import case, desk_state
from number_insight.admin.base import log_change
from number_insight.admin.queue import SECOND
from number_insight.admin.reviewing import (
    ACTIONS,
    MAX_REASON_LENGTH,
    REFUSE,
    RELEASE,
    Action,
    Grounds,
    apply_to,
    check_grounds,
    reason_choices,
)
from number_insight.admin.rights import Rights
from number_insight.models import NumberInsightRecord

DECISIONS = {RELEASE.name: RELEASE, REFUSE.name: REFUSE}
LASTS = {
    "": _("for good; an IP for a week"),
    "7": _("for a week"),
    "30": _("for 30 days"),
    "365": _("for a year"),
}
"""The times for which something is put on the deny list, by their days."""


class DeskForm(forms.Form):
    """The decision on one case."""

    act = forms.ChoiceField(choices=[(name, name) for name in DECISIONS])
    seen = forms.CharField(required=False, max_length=10_000)
    reason_code = forms.ChoiceField(required=False)
    reason = forms.CharField(required=False, max_length=MAX_REASON_LENGTH)
    also = forms.MultipleChoiceField(required=False)
    expires = forms.ChoiceField(required=False, choices=list(LASTS.items()))

    def __init__(self, data: Any, record: NumberInsightRecord, granted: Rights) -> None:
        super().__init__(data)
        options = case.listable(record, granted)
        fields: Any = self.fields
        fields["reason_code"].choices = reason_choices()
        fields["also"].choices = [(each.match, each.label) for each in options]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        action = DECISIONS.get(cleaned.get("act", ""))
        if action is not None and not self.errors:
            check_grounds(self, action)
        return cleaned

    @property
    def grounds(self) -> Grounds:
        """The reason as it was chosen and written."""
        cleaned = self.cleaned_data
        return Grounds(reason=cleaned["reason"], code=cleaned["reason_code"])

    @property
    def lacks_reason(self) -> bool:
        """Whether a reason is all that it lacks."""
        return self.is_bound and list(self.errors) == ["reason_code"]

    @property
    def first_error(self) -> str:
        """The first thing that is wrong with the form, or ""; a missing reason apart."""
        if self.lacks_reason:
            return ""
        return next((str(error) for errors in self.errors.values() for error in errors), "")


def decide(request: HttpRequest, record: NumberInsightRecord, form: DeskForm, lane: str) -> None:
    """Decide by a valid `form`, add the list entries that it names, and tell the user."""
    action = DECISIONS[form.cleaned_data["act"]]
    if lane == SECOND:
        _second_word(request, record, action, form.grounds)
        return
    obstacle = apply_to(request, action, record, form.grounds)
    if obstacle:
        messages.warning(request, obstacle)
        return
    entries = _deny_also(request, record, form) if action is REFUSE else []
    desk_state.remember(request, record, lane, entries)


def _second_word(
    request: HttpRequest, record: NumberInsightRecord, action: Action, grounds: Grounds
) -> None:
    is_said = reviewing.second_word(
        record,
        user=request.user,
        refuse=action is REFUSE,
        reason=grounds.reason,
        reason_code=grounds.code,
    )
    if is_said:
        messages.success(request, gettext("Your second look is noted; it changes nothing."))
    else:
        messages.warning(request, gettext("Somebody else has had the second look already."))


def _deny_also(request: HttpRequest, record: NumberInsightRecord, form: DeskForm) -> list[str]:
    """Add the list entries that `form` names, tell the user, and return their masked texts."""
    added: list[str] = []
    days = form.cleaned_data["expires"]
    expires_at = timezone.now() + timedelta(days=int(days)) if days else None
    reason = form.grounds.text
    for match in form.cleaned_data["also"]:
        try:
            with transaction.atomic():
                entry = reviewing.deny_also(
                    record, match, author=request.user, reason=reason, expires_at=expires_at
                )
        except ValidationError as error:
            messages.warning(request, " ".join(error.messages))
            continue
        log_change(request, entry, gettext("Added from record %(pk)s.") % {"pk": record.pk})
        messages.success(request, gettext("%(entry)s was added.") % {"entry": entry})
        added.append(str(entry))
    return added


def look_up_again(request: HttpRequest, record: NumberInsightRecord) -> None:
    """Ask about the number of `record` once more, and tell the user."""
    obstacle = apply_to(request, ACTIONS["look_up_again"], record, Grounds())
    if obstacle:
        messages.warning(request, obstacle)
    else:
        messages.success(request, gettext("The number is being looked up again."))


def undo(request: HttpRequest, record: NumberInsightRecord) -> bool:
    """Undo the user's own decision on `record`; return whether that was still possible."""
    with transaction.atomic():
        done = reviewing.undo(record, user=request.user)
        if done:
            log_change(request, record, gettext("Undone."))
    if done:
        messages.success(request, gettext("Undone: the signup waits again."))
        for entry in desk_state.entries_of(request, record):
            messages.warning(request, gettext("%(entry)s stays on the list.") % {"entry": entry})
        desk_state.forget(request)
    else:
        message = gettext("It cannot be undone any more: only your own decision, for ten minutes.")
        messages.warning(request, message)
    return done
