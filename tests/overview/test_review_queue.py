"""The age of the review queue is a fact of health, and an alert once a day."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from number_insight import clock, health
from number_insight.models import Heartbeat, NumberInsightRecord
from number_insight.overview import review_queue
from number_insight.screening import sweeps
from number_insight.signals import review_overdue
from number_insight.testing import RecordFactory
from tests.models import Customer
from tests.support.stage import heard

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def waiting(ago: timedelta, **facts: Any) -> NumberInsightRecord:
    """Return a stored record that has waited for a decision since `ago`."""
    subject = Customer(pk=1 + NumberInsightRecord.objects.count(), phone="+46701740605")
    made: NumberInsightRecord = RecordFactory(verdict="review", subject=subject, **facts)
    NumberInsightRecord.objects.filter(pk=made.pk).update(created_at=timezone.now() - ago)
    return made


def test_the_queue_is_counted_by_age() -> None:
    for hours in (0.5, 2, 3, 30, 100, 1000):
        waiting(hours * HOUR)
    waiting(2000 * HOUR, decision="released")
    found = review_queue.with_ages(review_queue.examine())
    assert (found.count, found.ages) == (6, (1, 2, 0, 1, 1, 1))
    assert found.age is not None
    assert round(found.age / HOUR) == 1000


def test_an_empty_queue_is_never_overdue() -> None:
    found = review_queue.with_ages(review_queue.examine())
    assert (found.count, found.age, found.is_overdue, sum(found.ages)) == (0, None, False, 0)


@pytest.mark.parametrize(
    ("target", "is_overdue"), [(2 * HOUR, True), (4 * HOUR, False), (None, False)]
)
def test_the_queue_is_measured_against_the_target(
    target: timedelta | None, is_overdue: bool, settings: Any
) -> None:
    settings.NUMBER_INSIGHT = {**settings.NUMBER_INSIGHT, "REVIEW_TARGET": target}
    waiting(3 * HOUR)
    assert review_queue.examine().is_overdue is is_overdue
    told = [problem for problem in health.examine().problems if "person's decision" in problem]
    assert bool(told) is is_overdue


def test_the_command_tells_count_age_and_target() -> None:
    waiting(5 * HOUR)
    waiting(HOUR)
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("number_insight_health", json=True, stdout=out)
    document = json.loads(out.getvalue())
    assert (document["awaiting_review"], document["review_target"]) == (2, "4:00:00")
    assert document["oldest_awaiting_since"].startswith(f"{clock.local() - 5 * HOUR:%Y-%m-%dT%H:}")
    (problem,) = (text for text in document["problems"] if "decision" in text)
    assert problem.startswith("2 signups wait for a person's decision, the oldest since ")
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("number_insight_health", stdout=out)
    assert "awaiting review   2\n" in out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_the_sweep_sends_one_signal_a_day() -> None:
    waiting(3 * HOUR)
    with heard(review_overdue) as calls:
        sweeps.sweep()
        assert calls == []
        oldest = waiting(5 * HOUR)
        oldest.refresh_from_db()
        sweeps.sweep()
        sweeps.sweep()
        assert len(calls) == 1
        Heartbeat.objects.filter(name=review_queue.ALERT).update(
            at=clock.midnight(clock.today()) - HOUR
        )
        sweeps.sweep()
    assert [call["waiting"] for call in calls] == [2, 2]
    assert {call["oldest_since"] for call in calls} == {oldest.created_at}
    assert {call["target"] for call in calls} == {4 * HOUR}
    assert {call["sender"] for call in calls} == {NumberInsightRecord}


@pytest.mark.django_db(transaction=True)
def test_a_receiver_that_raises_keeps_no_sweep_from_its_work(
    caplog: pytest.LogCaptureFixture,
) -> None:
    waiting(5 * HOUR)

    def fail(**_given: Any) -> None:
        raise ZeroDivisionError

    review_overdue.connect(fail)
    try:
        assert sweeps.sweep() == 0
    finally:
        review_overdue.disconnect(fail)
    assert "raised ZeroDivisionError" in caplog.text
