"""Records of days gone by, and the tally of a day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from number_insight import clock
from number_insight.models import DailyTally, NumberInsightRecord
from number_insight.testing import RecordFactory

DAY = timedelta(days=1)


def record(ago: timedelta = timedelta(0), **facts: Any) -> NumberInsightRecord:
    """Return a stored record that was made `ago` before now."""
    made: NumberInsightRecord = RecordFactory(**facts)
    return moved(made, timezone.now() - ago)


def moved(row: Any, at: datetime) -> Any:
    """Return `row` as if it had been made `at` this moment."""
    type(row).objects.filter(pk=row.pk).update(created_at=at)
    row.refresh_from_db()
    return row


def days_ago(days: int) -> date:
    return clock.today() - days * DAY


def tally(kind: str, *, day: date | None = None) -> dict[tuple[str, str], tuple[int, int, int]]:
    """Return count, refused and released of each name and detail of a day, by default today."""
    rows = DailyTally.objects.filter(day=day or clock.today(), kind=kind)
    return {
        (row.name, row.detail): (row.count, row.refused, row.released)
        for row in rows.order_by("name", "detail")
    }
