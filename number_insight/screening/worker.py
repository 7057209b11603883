"""The worker: one batch of records, from the queue to their verdicts.

It takes a batch (one transaction), puts the questions (no transaction), and saves what comes back
(one transaction). Nothing here waits, retries or sleeps, except for the saving of an answer that
has been paid for; what is due next is returned, and the caller rings for it.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from django.core.exceptions import ImproperlyConfigured
from django.db.models import QuerySet
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from number_insight.exceptions import DeferredErrors, place
from number_insight.lookups import claims, outcomes
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.models.choices import RecordState
from number_insight.screening import batch, purchase, settlement
from number_insight.screening.batch import Batch
from number_insight.screening.purchase import Due
from number_insight.transactions import LOST_CONNECTIONS

logger = logging.getLogger("number_insight.screening.worker")

FAULT = "This signup could not be screened yet: a fault of ours; the log has it."
AT_ONCE = timedelta(0)
SOON = timedelta(seconds=1)


@sensitive_variables()
def screen(record_id: int, *, limit: int = 1) -> list[Due]:
    """Bring one record to a verdict, or to the lookup that it waits for; return what is due next.

    Others in the queue are taken along, up to `limit` in all. A fault in one of them is left to
    its own task.
    """
    rows = NumberInsightRecord.objects.filter(pk=record_id)
    record = rows.only("state", "lookup", "created_at").first()
    if record is None or record.is_settled:
        return _run(_take(None, limit)) if limit > 1 else []
    if record.state == RecordState.WAITING:
        return _go_on(record, limit)
    taken = Batch()
    with _answering_for(record):
        taken = _take(record_id, limit)
    return _run(taken)


def _go_on(record: NumberInsightRecord, limit: int) -> list[Due]:
    """Advance the lookup of a waiting record, and screen a batch of the others."""
    due: list[Due] = []
    errors = DeferredErrors()
    if limit > 1:
        with errors.deferred():
            due += _run(_take(None, limit))
    with errors.deferred(), _answering_for(record):
        due += _advance(record)
    errors.raise_first()
    return due


def _take(record_id: int | None, limit: int) -> Batch:
    """Take a batch; if one of the others makes trouble, the record alone."""
    if limit > 1:
        try:
            return batch.take(record_id, limit=limit)
        except Exception as error:  # the record that it is comes to light when each comes alone
            logger.warning("A batch is screened one by one: %s.", place(error))
    return batch.take(record_id)


def _run(taken: Batch) -> list[Due]:
    """Put the questions of a batch, and advance the lookups that its other records wait for."""
    due = [Due(record_id=record.pk, after=SOON) for record in taken.again]
    errors = DeferredErrors()
    with errors.deferred():
        due += purchase.buy(taken.claims)
    for records in _by_lookup(taken.waiting):
        with errors.deferred(), _answering_for(records[0]):
            due += _advance_lookup(records)
    errors.raise_first()
    return due


def _by_lookup(records: Sequence[NumberInsightRecord]) -> list[list[NumberInsightRecord]]:
    found: dict[int | None, list[NumberInsightRecord]] = defaultdict(list)
    for record in records:
        found[record.lookup_id].append(record)
    return list(found.values())


def _advance(record: NumberInsightRecord) -> list[Due]:
    if record.lookup_id:
        return _advance_lookup([record])
    # Its lookup was deleted under it: it starts over.
    waiting = NumberInsightRecord.objects.filter(pk=record.pk, state=RecordState.WAITING)
    waiting.update(state=RecordState.QUEUED, lookup=None)
    return _run(batch.take(record.pk))


def _advance_lookup(records: Sequence[NumberInsightRecord]) -> list[Due]:
    """Ask the question that `records` wait for if it is due; else settle them, or say when."""
    lookup_id = records[0].lookup_id
    assert lookup_id is not None
    claim = claims.claim(lookup_id)
    if claim is not None:
        return purchase.buy([claim])
    again = settlement.settle_waiting(lookup_id)
    if again:
        return [Due(record_id=pk, after=AT_ONCE) for pk in again]
    ours = {record.pk for record in records}
    lookups = Lookup.objects.filter(pk=lookup_id)
    return [due for found in lookups for due in purchase.retry_of(found) if due.record_id in ours]


@contextmanager
def _answering_for(record: NumberInsightRecord) -> Iterator[None]:
    """Note on `record` a fault that stops it; after a day of tries it is put before a person.

    A fault of the settings is noted and raises nothing.
    """
    try:
        yield
    except ImproperlyConfigured as error:
        logger.error("Record %s is not screened yet: %s", record.pk, error)
        _note(record, str(error))
    except LOST_CONNECTIONS:
        raise
    except Exception as error:  # our own bug: tried again for a day, but not for ever
        if timezone.now() - record.created_at < outcomes.GIVE_UP_AFTER:
            _note(record, FAULT)
            raise
        logger.error("Record %s could not be screened for a day (%s).", record.pk, place(error))
        if _open(record).exists():
            settlement.hand_over(record.pk)


def _note(record: NumberInsightRecord, reason: str) -> None:
    """Say on the record what is in its way; no batch takes it along any more."""
    _open(record).update(note=reason[:300])


def _open(record: NumberInsightRecord) -> QuerySet[NumberInsightRecord]:
    """Find the record while it has no verdict: it may have got one before something went wrong."""
    open_states = (RecordState.QUEUED, RecordState.WAITING)
    return NumberInsightRecord.objects.filter(pk=record.pk, state__in=open_states)
