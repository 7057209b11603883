"""Keeping the daily tally: the sweep counts each day once, and again while it may change."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Min

from number_insight import clock
from number_insight.conf import app_settings
from number_insight.exceptions import place
from number_insight.models import DailyTally, DecisionEvent, NumberInsightRecord
from number_insight.models.tallies import TallyKind
from number_insight.overview import counting
from number_insight.transactions import lock_or_create

logger = logging.getLogger("number_insight.overview.keeping")

PATIENCE = 10.0
"""Seconds after which a sweep leaves the other days to the next one."""
MOST_DAYS = 1830
"""Days that are counted at most, back from today: five years."""
OPEN_FOR = timedelta(days=90)
"""The age up to which a day is counted again; less if ``RETENTION`` is shorter."""
AGAIN_AFTER = timedelta(hours=6)
"""The age of a count from which an earlier day is counted again."""
OVERLAP = timedelta(minutes=1)
"""Decisions are looked for from so long before the last count: they may be committed late."""
RECORDS_A_MINUTE = 10_000
"""A day of so many records is counted once a minute at most; one of twice as many, every other."""

Kept = Mapping[date, tuple[datetime, int]]
"""The moment at which each day was counted, and the number of its records."""


def keep(*, patience: float = PATIENCE) -> int:
    """Count the days that may have changed, the newest first; return their number.

    It ends after `patience` seconds, and the next sweep goes on. A fault is logged: a tally must
    not keep a sweep from its work.
    """
    counted, end = 0, time.monotonic() + patience
    try:
        kept = _kept()
        for day in _due(kept):
            recount(day, is_new=day not in kept)
            counted += 1
            if time.monotonic() > end:
                break
    except Exception as error:
        logger.error("The daily tally could not be kept: %s.", place(error))
    return counted


def _kept() -> Kept:
    rows = DailyTally.objects.filter(kind=TallyKind.DAY)
    found = rows.values_list("day", "tallied_at", "count")
    return {day: (tallied_at, count) for day, tallied_at, count in found if tallied_at}


def _due(kept: Kept) -> Iterator[date]:
    """Yield the days to be counted, in the order of their weight.

    They are the last two, those of which somebody has decided since, missing ones, and those whose
    count is old.
    """
    today, now = clock.today(), clock.stored(clock.now())
    newest = (today, today - timedelta(days=1))
    for day in newest:
        tallied_at, count = kept.get(day, (None, 0))
        pause = timedelta(minutes=count // RECORDS_A_MINUTE)
        if tallied_at is None or now - tallied_at >= pause:
            yield day
    yield from sorted(_decided_since(kept) - {*newest}, reverse=True)
    for days in range(2, (today - _first_day(today)).days + 1):
        if today - timedelta(days=days) not in kept:
            yield today - timedelta(days=days)
    since = today - min(app_settings.RETENTION or OPEN_FOR, OPEN_FOR)
    old = sorted((at, day) for day, (at, _count) in kept.items() if since <= day < newest[1])
    yield from (day for at, day in old if now - at >= AGAIN_AFTER)


def _decided_since(kept: Kept) -> set[date]:
    """Return the days, counted before, whose records or decisions somebody has changed since."""
    if not kept:
        return set()
    since = max(at for at, _count in kept.values()) - OVERLAP
    events = DecisionEvent.objects.filter(at__gte=since).values("record")
    rows = DecisionEvent.objects.filter(record__in=events).order_by()
    moments = {at for pair in rows.values_list("record__created_at", "at") for at in pair}
    return {clock.local(at).date() for at in moments} & kept.keys()


def _first_day(today: date) -> date:
    """Return the day of the oldest record, or the oldest day that is ever counted."""
    oldest = NumberInsightRecord.objects.aggregate(oldest=Min("created_at"))["oldest"]
    day = clock.local(oldest).date() if oldest else today
    return max(day, today - timedelta(days=MOST_DAYS))


def recount(day: date, *, is_new: bool = False) -> None:
    """Count `day`, and replace its figures if they have changed; `is_new` if there are none yet.

    Nothing is locked while it counts. Of two sweeps at once, the count that began later stays.
    """
    began = clock.stored(clock.now())
    total, *figures = counting.count(day)
    if is_new and _insert(total, figures, began):
        return
    with transaction.atomic():
        rows = DailyTally.objects.filter(day=day)
        (marker,) = lock_or_create(rows.filter(kind=TallyKind.DAY), [total], key="day")
        if marker.tallied_at is not None and marker.tallied_at >= began:
            return
        stored = rows.exclude(kind=TallyKind.DAY)
        if not _is_same(list(stored), figures):
            stored.delete()
            DailyTally.objects.bulk_create(figures)
        marker.count, marker.tallied_at = total.count, began
        marker.save(update_fields=["count", "tallied_at"])


def _insert(total: DailyTally, figures: list[DailyTally], began: datetime) -> bool:
    """Insert the figures of a day; return False if another sweep has done so."""
    total.tallied_at = began
    try:
        with transaction.atomic():
            DailyTally.objects.bulk_create([total, *figures])
    except IntegrityError:
        total.tallied_at = None
        return False
    return True


def _is_same(stored: list[DailyTally], figures: list[DailyTally]) -> bool:
    by_key = {row.figures[:5]: row.figures for row in stored}
    return by_key == {row.figures[:5]: row.figures for row in figures}
