"""The work of a message, and the sweep for records whose message was lost.

The database is the outbox. A message carries one primary key as a hint; its loss costs time, never
a screening.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from number_insight import tracing
from number_insight.conf import app_settings
from number_insight.exceptions import Unfinished, place
from number_insight.lookups import expiry
from number_insight.models import Heartbeat, NumberInsightRecord
from number_insight.models.choices import LookupState, RecordState
from number_insight.overview import keeping, review_queue
from number_insight.privacy import live
from number_insight.screening import settlement, worker
from number_insight.screening.batch import BATCH_SIZE
from number_insight.screening.bell import bell
from number_insight.screening.purchase import Due
from number_insight.verdicts import announcing

logger = logging.getLogger("number_insight.screening.sweeps")

GRACE = timedelta(seconds=30)
"""The age up to which the sweep leaves a record to its own message."""
SWEEP_LIMIT = 500
"""The highest number of records of one kind in a sweep."""
MOST_ROUNDS = 5
"""The rounds in which an inline sweep follows a record from one provider to the next."""
SWEEP = "sweep"
LONGEST_COUNTDOWN = timedelta(seconds=60)
"""The longest delay of a message; later retries are left to the sweep."""


def screen_batch(record_id: int) -> None:
    """Screen a batch with one record in it; a second delivery of its key does no harm.

    Raise `Unfinished` if that fails.
    """
    try:
        due = _screen(record_id)
    except Exception as error:
        failure = Unfinished(f"Record {record_id} could not be screened: {place(error)}.")
    else:
        ring_for(due)
        return
    # Without its cause: queues log it, and a database's message quotes the row with the number.
    raise failure


def _screen(record_id: int) -> list[Due]:
    with tracing.span("task", record=record_id):
        return worker.screen(record_id, limit=BATCH_SIZE)


def ring_for(due: Iterable[Due]) -> None:
    """Ring for the records that are due soon; later ones are left to the sweep."""
    for item in due:
        if item.after <= LONGEST_COUNTDOWN:
            bell.ring(item.record_id, after=max(item.after, timedelta(0)))


def sweep(*, grace: timedelta = timedelta(0), inline: bool = False) -> int:
    """Ring for all due records; return their number.

    With `inline`, or where ``DOORBELL`` is None, they are screened in this process instead.
    The sweep also expires lookups, announces verdicts and decisions that were not announced,
    merges live findings whose time is over, keeps the daily tally, and alerts when the review
    queue is overdue.
    """
    Heartbeat.objects.update_or_create(name=SWEEP, defaults={"at": timezone.now()})
    for lookup_id in expiry.expire():
        settlement.settle_waiting(lookup_id)
    announcing.announce(_unannounced(grace))
    announcing.announce_decisions(timezone.now() - grace, SWEEP_LIMIT)
    live.merge_due()
    record_ids = _due_records(grace)
    is_inline = inline or app_settings.DOORBELL is None
    done = _screen_inline(record_ids) if is_inline else _ring_all(record_ids)
    review_queue.alert()
    keeping.keep()
    return done


def _screen_inline(record_ids: list[int]) -> int:
    for record_id in record_ids:
        at_once = [record_id]
        for _ in range(MOST_ROUNDS):
            due = [item for key in at_once for item in _screen_safely(key)]
            at_once = [item.record_id for item in due if item.after <= timedelta(0)]
    return len(record_ids)


def _screen_safely(record_id: int) -> list[Due]:
    try:
        return _screen(record_id)
    except Exception as error:  # one faulty record must not stop the others
        logger.error("Record %s could not be screened: %s.", record_id, place(error))
        return []


def _ring_all(record_ids: list[int]) -> int:
    """Ring for each record, even after earlier failures; return the number of messages."""
    bell.unmute()
    return sum(1 for record_id in record_ids if bell.ring(record_id))


def _due_records(grace: timedelta) -> list[int]:
    """Return the keys of the unfinished records without a call under way, the oldest first."""
    rows = NumberInsightRecord.objects.filter(created_at__lte=timezone.now() - grace)
    queued = rows.filter(state=RecordState.QUEUED)
    waiting = rows.filter(state=RecordState.WAITING)
    busy = (LookupState.CALLING, LookupState.SUBMITTED)
    paused = waiting.filter(
        lookup__state=LookupState.QUEUED, lookup__next_try_at__gt=timezone.now() - grace
    )
    idle = waiting.exclude(lookup__state__in=busy).exclude(pk__in=paused.values("pk"))
    return [
        *queued.order_by("pk").values_list("pk", flat=True)[:SWEEP_LIMIT],
        *idle.order_by("pk").values_list("pk", flat=True)[:SWEEP_LIMIT],
    ]


def _unannounced(grace: timedelta) -> list[int]:
    """Return the keys of the records whose verdict is still to be announced."""
    rows = NumberInsightRecord.objects.exclude(verdict=F("announced_verdict"))
    rows = rows.filter(screened_at__lte=timezone.now() - grace)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:SWEEP_LIMIT])
