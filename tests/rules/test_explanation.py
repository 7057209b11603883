"""A verdict explains itself: as a sum, and by the facts without which it had been allowed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from number_insight.rules.explanation import counterfactual, shares, would_pass_without
from tests.support.rules import standard_rules

THRESHOLDS = {"review": 30, "deny": 80}
OTHERWISE = {"virtual": "the line were mobile", "ip_mismatch": "the IP were in %(country)s"}


@dataclass(frozen=True)
class Found:
    code: str
    weight: int
    group: str = ""
    counted: bool = True
    shadow: bool = False
    text: str = "It was so."
    evidence: dict[str, Any] = field(default_factory=dict)


VIRTUAL = Found("virtual", 30, "line")
MISMATCH = Found("ip_mismatch", 20, "place", evidence={"country": "SE"})


def codes(*flags: Found) -> list[str]:
    return [flag.code for flag in would_pass_without(flags, THRESHOLDS)]


def told(*flags: Found) -> str:
    return counterfactual(flags, THRESHOLDS, OTHERWISE, translate=str)


def test_the_score_is_a_sum_over_groups_that_says_what_did_not_count():
    light = Found("not_in_plan", 10, "validity", counted=False)
    parts = shares([MISMATCH, light, Found("not_valid", 50, "validity"), Found("odd", 5)])
    assert [(part.group, part.points) for part in parts] == [
        ("validity", 50),
        ("place", 20),
        ("", 5),
    ]
    assert [flag.code for flag in parts[0].left_out] == ["not_in_plan"]


def test_one_flag_is_named_where_one_is_enough():
    assert codes(VIRTUAL) == ["virtual"]
    assert told(VIRTUAL) == "Would have passed if the line were mobile."


def test_the_places_of_a_condition_are_filled_from_the_evidence():
    mismatch = Found("ip_mismatch", 40, "place", evidence={"country": "SE"})
    assert told(mismatch) == "Would have passed if the IP were in SE."


def test_two_flags_are_named_where_one_is_not_enough():
    heavier = Found("ip_mismatch", 50, "place", evidence={"country": "SE"})
    assert codes(VIRTUAL, heavier) == ["ip_mismatch", "virtual"]
    assert told(VIRTUAL, heavier) == (
        "Would have passed if the IP were in SE and the line were mobile."
    )


def test_the_next_heaviest_of_a_group_counts_in_its_place():
    first, second = Found("not_valid", 50, "validity"), Found("bad", 40, "validity", counted=False)
    assert codes(first, second) == ["not_valid", "bad"]
    light = Found("absent", 10, "validity", counted=False)
    assert codes(first, light) == ["not_valid"]


def test_what_was_cancelled_does_not_come_back():
    cancelled = Found("declared", 60, "place", counted=False)
    assert codes(VIRTUAL, cancelled) == ["virtual"]


def test_what_is_in_shadow_is_never_named():
    assert codes(VIRTUAL, Found("caller_name", 90, "caller", counted=False, shadow=True)) == [
        "virtual"
    ]


def test_what_speaks_for_the_signup_goes_on_counting():
    released = Found("number_released_before", -30, "number_history")
    assert codes(VIRTUAL, Found("pager", 40, "x"), released) == ["pager"]


def test_nothing_is_said_where_the_flags_held_nothing_back():
    assert codes(MISMATCH) == []
    assert told(MISMATCH) == ""


def test_a_rule_that_is_gone_is_told_by_the_text_of_its_flag():
    gone = Found("gone", 40, text="Signed up on a Sunday.")
    assert told(gone) == "Would have passed without “Signed up on a Sunday”."


def test_a_condition_that_lacks_its_evidence_is_told_by_the_text_of_its_flag():
    bare = Found("ip_mismatch", 40, "place", text="The IP is elsewhere.")
    assert told(bare) == "Would have passed without “The IP is elsewhere”."


def test_without_the_flags_that_are_named_the_signup_really_passes():
    flags = [VIRTUAL, MISMATCH, Found("absent", 25, "validity"), Found("bad", 40, "validity")]
    weighed = [flag for flag in flags if flag.code != "absent"]
    named = would_pass_without([*weighed, Found("absent", 25, "validity", False)], THRESHOLDS)
    left = [flag for flag in flags if flag.code not in {gone.code for gone in named}]
    assert sum(flag.weight for flag in left) < THRESHOLDS["review"]


@pytest.mark.parametrize("rule", standard_rules(), ids=lambda rule: rule.code)
def test_every_standard_risk_says_what_would_have_let_it_pass(rule):
    assert bool(rule.otherwise) == (rule.weight > 0 or rule.code == "landline")
