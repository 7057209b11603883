"""Settling: an outcome is saved, and all who waited for it are judged, in one transaction."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Q

from number_insight import judging, lookups, outcomes
from number_insight.choices import Basis, LookupState, RecordState
from number_insight.insight import NUMBER_REFUSED, Insight
from number_insight.models import Lookup, NumberInsightRecord

T = TypeVar("T")
logger = logging.getLogger("number_insight.settling")

SAVE_PAUSES = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 14.0)
"""Seconds between the tries to save an answer that was paid for: half a minute in all."""


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
        settle_records(lookup, insight)
    return True


def settle_waiting(lookup_id: int) -> list[int]:
    """Settle the records that wait for a lookup which will not answer them any more.

    It takes the lock that joining and saving take, so it sees every waiter. Return the records
    that are back in the queue, since nothing was asked for them.
    """
    with transaction.atomic():
        lookup = Lookup.objects.select_for_update(no_key=True).filter(pk=lookup_id).first()
        if lookup is None:
            return []
        insight = Insight.from_json(lookup.insight) if lookup.insight else None
        return settle_records(lookup, insight, late=True)


def settle_records(lookup: Lookup, insight: Insight | None, *, late: bool = False) -> list[int]:
    """Judge the records of `lookup`; those that had to be judged without it, once more.

    A decision is a person's word: what has one keeps the verdict that it was decided on.
    """
    healable = Q(state=RecordState.FAILED, decision="") if lookup.is_answered else Q(pk__in=())
    records = NumberInsightRecord.objects.select_for_update(no_key=True).filter(lookup=lookup)
    records = records.filter(Q(state=RecordState.WAITING) | healable).order_by("pk")
    grounds = _grounds(lookup, insight, late=late)
    again: list[int] = []
    for record in records:
        if grounds is not None:
            record.cost = judging.cost_of(lookup, record)
            judging.settle(record, grounds(record))
        elif lookup.state == LookupState.SKIPPED:
            record.state, record.lookup = RecordState.QUEUED, None
            record.save(update_fields=["state", "lookup"])
            again.append(record.pk)
        elif record.note != lookup.error:
            record.note = lookup.error
            record.save(update_fields=["note"])
    return again


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
