"""Pace and the kill switch keep the asking within bounds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from number_insight import exceptions
from number_insight.lookups import circuits, switches
from number_insight.models import Lookup
from number_insight.providers.fake import Fake
from tests.lookups.crowd import numbers
from tests.support.stage import CLEAN, VIRTUAL, asking, screened, work_off

pytestmark = pytest.mark.django_db


def test_turns_are_a_tenth_further_apart_than_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circuits.time, "time", lambda: 1_800_000_000.0)
    with asking(THROUGHPUT=10):
        one, _wait = circuits.take_turns("default", 1, within=timedelta(seconds=1))
        many, wait = circuits.take_turns("default", 20, within=timedelta(seconds=1))
        none, still = circuits.take_turns("default", 1, within=timedelta(seconds=1))
    assert one == [timedelta(0)]
    assert many == [timedelta(milliseconds=250 + 110 * place) for place in range(7)]
    assert (none, wait, still) == ([], timedelta(seconds=1.02), timedelta(seconds=1.02))


def test_a_record_that_would_wait_too_long_for_its_turn_goes_back_to_the_queue() -> None:
    with asking(THROUGHPUT=0.5):
        first, second = screened(numbers(1)[0]), screened(VIRTUAL)
    assert (first.basis, second.state) == ("answer", "waiting")
    assert (first.level, second.level) == ("advanced", "auto")
    assert second.note == "Many numbers wait; this one has its turn soon."
    assert len(Fake.asked) == 1


def test_the_switch_in_the_admin_stops_all_buying() -> None:
    switches.turn_lookups(False, reason="An attack.")
    with asking():
        record = screened()
    assert (record.basis, record.verdict, record.lane) == ("disabled", "review", "no_answer")
    assert Fake.asked == []


def test_what_was_queued_before_the_switch_waits_for_it() -> None:
    with asking({CLEAN: exceptions.Busy("busy")}):
        record = screened()
    switches.turn_lookups(False)
    Lookup.objects.update(next_try_at=timezone.now())
    with asking():
        work_off(record.pk)
        record.refresh_from_db()
        assert (record.state, record.note) == ("waiting", switches.SWITCHED_OFF)
        switches.turn_lookups(True)
        Lookup.objects.update(next_try_at=timezone.now())
        work_off(record.pk)
    record.refresh_from_db()
    assert record.basis == "answer"
