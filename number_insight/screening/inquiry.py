"""Inquiries: questions of a person, answered at once and never by an earlier answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from number_insight import loading
from number_insight.exceptions import NoAnswer, Uncertain, Unsupported
from number_insight.insight import Insight
from number_insight.lookups import (
    answers,
    budget,
    calls,
    prices,
    questions,
    retirement,
    switches,
)
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.models.choices import Basis, RecordState, Source
from number_insight.providers.base import Provider, Question
from number_insight.providers.vocabulary import sound
from number_insight.rules.scoring import Judgement
from number_insight.transactions import retry_deadlock
from number_insight.verdicts import grounds, judging, recording
from number_insight.verdicts.judging import Judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """A person's question: the number, the level, and the provider to ask."""

    number: str = field(repr=False)
    level: str = "advanced"
    ip: str | None = field(default=None, repr=False)
    cnam: bool = False
    provider: str = loading.DEFAULT_PROVIDER


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The answer, the judgement on it, and the key of the record if one was kept."""

    insight: Insight
    judgement: Judgement
    record_id: int | None = None


@sensitive_variables()
def inquire(inquiry: Inquiry, *, record: bool = False) -> Result:
    """Ask the provider, book the cost, and judge the answer; with `record`, keep a record of it.

    Earlier answers, limits and the budget are ignored; the kill switch is not. Raise `Unsupported`
    if lookups are off, the provider is retired or the level unknown, and the provider's exception
    if there is no answer.
    """
    obstacle = switches.obstacle()
    if obstacle:
        raise Unsupported(obstacle)
    provider = loading.provider(inquiry.provider)
    gone = retirement.reason(inquiry.provider)
    if gone:
        raise Unsupported(f"Nothing was asked. {gone} Name another one of PROVIDERS.")
    if inquiry.level not in provider.levels:
        known = ", ".join(provider.levels)
        raise Unsupported(
            f"Provider {inquiry.provider!r} has no level {inquiry.level!r}; it has: {known}."
        )
    question = _question(inquiry, provider)
    row, lookup = _record(inquiry), questions.new(question, inquiry.provider, "sync")
    (lookup.reserved,) = prices.reserves(inquiry.provider, [question])
    insight = _answer(provider, question, lookup)
    if answers.tells_nothing(lookup, insight):
        raise NoAnswer(answers.NOTHING_FOUND, status=insight.status)
    (judged,) = judging.judge([grounds.answered(row, lookup, insight, Basis.ANSWER)])
    if record:
        _keep(judged, lookup)
    return Result(insight=judged.insight, judgement=judged.judgement, record_id=row.pk)


def _question(inquiry: Inquiry, provider: Provider) -> Question:
    send_ip = provider.supports_ip and inquiry.level == "advanced"
    return Question(
        number=inquiry.number,
        level=inquiry.level,
        ip=inquiry.ip if send_ip else None,
        cnam=inquiry.cnam and provider.supports_cnam,
    )


def _answer(provider: Provider, question: Question, lookup: Lookup) -> Insight:
    """Ask the provider, and book the cost before anything else can fail."""
    try:
        insight = calls.attempt(provider, lookup.provider, lambda: sound(provider.lookup(question)))
    except Uncertain:
        _book(lookup.reserved, provider.currency)  # it may have been paid for, so it counts
        raise
    payment = answers.take(lookup, insight, at=timezone.now())
    _book(payment.amount, provider.currency)
    return insight


@retry_deadlock
def _book(amount: Decimal, currency: str) -> None:
    with transaction.atomic():
        budget.book(amount, currency)


def _record(inquiry: Inquiry) -> NumberInsightRecord:
    return NumberInsightRecord(
        number=inquiry.number,
        ip_address=inquiry.ip,
        level=inquiry.level,
        source=Source.API,
        state=RecordState.WAITING,
    )


@retry_deadlock
def _keep(judged: Judged, lookup: Lookup) -> None:
    """Save the lookup, whose cost is booked already, and the record with its verdict."""
    lookup.attempts, lookup.called_at = 1, lookup.answered_at
    record = judged.record
    with transaction.atomic():
        lookup.save()
        record.lookup, record.cost = lookup, lookup.cost
        record.save()
        recording.write([judged])
