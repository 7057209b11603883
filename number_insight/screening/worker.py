"""The worker: one batch of records, from the queue to their verdicts.

It takes a batch (one transaction), makes the calls (no transaction), and saves the outcomes as they
arrive (one transaction for each group). It waits for the rate limit, for the answers, and to save
a paid answer again; other retries are returned, and the caller rings for them.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from number_insight import loading
from number_insight.exceptions import DeferredErrors, place
from number_insight.lookups import claims, outcomes
from number_insight.lookups.claims import Claim
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.models.choices import UNFINISHED_STATES, RecordState
from number_insight.screening import batch, coverage, purchase, settlement, shadow
from number_insight.screening.batch import Batch
from number_insight.screening.purchase import Due
from number_insight.transactions import LOST_CONNECTIONS

logger = logging.getLogger("number_insight.screening.worker")

FAULT = "This signup could not be screened yet: a fault of ours; the log has it."
AT_ONCE = timedelta(0)
SOON = timedelta(seconds=1)


@sensitive_variables()
def screen(record_id: int, *, limit: int = 1) -> list[Due]:
    """Screen one record and others from the queue, up to `limit` in all; return their retries.

    Each record gets its verdict, or waits for a lookup. A record that waits already comes on top of
    `limit`. A fault in one of the others is left to its own task.
    """
    rows = NumberInsightRecord.objects.filter(pk=record_id)
    record = rows.only("state", "lookup", "created_at").first()
    if record is not None and record.is_settled:
        shadow.ask_about_posted(record_id)
    if record is None or record.is_settled:
        return _run(_take(None, limit)) if limit > 1 else []
    if record.state == RecordState.WAITING:
        return _resume(record, limit)
    taken = Batch()  # stays empty if the fault is noted and not raised
    with _noting_faults(record):
        taken = _take(record_id, limit)
    return _run(taken)


def _resume(record: NumberInsightRecord, limit: int) -> list[Due]:
    """Screen a batch from the queue, and advance the lookup of a waiting record."""
    due: list[Due] = []
    errors = DeferredErrors()
    if limit > 1:
        with errors.deferred():
            due += _run(_take(None, limit))
    with errors.deferred(), _noting_faults(record):
        due += _advance(record)
    errors.raise_first()
    return due


def _take(record_id: int | None, limit: int) -> Batch:
    """Take a batch from the queue; if that fails, its own record alone."""
    if limit > 1:
        try:
            return batch.take(record_id, limit=limit)
        except Exception as error:  # the faulty record is found when each is taken alone
            logger.warning("A batch could not be taken, only its own record is: %s.", place(error))
    return batch.take(record_id)


def _run(taken: Batch) -> list[Due]:
    """Buy the claimed lookups of a batch, and advance the ones that other records wait for."""
    due = [Due(record_id=record.pk, after=SOON) for record in taken.queued]
    errors = DeferredErrors()
    with errors.deferred():
        due += _buy(taken.claims)
    by_lookup: dict[int | None, list[NumberInsightRecord]] = defaultdict(list)
    for record in taken.waiting:
        by_lookup[record.lookup_id].append(record)
    for records in by_lookup.values():
        with errors.deferred(), _noting_faults(records[0]):
            due += _advance_lookup(records)
    errors.raise_first()
    return due


def _buy(claims: Sequence[Claim]) -> list[Due]:
    """Buy claimed lookups, and then ask the shadow about a sample; return the retries."""
    due = purchase.buy(claims, then=coverage.complete)
    shadow.ask_too([claim.lookup.pk for claim in claims])
    return due


def _advance(record: NumberInsightRecord) -> list[Due]:
    if record.lookup_id:
        return _advance_lookup([record])
    # Its lookup was deleted, so it starts over.
    waiting = NumberInsightRecord.objects.filter(pk=record.pk, state=RecordState.WAITING)
    waiting.update(state=RecordState.QUEUED, lookup=None)
    return _run(batch.take(record.pk))


def _advance_lookup(records: Sequence[NumberInsightRecord]) -> list[Due]:
    """Buy the lookup that `records` wait for if it is due; else settle them or return its retry."""
    lookup_id = records[0].lookup_id
    assert lookup_id is not None
    claim = claims.claim(lookup_id)
    if claim is not None:
        return _buy([claim])
    requeued = settlement.settle_waiting(lookup_id)
    if requeued:
        return [Due(record_id=pk, after=AT_ONCE) for pk in requeued]
    keys = {record.pk for record in records}
    lookups = Lookup.objects.filter(pk=lookup_id)
    retries = [retry for lookup in lookups for retry in purchase.retry_of(lookup)]
    return [retry for retry in retries if retry.record_id in keys]


@contextmanager
def _noting_faults(record: NumberInsightRecord) -> Iterator[None]:
    """Note an exception on `record` and raise it; after a day of retries hand over the record.

    An error in the settings is noted and not raised, a lost connection raised and not noted.
    """
    try:
        yield
    except ImproperlyConfigured as error:
        logger.error("Record %s is not screened yet: %s", record.pk, error)
        _note(record, f"{loading.MISFIT} {error}")
    except LOST_CONNECTIONS:
        raise
    except Exception as error:  # our own bug: retried for a day
        if timezone.now() - record.created_at < outcomes.GIVE_UP_AFTER:
            _note(record, FAULT)
            raise
        logger.error("Record %s could not be screened for a day (%s).", record.pk, place(error))
        settlement.hand_over(record.pk, states=UNFINISHED_STATES)


def _note(record: NumberInsightRecord, reason: str) -> None:
    """Write a note on the record, which keeps it out of the batches of other records."""
    rows = NumberInsightRecord.objects.filter(pk=record.pk, state__in=UNFINISHED_STATES)
    rows.update(note=reason[:300])
