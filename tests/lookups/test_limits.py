"""The lookups that one source may cause are limited."""

from __future__ import annotations

import pytest

from number_insight.lookups import limits
from number_insight.models import Usage
from number_insight.providers.fake import Fake
from tests.lookups.crowd import bases, numbers
from tests.support.stage import CLEAN, asking, screened

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
    with asking():
        screened(CLEAN, ip=VISITOR)
    kept = " ".join(Usage.objects.values_list("key", flat=True))
    assert kept.count(":") == 8
    assert CLEAN not in kept
    assert VISITOR not in kept


@pytest.mark.parametrize("limit", ["", "20", "x/day", "-1/day", "20/week", "1.5/day"])
def test_what_is_no_limit_is_refused(limit: str) -> None:
    with pytest.raises(ValueError, match="is no limit"):
        limits.parse(limit)
