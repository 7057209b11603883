"""The sweep keeps the daily tally: it counts each day once, and again while it may change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from number_insight import clock, reviewing
from number_insight.models import DailyTally, NumberInsightRecord
from number_insight.overview import counting, keeping
from number_insight.screening import sweeps
from number_insight.testing import RiskFlagFactory
from tests.overview.days import DAY, days_ago, record, tally

pytestmark = pytest.mark.django_db


def test_a_decision_about_an_old_record_is_counted_with_the_next_sweep() -> None:
    ana = User.objects.create_user("ana")
    made = record(100 * DAY, verdict="review")
    keeping.keep()
    assert reviewing.refuse(made, user=ana, reason="no")
    keeping.keep()
    assert tally("signup", day=days_ago(100)) == {("review", ""): (1, 1, 0)}
    assert tally("decision") == {(str(ana.pk), ""): (1, 1, 0)}
    assert reviewing.reopen(made, user=ana)
    keeping.keep()
    assert tally("signup", day=days_ago(100)) == {("review", ""): (1, 0, 0)}
    assert tally("decision") == {}


def test_days_before_the_installation_are_made_once_from_the_records() -> None:
    for days in (0, 3, 30, 400):
        record(days * DAY, verdict="review")
    while keeping.keep() > 2:  # a slow machine may take more than one sweep
        pass
    assert DailyTally.objects.filter(kind="day").count() == 401
    for days in (0, 3, 30, 400):
        assert tally("signup", day=days_ago(days)) == {("review", ""): (1, 0, 0)}
    assert tally("signup", day=days_ago(5)) == {}
    before = DailyTally.objects.filter(day__lt=days_ago(2)).values_list("pk", "tallied_at")
    kept = list(before.order_by("pk"))
    sweeps.sweep()
    assert list(before.order_by("pk")) == kept


def test_work_that_takes_long_is_left_to_the_next_sweep() -> None:
    record(20 * DAY)
    assert keeping.keep(patience=0) == 1
    assert keeping.keep(patience=0) == 1
    assert DailyTally.objects.filter(kind="day").count() == 1  # today is counted again each time
    assert keeping.keep() == 21
    assert keeping.keep() == 2


def test_the_tally_outlives_the_retention_and_the_records() -> None:
    made = record(95 * DAY, verdict="review", decision="refused")
    RiskFlagFactory(record=made)
    sweeps.sweep()
    expected = tally("flag", day=days_ago(95))
    assert expected == {("virtual", ""): (1, 1, 0)}
    call_command("number_insight_purge", verbosity=0)
    NumberInsightRecord.objects.all().delete()
    DailyTally.objects.update(tallied_at=timezone.now() - DAY)
    sweeps.sweep()
    assert tally("flag", day=days_ago(95)) == expected


def test_a_day_that_may_still_change_is_counted_again() -> None:
    made = record(10 * DAY)
    keeping.keep()
    NumberInsightRecord.objects.update(verdict="review")
    keeping.keep()
    assert tally("signup", day=days_ago(10)) == {("allow", ""): (1, 0, 0)}
    DailyTally.objects.update(tallied_at=timezone.now() - keeping.AGAIN_AFTER)
    keeping.keep()
    assert tally("signup", day=days_ago(10)) == {("review", ""): (1, 0, 0)}
    assert made.pk


def test_counting_again_changes_nothing_that_has_not_changed() -> None:
    RiskFlagFactory(record=record(verdict="review"))
    keeping.keep()
    rows = DailyTally.objects.exclude(kind="day").order_by("pk")
    before = list(rows.values())
    keeping.keep()
    assert list(rows.values()) == before


@pytest.mark.parametrize("is_new", [False, True])
def test_of_two_sweeps_at_once_the_later_count_stays(
    is_new: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first one has counted, and waits while the other one counts and writes."""
    record()
    count: Callable[[date], Any] = counting.count

    def slowly(day: date) -> Any:
        found = count(day)
        monkeypatch.setattr(counting, "count", count)
        record()
        keeping.recount(day, is_new=is_new)
        return found

    monkeypatch.setattr(counting, "count", slowly)
    keeping.recount(clock.today(), is_new=is_new)
    assert tally("signup") == {("allow", ""): (2, 0, 0)}


def test_a_large_day_is_counted_less_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "RECORDS_A_MINUTE", 2)
    record()
    assert keeping.keep() == 2
    record()
    assert keeping.keep() == 2  # one record: at once
    record()
    assert keeping.keep() == 1  # two of them: not within the minute
    assert tally("signup") == {("allow", ""): (2, 0, 0)}


def test_a_fault_is_logged_and_keeps_no_sweep_from_its_work(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_day: date) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(counting, "count", fail)
    assert sweeps.sweep() == 0
    assert "The daily tally could not be kept: ZeroDivisionError" in caplog.text


def test_an_idle_sweep_reads_little_of_it() -> None:
    record(40 * DAY)
    keeping.keep()
    with CaptureQueriesContext(connection) as captured:
        assert keeping.keep() == 2
    assert len(captured) <= 34  # sixteen a day, and those to find the days
