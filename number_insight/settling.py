"""Settling: an outcome is saved, and all who waited for it are judged, in one transaction."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Protocol, TypeVar

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from number_insight import announcing, budget, judging, lookups, outcomes, recording
from number_insight.choices import Basis, Lane, LookupState, RecordState, Verdict
from number_insight.exceptions import place
from number_insight.insight import NUMBER_REFUSED, Insight
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.transactions import LOST_CONNECTIONS, after_commit, lock

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Grounding = Callable[[NumberInsightRecord], judging.Grounds]
"""What makes the grounds that a record is judged on."""
Case = tuple[NumberInsightRecord, Grounding]


class Work(Protocol[T_co]):
    """What can be done in a hurry, and with care."""

    def __call__(self, *, careful: bool) -> T_co: ...


logger = logging.getLogger("number_insight.settling")

NOT_JUDGED = "This signup could not be judged: a fault of ours, or of a rule; the log has it."


def conclude_all(
    answers: Mapping[int, Insight], states: Iterable[str], token: uuid.UUID | None = None
) -> int:
    """Save answers, by the key of their lookup, and judge all who waited, in one transaction.

    Return how many of them came in time: while the lookup was in one of `states`, and still
    claimed by `token`, if there is one.
    """
    conditions = {"state__in": tuple(states)} | ({"claim": token} if token else {})

    def work(*, careful: bool) -> int:
        with transaction.atomic():
            found = outcomes.at_hand(answers, **conditions)
            conclude([(lookup, answers[lookup.pk]) for lookup in found], careful=careful)
        return len(found)

    return careful_if_it_fails(work)


def conclude(answered: Sequence[tuple[Lookup, Insight]], *, careful: bool) -> None:
    """Save the answers to lookups that are at hand, and judge all who waited for them.

    Runs inside the caller's transaction, and does it more `careful` where that has failed before.
    """
    kept = outcomes.keep_answers(answered)
    settle_records([(it.lookup, it.insight) for it in kept], careful=careful)
    budget.settle(it.payment for it in kept)


def careful_if_it_fails(work: Work[T]) -> T:
    """Do `work`, a transaction; if it fails, once more and careful.

    To be careful takes a savepoint, which nearly never has to save anything.
    """
    try:
        return work(careful=False)
    except LOST_CONNECTIONS:
        raise
    except Exception as error:  # raised again if it is not the judging
        logger.warning("Settling starts over (%s).", place(error))
        return work(careful=True)


def settle_waiting(lookup_id: int) -> list[int]:
    """Settle the records that wait for a lookup which will not answer them any more.

    It takes the lock that joining and saving take, so it sees every waiter. Return the records
    that are back in the queue, since nothing was asked for them.
    """
    with transaction.atomic():
        for lookup in lock(Lookup.objects.filter(pk=lookup_id)):
            insight = Insight.from_json(lookup.insight) if lookup.insight else None
            return settle_records([(lookup, insight)], late=True)
    return []


def settle_records(
    settled: Sequence[tuple[Lookup, Insight | None]], *, late: bool = False, careful: bool = True
) -> list[int]:
    """Judge the records of lookups; those that had to be judged without an answer, once more.

    A decision is a person's word: what has one keeps the verdict that it was decided on. The
    first who waited bears the price. Who came `late` found the answer paid. What cannot be judged
    is put before a person; or, unless this is done `careful`, raised, and then the caller's
    transaction has to be given up.
    """
    known = {lookup.pk: (lookup, _grounds(lookup, insight, late)) for lookup, insight in settled}
    answered = [lookup.pk for lookup, _insight in settled if lookup.is_answered]
    healable = Q(state=RecordState.FAILED, decision="", lookup__in=answered)
    rows = NumberInsightRecord.objects.filter(lookup__in=list(known))
    cases: list[Case] = []
    again: list[int] = []
    borne = set(answered) if late else set[int]()
    for record in lock(rows.filter(Q(state=RecordState.WAITING) | healable)):
        lookup, grounds = known[record.lookup_id]
        if grounds is not None:
            record.cost = Decimal(0) if lookup.pk in borne else lookup.cost
            borne.add(lookup.pk)
            cases.append((record, grounds))
        elif lookup.state == LookupState.SKIPPED:
            again.append(record.pk)
        elif record.note != lookup.error:
            record.note = lookup.error
            record.save(update_fields=["note"])
    NumberInsightRecord.objects.filter(pk__in=again).update(state=RecordState.QUEUED, lookup=None)
    if careful:
        judge(cases)
    elif cases:
        recording.settle(_grounded(cases))
    return again


def judge(cases: Sequence[Case], sitting: judging.Sitting | None = None) -> None:
    """Judge records inside the caller's transaction, or put them before a person.

    One that cannot be judged must not cost the others their verdict, nor a paid answer: if they
    cannot be judged together, each is judged alone.
    """
    if not cases:
        return
    before = [record.screened_at for record, _grounds in cases]
    try:
        with transaction.atomic():
            recording.settle(_grounded(cases), sitting)
    except LOST_CONNECTIONS:
        raise
    except Exception as error:  # whatever it is, the signup waits for a person and not for us
        if len(cases) > 1:
            for case, screened_at in zip(cases, before, strict=True):
                case[0].screened_at = screened_at
                judge([case])
            return
        ((record, _grounds),) = cases
        logger.error("Record %s could not be judged (%s).", record.pk, place(error))
        hand_over(record.pk)


def _grounded(cases: Sequence[Case]) -> list[recording.Case]:
    return [(record, grounds(record)) for record, grounds in cases]


def hand_over(record_id: int) -> None:
    """Put a record that could not be judged before a person."""
    NumberInsightRecord.objects.filter(pk=record_id).update(
        state=RecordState.FAILED,
        basis=Basis.NO_ANSWER,
        lane=Lane.FAULT,
        verdict=Verdict.REVIEW,
        note=NOT_JUDGED,
        screened_at=timezone.now(),
    )
    after_commit(announcing.announce, [record_id])


def _grounds(lookup: Lookup, insight: Insight | None, late: bool) -> Grounding | None:
    """Return what the records of `lookup` are judged on; None while they go on waiting."""
    if lookup.is_answered and insight is not None:
        basis = Basis.REUSED if late else Basis.ANSWER
        return lambda record: judging.answer_grounds(lookup, insight, basis)
    if lookup.state == LookupState.FAILED and lookup.status in NUMBER_REFUSED:
        return lambda record: _refused_number(record, lookup)
    if lookup.state in (LookupState.FAILED, LookupState.UNCERTAIN, LookupState.NO_CALLBACK):
        return lambda record: _without(record, lookup, Basis.NO_ANSWER)
    if lookup.state == LookupState.SKIPPED and lookup.error == lookups.BUDGET_SPENT:
        return lambda record: _without(record, lookup, Basis.BUDGET)
    return None


def _without(record: NumberInsightRecord, lookup: Lookup, basis: str) -> judging.Grounds:
    return replace(judging.local_grounds(record, basis), lookup=lookup)


def _refused_number(record: NumberInsightRecord, lookup: Lookup) -> judging.Grounds:
    grounds = _without(record, lookup, Basis.ANSWER)
    return replace(grounds, insight=replace(grounds.insight, status=lookup.status))
