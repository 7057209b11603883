"""Live findings: told apart while a person has to decide, and merged into one after that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from number_insight.models import NumberInsightRecord, RiskFlag
from number_insight.rules.live import merged
from number_insight.transactions import lock, retry_deadlock

BATCH = 500
"""The records whose findings are merged in one transaction, and in one sweep."""


def merge_all() -> int:
    """Merge the findings of all records whose time is over; return the number of records."""
    total = 0
    while count := merge_due():
        total += count
    return total


@retry_deadlock
def merge_due(limit: int = BATCH) -> int:
    """Merge the findings of up to `limit` records whose time is over; return their number."""
    over = NumberInsightRecord.objects.filter(live_until__lte=timezone.now())
    ids = list(over.order_by("live_until").values_list("pk", flat=True)[:limit])
    if not ids:
        return 0
    with transaction.atomic():
        # A record that was judged anew, or whose decision was undone, has more time.
        locked = [record.pk for record in lock(over.filter(pk__in=ids))]
        merge(locked)
        NumberInsightRecord.objects.filter(pk__in=locked).update(live_until=None)
    return len(ids)


def merge(record_ids: Iterable[int]) -> None:
    """Merge the live flags of each of these records, inside the caller's transaction.

    One flag is left of them, with the code `live` and the sum of the weights that count.
    """
    rows = RiskFlag.objects.filter(record__in=list(record_ids), live=True).order_by("pk")
    by_record: dict[int, list[RiskFlag]] = defaultdict(list)
    for flag in rows:
        by_record[flag.record_id].append(flag)
    RiskFlag.objects.filter(
        pk__in=[flag.pk for live in by_record.values() for flag in live]
    ).delete()
    RiskFlag.objects.bulk_create(_merged(pk, live) for pk, live in by_record.items())


def _merged(record_id: int, live: list[RiskFlag]) -> RiskFlag:
    flag = merged(live)
    return RiskFlag(
        record_id=record_id,
        code=flag.code,
        weight=flag.weight,
        counted=flag.counted,
        shadow=flag.shadow,
        message=flag.message,
    )
