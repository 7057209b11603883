"""The queue is read by its own index, however many records are done with."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import Count

from number_insight import reviewing
from number_insight.models import NumberInsightRecord
from number_insight.privacy import live
from number_insight.testing import RecordFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def records() -> None:
    """Many records that are done with, and a few that wait."""
    allowed = RecordFactory.build_batch(3000, verdict="allow")
    waiting = RecordFactory.build_batch(30, verdict="review", score=40)
    NumberInsightRecord.objects.bulk_create([*allowed, *waiting])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def plan_of(rows: Any) -> str:
    return str(rows.explain())


def test_the_next_case_of_a_lane_is_found_by_the_index() -> None:
    user = User.objects.create_user("ana")
    rows = reviewing.available(user, "risk").order_by("-score", "pk")[:1]
    assert "ni_record_queue" in plan_of(rows)


def test_the_lanes_are_counted_by_the_index() -> None:
    waiting = NumberInsightRecord.objects.awaiting_review().order_by()
    assert "ni_record_queue" in plan_of(waiting.values("lane").annotate(count=Count("pk")))


def test_the_sweep_finds_by_indexes_what_is_over() -> None:
    user = User.objects.create_user("ana")
    assert "ni_record_second" in plan_of(reviewing.second_looks(user)[:1])
    assert live.merge_due() == 0
    over = NumberInsightRecord.objects.filter(live_until__lte="2026-01-01T00:00Z")
    assert "ni_record_live" in plan_of(over.order_by("live_until").values_list("pk")[:500])
