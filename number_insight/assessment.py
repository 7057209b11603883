"""Assessment: from a record to its verdict, by the cheapest way that leads there.

Each entry returns what is due next, and when; its caller rings. Nothing here waits, retries or
sleeps, except for the saving of an answer that has been paid for.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from number_insight import exceptions, judging, loading, lookups, outcomes, planning
from number_insight.choices import Basis, LookupState, RecordState
from number_insight.insight import NUMBER_REFUSED, Insight
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.providers.base import Acknowledgement
from number_insight.rules.base import place
from number_insight.verdict import Judgement

T = TypeVar("T")
logger = logging.getLogger("number_insight.assessment")

SAVE_PAUSES = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 14.0)
"""Seconds between the tries to save an answer that was paid for: half a minute in all."""
HEALED_BY_CALLBACK = (
    LookupState.CALLING,
    LookupState.SUBMITTED,
    LookupState.UNCERTAIN,
    LookupState.NO_CALLBACK,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A record whose task should run again `after` a while."""

    record_id: int
    after: timedelta


def assess(record_id: int) -> list[Due]:
    """Bring one record as far as it goes: to a verdict, or to a lookup that it waits for."""
    record = NumberInsightRecord.objects.filter(pk=record_id).first()
    if record is None or record.is_settled:
        return []
    try:
        if record.state == RecordState.WAITING:
            return advance(record.lookup_id) if record.lookup_id else _requeue(record)
        return _begin(record)
    except ImproperlyConfigured as error:
        logger.error("Record %s is not screened yet: %s", record.pk, error)
        NumberInsightRecord.objects.filter(pk=record.pk).update(note=str(error)[:300])
        return []


def _requeue(record: NumberInsightRecord) -> list[Due]:
    """Start over with a record whose lookup was deleted under it."""
    waiting = NumberInsightRecord.objects.filter(pk=record.pk, state=RecordState.WAITING)
    waiting.update(state=RecordState.QUEUED, lookup=None)
    record.state, record.lookup = RecordState.QUEUED, None
    return _begin(record)


def _begin(record: NumberInsightRecord) -> list[Due]:
    plan = planning.plan_for(record)
    if plan.question is None:
        _settle_alone(record, judging.local_grounds(record, plan.basis))
        return []
    known = lookups.fresh(plan.question, provider=plan.provider)
    if known is not None and known.insight is not None:
        insight = Insight.from_json(known.insight)
        _settle_alone(record, judging.answer_grounds(known, insight, Basis.REUSED))
        return []
    lookup = _wait_for_lookup(record, plan)
    return advance(lookup.pk) if lookup else [Due(record_id=record.pk, after=timedelta(seconds=1))]


def _settle_alone(record: NumberInsightRecord, grounds: judging.Grounds) -> None:
    with transaction.atomic():
        rows = NumberInsightRecord.objects.filter(pk=record.pk, state=RecordState.QUEUED)
        # The write comes first: it locks the row, on every database.
        if rows.update(state=RecordState.SCREENED):
            judging.settle(record, grounds)


def _wait_for_lookup(record: NumberInsightRecord, plan: planning.Plan) -> Lookup | None:
    """Make or join the lookup in a short transaction of our own; None if it came too late."""
    assert plan.question is not None
    with transaction.atomic():
        rows = NumberInsightRecord.objects.filter(pk=record.pk, state=RecordState.QUEUED)
        if not rows.update(state=RecordState.WAITING):
            return None
        lookup = lookups.join(plan.question, provider=plan.provider, delivery=plan.delivery)
        if lookup is None:
            transaction.set_rollback(True)
            return None
        NumberInsightRecord.objects.filter(pk=record.pk).update(lookup=lookup, level=lookup.level)
        return lookup


def advance(lookup_id: int) -> list[Due]:
    """Ask the question of a lookup if it is our turn, and settle whoever waits for it."""
    claim = lookups.claim(lookup_id)
    if claim is None:
        return settle_waiting(lookup_id)
    try:
        answer = lookups.ask(claim)
    except exceptions.ProviderError as error:
        return _fail(claim, error)
    except ImproperlyConfigured as error:
        return _fail(claim, exceptions.NotAllowed(str(error)))
    except Exception as error:  # a stranger's provider: whether it has paid is unknown
        logger.error("Provider %s raised %s.", claim.lookup.provider, place(error))
        text = f"The provider raised {type(error).__name__}; it may have been paid. See the log."
        return _fail(claim, exceptions.Uncertain(text))
    if isinstance(answer, Acknowledgement):
        durably(lambda: outcomes.keep_acknowledgement(claim, answer))
        return []
    durably(lambda: conclude(lookup_id, answer, (LookupState.CALLING,), claim))
    return []


def conclude(
    lookup_id: int, insight: Insight, states: tuple[str, ...], claim: lookups.Claim | None = None
) -> bool:
    """Save an answer and judge all who waited, in one transaction; False if too late."""
    with transaction.atomic():
        lookup = outcomes.keep_answer(
            lookup_id, insight, states, token=claim.token if claim else None
        )
        if lookup is None:
            return False
        _settle_records(lookup, insight)
    return True


def _fail(claim: lookups.Claim, error: exceptions.ProviderError) -> list[Due]:
    logger.warning("Lookup %s: %s", claim.lookup.pk, error)

    def save() -> Lookup | None:
        with transaction.atomic():
            lookup = outcomes.keep_failure(claim, error)
            if lookup is not None:
                _settle_records(lookup, None)
            return lookup

    lookup = durably(save)
    if lookup is None or lookup.state != LookupState.QUEUED:
        return []
    waiting = NumberInsightRecord.objects.filter(lookup=lookup, state=RecordState.WAITING)
    record_id = waiting.values_list("pk", flat=True).first()
    pause = lookup.next_try_at - timezone.now() if lookup.next_try_at else timedelta(0)
    return [Due(record_id=record_id, after=pause)] if record_id else []


def settle_waiting(lookup_id: int) -> list[Due]:
    """Settle the records that wait for a lookup which will not answer them any more.

    It takes the lock that joining and saving take, so it sees every waiter.
    """
    with transaction.atomic():
        lookup = Lookup.objects.select_for_update(no_key=True).filter(pk=lookup_id).first()
        if lookup is None:
            return []
        insight = Insight.from_json(lookup.insight) if lookup.insight else None
        return _settle_records(lookup, insight, late=True)


def _settle_records(lookup: Lookup, insight: Insight | None, *, late: bool = False) -> list[Due]:
    """Judge the records of `lookup`; those that had to be judged without it, once more.

    A decision is a person's word: what has one keeps the verdict that it was decided on.
    """
    healable = Q(state=RecordState.FAILED, decision="") if lookup.is_answered else Q(pk__in=())
    records = NumberInsightRecord.objects.select_for_update(no_key=True).filter(lookup=lookup)
    records = records.filter(Q(state=RecordState.WAITING) | healable).order_by("pk")
    grounds = _grounds(lookup, insight, late=late)
    due: list[Due] = []
    for record in records:
        if grounds is not None:
            record.cost = judging.cost_of(lookup, record)
            judging.settle(record, grounds(record))
        elif lookup.state == LookupState.SKIPPED:
            record.state, record.lookup = RecordState.QUEUED, None
            record.save(update_fields=["state", "lookup"])
            due.append(Due(record_id=record.pk, after=timedelta(0)))
        elif record.note != lookup.error:
            record.note = lookup.error
            record.save(update_fields=["note"])
    return due


def _grounds(
    lookup: Lookup, insight: Insight | None, *, late: bool
) -> Callable[[NumberInsightRecord], judging.Grounds] | None:
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


def preview(record: NumberInsightRecord) -> Judgement:
    """Return what is known about an unsaved `record` already, asking nobody."""
    return judging.consider(record, _known_grounds(record))[0]


def refuse(record: NumberInsightRecord) -> None:
    """Settle a record that was turned away in the form; runs inside the caller's transaction."""
    judging.settle(record, _known_grounds(record))
    record.state = RecordState.REFUSED
    record.save(update_fields=["state"])


def _known_grounds(record: NumberInsightRecord) -> judging.Grounds:
    question = planning.plan_for(record).question
    known = lookups.fresh(question, provider=loading.DEFAULT_PROVIDER) if question else None
    if known is None or known.insight is None:
        return judging.local_grounds(record, Basis.FREE)
    return judging.answer_grounds(known, Insight.from_json(known.insight), Basis.REUSED)


def absorb(lookup_id: int, body: bytes) -> None:
    """Take in what was posted to the webhook of a lookup. Duplicates and late ones do no harm.

    Raise `Lookup.DoesNotExist` for a lookup that is gone, and `BadCallback` for a body that is
    no answer.
    """
    lookup = Lookup.objects.get(pk=lookup_id)
    try:
        insight = loading.provider(lookup.provider).read_callback(body)
    except exceptions.IntermediateCallback:
        return
    except exceptions.ProviderError as error:
        _absorb_refusal(lookup, error)
        return
    if _is_another_ones(lookup, insight):
        logger.error("Lookup %s: a callback for another request came to it.", lookup.pk)
        Lookup.objects.filter(pk=lookup.pk).update(conflict=True)
        return
    conclude(lookup.pk, insight, HEALED_BY_CALLBACK)


def _is_another_ones(lookup: Lookup, insight: Insight) -> bool:
    if insight.number and insight.number != lookup.number:
        return True
    known = lookup.request_id
    return bool(known and insight.request_id and insight.request_id[:64] != known)


def _absorb_refusal(lookup: Lookup, error: exceptions.ProviderError) -> None:
    with transaction.atomic():
        kept = outcomes.keep_refusal(lookup.pk, error, HEALED_BY_CALLBACK)
        if kept is not None:
            _settle_records(kept, None)


def durably(work: Callable[[], T]) -> T:
    """Do what saves something paid for, again and again on fresh connections for half a minute.

    Inside somebody's transaction it is done once: a new connection would not be in it.
    """
    for pause in SAVE_PAUSES if not connection.in_atomic_block else ():
        try:
            return work()
        except (OperationalError, InterfaceError) as error:
            logger.warning("Saving failed and is tried again: %s.", type(error).__name__)
            connection.close()
            time.sleep(pause)
    return work()
