"""What a reviewer does: release, refuse, look up again. Each act is confirmed on a page of its own.

The confirmation names the records itself and does not go through the filters of the list again:
a record that a colleague has decided meanwhile would drop out of them without a word.
"""

from __future__ import annotations

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

from number_insight import loading, numbers, planning, reviewing
from number_insight.admin import words
from number_insight.admin.changelists import log_change
from number_insight.choices import Basis
from number_insight.exceptions import Unsupported
from number_insight.models import NumberInsightRecord

MOST_AT_ONCE = 100
"""More than a person can have looked at, and a bound on what one click may cost."""
LONGEST_REASON = 2000


class ReasonForm(forms.Form):
    """Why: kept with the decision, and never shown to the visitor."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60, "class": "vLargeTextField"}),
        help_text=_("Kept with the decision for your colleagues; the visitor never sees it."),
    )


class OptionalReasonForm(ReasonForm):
    """The same where a reason is welcome and not asked for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One thing that a reviewer may do; `permission` is the admin's ``has_<…>_permission``."""

    name: str
    permission: str
    title: Any
    button: Any
    logged: str
    done: Any
    """What is said of so many ("count") to whom it was done."""
    do: Callable[[NumberInsightRecord, Any, str], str]
    """Do it to a record, for a user and a reason; return why the record was left alone, or ""."""
    form: type[forms.Form] = forms.Form
    is_decision: bool = True
    """It is done once, and is free; the other is done as often as somebody pays for it."""


def _release(record: NumberInsightRecord, user: Any, reason: str) -> str:
    return "" if reviewing.release(record, user=user, reason=reason) else _first_word(record)


def _refuse(record: NumberInsightRecord, user: Any, reason: str) -> str:
    return "" if reviewing.refuse(record, user=user, reason=reason) else _first_word(record)


def _first_word(record: NumberInsightRecord) -> str:
    """Return who was first, and what they decided."""
    record.refresh_from_db()
    told = {
        "pk": record.pk,
        "decision": record.get_decision_display(),
        "user": record.decided_by or gettext("somebody"),
        "age": timesince(record.decided_at, depth=1) if record.decided_at else "?",
    }
    return (
        gettext("Record %(pk)s is left alone: it was %(decision)s by %(user)s %(age)s ago.") % told
    )


def _look_up_again(record: NumberInsightRecord, _user: Any, _reason: str) -> str:
    try:
        with transaction.atomic():
            reviewing.look_up_again(record)
    except (Unsupported, ImproperlyConfigured) as error:
        return gettext("Record %(pk)s: %(why)s") % {"pk": record.pk, "why": error}
    return ""


ACTS = {
    act.name: act
    for act in (
        Act(
            name="release",
            permission="decide",
            title=_("Release signups"),
            button=_("Release"),
            logged=gettext_noop("Released."),
            done=ngettext_lazy(
                "%(count)s signup was released.", "%(count)s signups were released.", "count"
            ),
            do=_release,
            form=OptionalReasonForm,
        ),
        Act(
            name="refuse",
            permission="decide",
            title=_("Refuse signups"),
            button=_("Refuse"),
            logged=gettext_noop("Refused."),
            done=ngettext_lazy(
                "%(count)s signup was refused.", "%(count)s signups were refused.", "count"
            ),
            do=_refuse,
            form=ReasonForm,
        ),
        Act(
            name="look_up_again",
            permission="look_up_again",
            title=_("Look numbers up again"),
            button=_("Look up again"),
            logged=gettext_noop("Looked up again."),
            done=ngettext_lazy(
                "%(count)s number is being looked up again.",
                "%(count)s numbers are being looked up again.",
                "count",
            ),
            do=_look_up_again,
            is_decision=False,
        ),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What looking one record up again costs at most, or why it cannot be done."""

    record: NumberInsightRecord
    level: str = ""
    price: Decimal | None = None
    obstacle: str = ""
    currency: str = ""

    @property
    def amount(self) -> str:
        return words.money(self.price, self.currency)


def quotes(records: Iterable[NumberInsightRecord]) -> list[Quote]:
    """Return what each of `records` would cost."""
    return [_quote(record) for record in records]


def _quote(record: NumberInsightRecord) -> Quote:
    try:
        plan = planning.plan_for(record, insist=True)
        if plan.question is None:
            return Quote(record=record, obstacle=str(Basis(plan.basis).label))
        provider = loading.provider(plan.provider)
        price = provider.price(plan.question)
    except ImproperlyConfigured as error:
        return Quote(record=record, obstacle=str(error))
    return Quote(record=record, level=plan.question.level, price=price, currency=provider.currency)


def total(found: Sequence[Quote]) -> str:
    """Return what all of `found` cost together at most."""
    currency = next((quote.currency for quote in found if quote.currency), "")
    return words.money(sum((quote.price or Decimal(0) for quote in found), Decimal(0)), currency)


def carry_out(
    request: HttpRequest, act: Act, records: Iterable[NumberInsightRecord], reason: str
) -> tuple[int, list[str]]:
    """Do it to each; return to how many, and a sentence for each that was left alone."""
    done, left = 0, []
    for record in records:
        with transaction.atomic():
            why = act.do(record, request.user, reason)
            if not why:
                # Without the full number, since the admin's history outlives the record's.
                name = numbers.masked(record.number) or str(record)
                log_change(request, record, act.logged, name=name)
        if why:
            left.append(why)
        else:
            done += 1
    return done, left
