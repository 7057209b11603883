"""Comparison: the verdicts on records by the answers of another provider.

The answers are bought within a budget, or taken from what that provider answered lately. They never
change a record.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction

from number_insight import loading
from number_insight.exceptions import Unsupported
from number_insight.insight import Insight
from number_insight.lookups import calls, claims, questions, switches
from number_insight.lookups.claims import Claim
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.models.choices import Basis, LookupState, RecordState
from number_insight.providers.base import Question
from number_insight.screening import planning, purchase, settlement
from number_insight.verdicts import grounds, judging, recording

NOT_CHARGED = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer of the other provider; `is_bought` tells whether it was paid for just now."""

    lookup: Lookup
    insight: Insight
    is_bought: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The verdicts on a record by its own answer and by the other one, and what makes them differ.

    Rules are named by the codes of the flags that count, with live ones as they are stored.
    """

    record: NumberInsightRecord
    answer: Answer
    verdict: str
    score: int
    rules_lost: tuple[str, ...]
    rules_gained: tuple[str, ...]
    signals_lost: tuple[str, ...]
    signals_gained: tuple[str, ...]

    @property
    def is_changed(self) -> bool:
        """Whether the verdict differs."""
        return self.verdict != self.record.verdict

    @property
    def is_different(self) -> bool:
        """Whether the verdict, its score or the findings differ."""
        is_same_score = self.score == self.record.score
        return self.is_changed or not is_same_score or bool(self.rules_lost or self.rules_gained)


def question_on(record: NumberInsightRecord, provider: str) -> Question:
    """Return the question that `record` was judged on, as it is put to `provider`."""
    asked = loading.provider(provider)
    level = record.level if record.level in asked.levels else asked.levels[-1]
    return planning.question_at(record, level, record.country or None, asked)


def known(asked: Sequence[Question], provider: str) -> list[Answer | None]:
    """Return the answer of `provider` to each question that need not be bought again."""
    return [
        None
        if lookup is None or lookup.insight is None
        else Answer(lookup=lookup, insight=Insight.from_json(lookup.insight), is_bought=False)
        for lookup in questions.fresh(asked, provider=provider)
    ]


def ask(asked: Sequence[Question], provider: str, *, purse: str = "") -> list[Answer | None]:
    """Put questions about different numbers to `provider`; return its answers.

    Where an answer is fresh, it is taken. What is paid is counted in the budget `purse`. An answer
    is None if there is none, or another worker is asking just now. Raise `Unsupported`, with the
    reason, if nothing can be asked any more.
    """
    answers = known(asked, provider)
    missing = [question for question, answer in zip(asked, answers, strict=True) if not answer]
    bought = _buy(missing, provider, purse) if missing else {}
    return [
        answer or bought.get(question.number)
        for question, answer in zip(asked, answers, strict=True)
    ]


def _buy(missing: Sequence[Question], provider: str, purse: str) -> dict[str, Answer]:
    """Return the answers that are bought, by number."""
    obstacle = switches.obstacle()
    if obstacle:
        raise Unsupported(obstacle)
    claimed = _claim(missing, provider, purse)
    insights: dict[int, Insight] = {}
    try:
        for batch in calls.put(claimed):
            settlement.save(batch)
            purchase.report(batch)
            for outcome in batch:
                if isinstance(outcome.result, Insight):
                    insights[outcome.lookup.pk] = outcome.result
    finally:
        _withdraw(claim.lookup.pk for claim in claimed)
    lookups = Lookup.objects.in_bulk(insights)
    return {
        lookup.number: Answer(lookup=lookup, insight=insights[pk], is_bought=True)
        for pk, lookup in lookups.items()
        if lookup.is_answered
    }


def _claim(missing: Sequence[Question], provider: str, purse: str) -> list[Claim]:
    """Create and claim lookups for what nobody is asking; delete those that cannot be claimed."""
    with transaction.atomic():
        joined = questions.join([(question, provider, "sync") for question in missing])
        created = {lookup.pk: lookup for lookup, is_new in joined if lookup and is_new}
        Lookup.objects.filter(pk__in=created).update(purse=purse)
        for lookup in created.values():
            lookup.purse = purse
        claimed = claims.take(list(created.values()))
        left = created.keys() - {claim.lookup.pk for claim in claimed}
        reasons = Lookup.objects.filter(pk__in=left).values_list("error", flat=True)
        reason = next((text for text in reasons if text != claims.MANY_WAIT), "")
        Lookup.objects.filter(pk__in=left).delete()
    if reason and not claimed:
        raise Unsupported(reason)
    return claimed


def _withdraw(lookup_ids: Iterable[int]) -> None:
    """Skip the lookups that went back to the queue, unless a signup waits for them meanwhile."""
    queued = Lookup.objects.filter(pk__in=list(lookup_ids), state=LookupState.QUEUED)
    unwanted = queued.exclude(records__state=RecordState.WAITING).values("pk")
    keys = list(unwanted.values_list("pk", flat=True))
    Lookup.objects.filter(pk__in=keys).update(state=LookupState.SKIPPED, open_key=None)


def compare(record: NumberInsightRecord, answer: Answer) -> Comparison:
    """Return the comparison of `record`, as it was judged, with the verdict by `answer`.

    The rules are told the same past as then.
    """
    case = grounds.answered(record, answer.lookup, answer.insight, Basis.ANSWER)
    (judged,) = judging.judge([case], as_recorded=True)
    flags = recording.stored(record, record.verdict, judged.judgement.flags)
    before = set(record.flags.filter(counted=True, shadow=False).values_list("code", flat=True))
    after = {flag.code for flag in flags if flag.counted and not flag.shadow}
    told, tells = _told(record), grounds.told_by(answer.lookup, answer.insight)
    return Comparison(
        record=record,
        answer=answer,
        verdict=judged.verdict,
        score=judged.judgement.score,
        rules_lost=tuple(sorted(before - after)),
        rules_gained=tuple(sorted(after - before)),
        signals_lost=tuple(sorted(told - tells)),
        signals_gained=tuple(sorted(tells - told)),
    )


def _told(record: NumberInsightRecord) -> frozenset[str]:
    """Return the signals that the answer on which `record` was judged told."""
    lookup = record.lookup
    if lookup is None:
        return frozenset()
    return grounds.told_by(lookup, Insight.from_json(lookup.insight or {}))


def cost_of(answer: Answer) -> Decimal:
    """Return the money that `answer` has cost just now, in the currency of its lookup."""
    return answer.lookup.cost if answer.is_bought else NOT_CHARGED
