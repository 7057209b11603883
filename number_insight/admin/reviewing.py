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
from django.utils.timesince import timesince
from django.utils.translation import gettext, gettext_noop, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from number_insight import loading, reviewing
from number_insight.admin import display
from number_insight.admin.base import log_change
from number_insight.exceptions import Unsupported
from number_insight.models import NumberInsightRecord
from number_insight.models.choices import RecordState
from number_insight.screening import planning

MAX_REASON_LENGTH = 2000


class ReasonForm(forms.Form):
    """A reason that has to be given; the visitor never sees it."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=MAX_REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60, "class": "vLargeTextField"}),
        help_text=_("Kept with the decision for your colleagues; the visitor never sees it."),
    )


class OptionalReasonForm(ReasonForm):
    """A reason that may be left out."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = False


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
    apply: Callable[[NumberInsightRecord, Any, str], str]
    """Apply it to a record, for a user and a reason; return the obstacle, or "" without one."""
    form: type[forms.Form] = forms.Form
    is_decision: bool = True
    """Decisions are free and made once; a lookup costs money each time."""


def _release(record: NumberInsightRecord, user: Any, reason: str) -> str:
    if record.state == RecordState.REFUSED:
        return _without_signup(record)
    return "" if reviewing.release(record, user=user, reason=reason) else _earlier_decision(record)


def _refuse(record: NumberInsightRecord, user: Any, reason: str) -> str:
    if record.state == RecordState.REFUSED:
        return _without_signup(record)
    return "" if reviewing.refuse(record, user=user, reason=reason) else _earlier_decision(record)


def _without_signup(record: NumberInsightRecord) -> str:
    message = gettext("Record %(pk)s is left alone: the form turned it away, so nobody signed up.")
    return message % {"pk": record.pk}


def _earlier_decision(record: NumberInsightRecord) -> str:
    """Return a sentence on the decision that stands already."""
    record.refresh_from_db()
    message = gettext("Record %(pk)s is left alone: it was %(decision)s by %(user)s %(age)s ago.")
    return message % {
        "pk": record.pk,
        "decision": record.get_decision_display(),
        "user": record.decided_by or gettext("somebody"),
        "age": timesince(record.decided_at, depth=1) if record.decided_at else "?",
    }


def _look_up_again(record: NumberInsightRecord, _user: Any, _reason: str) -> str:
    try:
        with transaction.atomic():
            reviewing.look_up_again(record)
    except (Unsupported, ImproperlyConfigured) as error:
        return gettext("Record %(pk)s: %(why)s") % {"pk": record.pk, "why": error}
    return ""


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
    form=OptionalReasonForm,
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
    form=ReasonForm,
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
ACTIONS = {action.name: action for action in (RELEASE, REFUSE, LOOK_UP_AGAIN)}


def apply_action(
    request: HttpRequest, action: Action, records: Iterable[NumberInsightRecord], reason: str
) -> tuple[int, list[str]]:
    """Apply `action` to each record in a transaction of its own, and log it.

    Return the number of records that it was applied to, and a sentence for each one skipped.
    """
    done, skipped = 0, []
    for record in records:
        with transaction.atomic():
            obstacle = action.apply(record, request.user, reason)
            if not obstacle:
                log_change(request, record, action.log_message, free_text=reason)
        if obstacle:
            skipped.append(obstacle)
        else:
            done += 1
    return done, skipped


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
    except ImproperlyConfigured as error:
        return Quote(record=record, obstacle=str(error))
    return Quote(record=record, level=plan.question.level, price=price, currency=provider.currency)


def total(quotes: Sequence[Quote]) -> str:
    """Return the sums of `quotes` as text, one for each currency."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for each in quotes:
        if each.price is not None:
            sums[each.currency] += each.price
    return display.amounts(sums)
