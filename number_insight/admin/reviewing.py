"""The actions of a reviewer: release, refuse, and look up again, which costs money."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_noop, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from number_insight import loading, reviewing
from number_insight.admin import display, sentences
from number_insight.admin.base import log_change
from number_insight.exceptions import Unsupported
from number_insight.models import NumberInsightRecord
from number_insight.models.choices import RecordState
from number_insight.screening import planning
from number_insight.transactions import retry_deadlock

MAX_REASON_LENGTH = 2000
NONE, OPTIONAL, NEEDED = "none", "optional", "needed"
"""Whether an action is given a reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """The reason of a decision: a code, a text, both or neither."""

    reason: str = ""
    code: str = ""

    @property
    def text(self) -> str:
        """The text of the code and the written reason, in one line."""
        chosen = reviewing.reason_text(self.code) if self.code else ""
        return ". ".join(filter(None, (chosen, self.reason.strip())))


def reason_choices() -> list[tuple[str, str]]:
    """Return the choices of a reason, none included."""
    return [("", ""), *reviewing.reasons()]


class ReasonForm(forms.Form):
    """A reason, chosen or written; the visitor never sees it."""

    reason_code = forms.ChoiceField(label=_("Reason"), required=False)
    reason = forms.CharField(
        label=_("In your own words"),
        required=False,
        max_length=MAX_REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60, "class": "vLargeTextField"}),
        help_text=_("Kept with the decision for your colleagues; the visitor never sees it."),
    )

    def __init__(self, data: Any = None, *, action: Action, **options: Any) -> None:
        super().__init__(data, **options)
        self.action = action
        fields: Any = self.fields
        if action.reason == NONE:
            fields.clear()
        else:
            fields["reason_code"].choices = reason_choices()
            fields["reason_code"].widget.attrs["autofocus"] = True
        if action.reason == NEEDED:
            fields["reason_code"].help_text = _("(a refusal needs one)")
            fields["reason_code"].widget.attrs["aria-required"] = "true"

    @property
    def needed(self) -> list[str]:
        """The names of the fields without which the action is not done."""
        return ["reason_code"] if self.action.reason == NEEDED else []

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors:
            check_grounds(self, self.action)
        return cleaned

    @property
    def grounds(self) -> Grounds:
        """The reason as it was chosen and written."""
        cleaned = self.cleaned_data
        return Grounds(reason=cleaned.get("reason", ""), code=cleaned.get("reason_code", ""))


def check_grounds(form: Any, action: Action) -> None:
    """Add an error to `form` if `action` needs a reason, and none was given."""
    cleaned = form.cleaned_data
    if action.reason == NEEDED and not (cleaned.get("reason") or cleaned.get("reason_code")):
        form.add_error("reason_code", _("Say why: choose a reason, or write one."))


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """An action that a reviewer confirms and that is then done to each chosen record."""

    name: str
    permission: str
    """The method ``has_<permission>_permission`` of the admin allows it."""
    title: Any
    button: Any
    log_message: str
    success_message: Any
    """A plural message; "count" is the number of records."""
    apply: Callable[[NumberInsightRecord, Any, Grounds], str]
    """Apply it to a record, for a user and a reason; return the obstacle, or "" without one."""
    reason: str = NONE
    is_decision: bool = True
    """Decisions are free and made once; a lookup costs money each time."""
    is_for_decided: bool = False
    """Whether it is done to decided records, and not to waiting ones."""

    def is_done(self, record: NumberInsightRecord) -> bool:
        """Return whether there is nothing to be done to `record`."""
        return bool(record.decision) is not self.is_for_decided


def _release(record: NumberInsightRecord, user: Any, given: Grounds) -> str:
    if record.state == RecordState.REFUSED:
        return _without_signup(record)
    done = reviewing.release(record, user=user, reason=given.reason, reason_code=given.code)
    return "" if done else _earlier_decision(record)


def _refuse(record: NumberInsightRecord, user: Any, given: Grounds) -> str:
    if record.state == RecordState.REFUSED:
        return _without_signup(record)
    done = reviewing.refuse(record, user=user, reason=given.reason, reason_code=given.code)
    return "" if done else _earlier_decision(record)


def _without_signup(record: NumberInsightRecord) -> str:
    message = gettext("Record %(pk)s is left alone: the form turned it away, so nobody signed up.")
    return message % {"pk": record.pk}


def _reopen(record: NumberInsightRecord, user: Any, given: Grounds) -> str:
    if reviewing.reopen(record, user=user, reason=given.text):
        return ""
    return gettext("Record %(pk)s is left alone: it is not decided.") % {"pk": record.pk}


def _earlier_decision(record: NumberInsightRecord) -> str:
    """Return a sentence on the decision that stands already."""
    record.refresh_from_db()
    message = gettext("Record %(pk)s is left alone: it was %(decision)s by %(user)s %(age)s ago.")
    return message % {
        "pk": record.pk,
        "decision": record.get_decision_display(),
        "user": record.decided_by or gettext("somebody"),
        "age": display.since(record.decided_at) if record.decided_at else "?",
    }


def _look_up_again(record: NumberInsightRecord, _user: Any, _given: Grounds) -> str:
    try:
        with transaction.atomic():
            reviewing.look_up_again(record)
    except Unsupported as error:
        why = sentences.translated(str(error))
    except ImproperlyConfigured:
        why = gettext(loading.MISFIT)
    else:
        return ""
    return gettext("Record %(pk)s: %(why)s") % {"pk": record.pk, "why": why}


RELEASE = Action(
    name="release",
    permission="decide",
    title=_("Release signups"),
    button=_("Release"),
    log_message=gettext_noop("Released."),
    success_message=ngettext_lazy(
        "%(count)s signup was released.", "%(count)s signups were released.", "count"
    ),
    apply=_release,
    reason=OPTIONAL,
)
REFUSE = Action(
    name="refuse",
    permission="decide",
    title=_("Refuse signups"),
    button=_("Refuse"),
    log_message=gettext_noop("Refused."),
    success_message=ngettext_lazy(
        "%(count)s signup was refused.", "%(count)s signups were refused.", "count"
    ),
    apply=_refuse,
    reason=NEEDED,
)
LOOK_UP_AGAIN = Action(
    name="look_up_again",
    permission="look_up_again",
    title=_("Look numbers up again"),
    button=_("Look up again"),
    log_message=gettext_noop("Looked up again."),
    success_message=ngettext_lazy(
        "%(count)s number is being looked up again.",
        "%(count)s numbers are being looked up again.",
        "count",
    ),
    apply=_look_up_again,
    is_decision=False,
)
REOPEN = Action(
    name="reopen",
    permission="reopen",
    title=_("Reopen decisions"),
    button=_("Reopen"),
    log_message=gettext_noop("Reopened."),
    success_message=ngettext_lazy(
        "%(count)s signup waits again.", "%(count)s signups wait again.", "count"
    ),
    apply=_reopen,
    reason=OPTIONAL,
    is_for_decided=True,
)
ACTIONS = {action.name: action for action in (RELEASE, REFUSE, LOOK_UP_AGAIN, REOPEN)}


def lookup_text(price: str) -> str:
    """Return the text of a button that looks up again, with its highest price if that is shown."""
    if not price:
        return str(LOOK_UP_AGAIN.button)
    return gettext("Look up again, at most %(price)s") % {"price": price}


def apply_action(
    request: HttpRequest, action: Action, records: Iterable[NumberInsightRecord], given: Grounds
) -> tuple[int, list[str]]:
    """Apply `action` to each record in a transaction of its own, and log it.

    Return the number of records that it was applied to, and a sentence for each one skipped.
    """
    obstacles = [apply_to(request, action, record, given) for record in records]
    skipped = [obstacle for obstacle in obstacles if obstacle]
    return len(obstacles) - len(skipped), skipped


@retry_deadlock
def apply_to(
    request: HttpRequest, action: Action, record: NumberInsightRecord, given: Grounds
) -> str:
    """Apply `action` to one record and log it; return the obstacle, or "" without one."""
    with transaction.atomic():
        obstacle = action.apply(record, request.user, given)
        if not obstacle:
            chosen = reviewing.reason_text(given.code) if given.code else ""
            message = " ".join(filter(None, (action.log_message, chosen)))
            log_change(request, record, message, free_text=given.reason)
    return obstacle


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The highest price of looking up one record again, or the `obstacle` to it."""

    record: NumberInsightRecord
    level: str = ""
    price: Decimal | None = None
    obstacle: str = ""
    currency: str = ""

    @property
    def amount(self) -> str:
        """The price as text, with its currency."""
        return display.money(self.price, self.currency)


def quote(record: NumberInsightRecord) -> Quote:
    """Return the highest cost of another lookup for `record`."""
    try:
        plan = planning.plan_for(record, insist=True)
        if plan.question is None:
            return Quote(record=record, obstacle=plan.obstacle)
        provider = loading.provider(plan.provider)
        price = provider.price(plan.question)
    except ImproperlyConfigured:
        return Quote(record=record, obstacle=gettext(loading.MISFIT).removesuffix("."))
    return Quote(record=record, level=plan.question.level, price=price, currency=provider.currency)


def total(quotes: Sequence[Quote]) -> str:
    """Return the sums of `quotes` as text, one for each currency."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for each in quotes:
        if each.price is not None:
            sums[each.currency] += each.price
    return display.amounts(sums)
