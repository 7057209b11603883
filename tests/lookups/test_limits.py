"""Pace, the kill switch, and the limits of each source keep the asking within bounds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from number_insight import exceptions
from number_insight.lookups import circuits, limits, switches
from number_insight.models import Lookup, Usage
from number_insight.providers.fake import Fake
from tests.lookups.crowd import bases, numbers
from tests.support.stage import CLEAN, VIRTUAL, asking, screened, work_off

pytestmark = pytest.mark.django_db


VISITOR = "81.2.69.142"


NEIGHBOUR = "81.2.69.160"


@pytest.mark.parametrize(
    ("kind", "ips", "expected"),
    [
        ("ip", [VISITOR] * 3, ["answer", "answer", "limit"]),
        ("ip", [VISITOR, VISITOR, NEIGHBOUR], ["answer", "answer", "answer"]),
        ("network", [VISITOR, VISITOR, NEIGHBOUR], ["answer", "answer", "limit"]),
        ("ip", ["2a00:1450::1", "2a00:1450::2", "2a00:1450::9:3"], ["answer", "answer", "limit"]),
        ("ip", ["2a00:1450::1", "2a00:1450::2", "2a00:1450:0:1::1"], ["answer"] * 3),
        ("ip", ["2a00:1450::1%a", "2a00:1450::1%b", "2a00:1450::1"], ["answer", "answer", "limit"]),
        (
            "network",
            ["2a00:1450::1", "2a00:1450:0:7::1", "2a00:1450:0:ffff::1"],
            ["answer", "answer", "limit"],
        ),
        ("network", ["2a00:1450::1", "2a00:1450::2", "2a00:1450:1::1"], ["answer"] * 3),
    ],
)
def test_one_source_causes_no_more_lookups_than_its_limit(
    kind: str, ips: list[str], expected: list[str]
) -> None:
    with asking(LIMITS={kind: "2/day"}):
        for number, ip in zip(numbers(3), ips, strict=True):
            screened(number, ip=ip)
    assert bases() == expected
    assert len(Fake.asked) == expected.count("answer")


def test_a_reached_limit_is_told_to_the_reviewer_and_costs_nothing() -> None:
    with asking(LIMITS={"ip": "1/day"}):
        first, second = (screened(number, ip=VISITOR) for number in numbers(2))
    assert (second.verdict, second.lane, second.state) == ("review", "budget", "failed")
    assert second.note == "Too many lookups for one ip: LIMITS allows 1/day."
    assert second.lookup is None
    assert first.verdict == "allow"


def test_an_unknown_address_is_no_source() -> None:
    with asking(LIMITS={"ip": "1/day", "network": "1/day"}):
        for number in numbers(3):
            screened(number, ip="10.0.0.1")
    assert bases() == ["answer"] * 3


def test_a_block_of_a_hundred_numbers_is_one_source() -> None:
    with asking(LIMITS={"block": "1/day"}):
        screened(CLEAN)
        assert screened("+46701740616").basis == "limit"
        assert screened("+46701740716").basis == "answer"


def test_joining_and_reusing_count_against_no_limit() -> None:
    with asking(LIMITS={"number": "1/day"}):
        for _ in range(3):
            screened(CLEAN)
    assert bases() == ["answer", "reused", "reused"]


def test_sources_are_kept_as_hashes_alone() -> None:
    screened(CLEAN, ip=VISITOR, under=asking())
    kept = " ".join(Usage.objects.values_list("key", flat=True))
    assert kept.count(":") == 8
    assert CLEAN not in kept
    assert VISITOR not in kept


@pytest.mark.parametrize("limit", ["", "20", "x/day", "-1/day", "20/week", "1.5/day"])
def test_what_is_no_limit_is_refused(limit: str) -> None:
    with pytest.raises(ValueError, match="is no limit"):
        limits.parse(limit)


def test_turns_are_a_tenth_further_apart_than_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circuits.time, "time", lambda: 1_800_000_000.0)
    with asking(THROUGHPUT=10):
        one, many, none = (
            circuits.take_turns("default", count, within=timedelta(seconds=1))
            for count in (1, 20, 1)
        )
    assert one.delays == [timedelta(0)]
    assert many.delays == [timedelta(milliseconds=250 + 110 * place) for place in range(7)]
    assert none.delays == []
    assert many.following == none.following == timedelta(seconds=1.02)


def test_a_record_that_would_wait_too_long_for_its_turn_goes_back_to_the_queue() -> None:
    with asking(THROUGHPUT=0.5):
        first, second = screened(numbers(1)[0]), screened(VIRTUAL)
    assert (first.basis, second.state) == ("answer", "waiting")
    assert (first.level, second.level) == ("advanced", "auto")
    assert second.note == "Many numbers wait; this one has its turn soon."
    assert len(Fake.asked) == 1


def test_the_switch_in_the_admin_stops_all_buying() -> None:
    switches.turn_lookups(False, reason="An attack.")
    record = screened(under=asking())
    assert (record.basis, record.verdict, record.lane) == ("disabled", "review", "no_answer")
    assert Fake.asked == []


def test_what_was_queued_before_the_switch_waits_for_it() -> None:
    record = screened(under=asking({CLEAN: exceptions.Busy("busy")}))
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
