"""The Celery tasks, and the sweep that finds what no message was sent for.

The database is the outbox. A message carries one primary key, as a hint; losing it costs time,
never a screening.
"""

from __future__ import annotations

import atexit
import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from celery import current_app, shared_task
from django.db.models import F
from django.utils import timezone

from number_insight.exceptions import Unfinished, place
from number_insight.lookups import expiry
from number_insight.models import Heartbeat, NumberInsightRecord
from number_insight.models.choices import LookupState, RecordState
from number_insight.screening import settlement, worker
from number_insight.screening.batch import BATCH_SIZE
from number_insight.screening.bell import Bell
from number_insight.screening.purchase import Due
from number_insight.verdicts import announcing

logger = logging.getLogger("number_insight.screening.tasks")

GRACE = timedelta(seconds=30)
"""How long the sweep leaves a record to the bell that was rung for it."""
SWEEP_LIMIT = 500
"""Records of one kind that one sweep brings on their way."""
SWEEP = "sweep"
LONGEST_COUNTDOWN = timedelta(seconds=60)


@shared_task(name="number_insight.screen", ignore_result=True)
def screen_record(record_id: int, **_ignored: Any) -> None:
    """Screen one record; the key is a hint, and a second delivery does no harm."""
    try:
        due = worker.screen(record_id, limit=BATCH_SIZE)
    except Exception as error:
        failure = Unfinished(f"Record {record_id} could not be screened: {place(error)}.")
    else:
        ring_for(due)
        return
    # Celery logs what is raised, and a database's own words quote the row with the number.
    raise failure


@shared_task(name="number_insight.sweep", ignore_result=True)
def sweep_task(**_ignored: Any) -> int:
    """Ring again for what is due; put it into your beat schedule, every minute or so."""
    return sweep(grace=GRACE)


def _publish(record_id: int, after: timedelta) -> None:
    # With retry=False kombu waits through its own reconnects instead: six seconds.
    options: dict[str, Any] = {"retry_policy": {"max_retries": 0}}
    if after:
        options["countdown"] = after.total_seconds()
    screen_record.apply_async((record_id,), **options)


def _connect() -> None:
    with current_app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1)


bell = Bell(_publish, _connect)
atexit.register(bell.finish)


def ring_for(due: Iterable[Due]) -> None:
    """Ring for what is due soon; what is due later is the sweep's."""
    for item in due:
        if item.after <= LONGEST_COUNTDOWN:
            bell.ring(item.record_id, after=max(item.after, timedelta(0)))


def sweep(*, grace: timedelta = timedelta(0), inline: bool = False) -> int:
    """Bring everything on its way that is due; return how many records were rung or screened.

    With `inline` the work is done here and now, so that a small site needs no broker.
    """
    Heartbeat.objects.update_or_create(name=SWEEP, defaults={"at": timezone.now()})
    for lookup_id in expiry.expire():
        settlement.settle_waiting(lookup_id)
    announcing.announce(_untold(grace))
    record_ids = _due_records(grace)
    return _screen_inline(record_ids) if inline else _ring_anyway(record_ids)


def _screen_inline(record_ids: list[int]) -> int:
    for record_id in record_ids:
        try:
            worker.screen(record_id, limit=BATCH_SIZE)
        except Exception as error:  # one poisoned record must not keep the others waiting
            logger.error("Record %s could not be screened: %s.", record_id, place(error))
    return len(record_ids)


def _ring_anyway(record_ids: list[int]) -> int:
    """Ring for each until the bell fails; the sweep is never silenced by what failed before."""
    bell.unmute()
    return sum(1 for record_id in record_ids if bell.ring(record_id))


def _due_records(grace: timedelta) -> list[int]:
    """Return the records that nobody works on though somebody should, the oldest first."""
    rows = NumberInsightRecord.objects.filter(created_at__lte=timezone.now() - grace)
    queued = rows.filter(state=RecordState.QUEUED)
    waiting = rows.filter(state=RecordState.WAITING)
    busy = (LookupState.CALLING, LookupState.SUBMITTED)
    paused = waiting.filter(
        lookup__state=LookupState.QUEUED, lookup__next_try_at__gt=timezone.now() - grace
    )
    idle = waiting.exclude(lookup__state__in=busy).exclude(pk__in=paused.values("pk"))
    found = [*queued.order_by("pk").values_list("pk", flat=True)[:SWEEP_LIMIT]]
    found += idle.order_by("pk").values_list("pk", flat=True)[:SWEEP_LIMIT]
    return found


def _untold(grace: timedelta) -> list[int]:
    rows = NumberInsightRecord.objects.exclude(verdict=F("announced_verdict"))
    rows = rows.filter(screened_at__lte=timezone.now() - grace)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:SWEEP_LIMIT])
