"""Laws of groups, score and thresholds, for any flags."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from number_insight.rules.scoring import Flag, severer, total, verdict_for, weigh

THRESHOLDS = {"review": 30, "deny": 80}

flags = st.lists(
    st.builds(
        Flag,
        code=st.sampled_from(["a", "b", "c", "d"]),
        weight=st.integers(-100, 100),
        message=st.just("It is so."),
        group=st.sampled_from(["", "one", "two"]),
    ),
    max_size=8,
)


def flag(weight: int, group: str = "") -> Flag:
    return Flag(code=f"{group}{weight}", weight=weight, message="", group=group)


@given(flags)
def test_the_score_never_falls_below_zero(found):
    assert total(weigh(found)) >= 0


@given(st.data(), flags)
def test_the_order_of_flags_does_not_change_the_score(data, found):
    shuffled = data.draw(st.permutations(found))
    assert total(weigh(shuffled)) == total(weigh(found))


@given(flags)
def test_within_a_group_one_heavy_flag_counts(found):
    heavy = [one for one in weigh(found) if one.counted and one.group and one.weight > 0]
    groups = [one.group for one in heavy]
    assert len(groups) == len(set(groups))
    for one in heavy:
        assert one.weight == max(other.weight for other in found if other.group == one.group)


@given(flags)
def test_weighing_keeps_every_flag_and_weighing_twice_changes_nothing(found):
    once = weigh(found)
    assert [replace(one, counted=True) for one in once] == found
    assert weigh(once) == once


@given(flags, st.integers(0, 100))
def test_a_further_risk_never_lowers_the_score(found, weight):
    assert total(weigh([*found, flag(weight, "one")])) >= total(weigh(found))


@given(st.integers(0, 200), st.integers(0, 200))
@settings(max_examples=50)
def test_a_higher_score_is_never_a_milder_verdict(one, other):
    low, high = sorted((one, other))
    milder, harder = verdict_for(low, THRESHOLDS), verdict_for(high, THRESHOLDS)
    assert severer(milder, harder) == harder


@pytest.mark.parametrize(
    ("score", "verdict"),
    [(0, "allow"), (29, "allow"), (30, "review"), (79, "review"), (80, "deny"), (500, "deny")],
)
def test_a_threshold_is_reached_by_its_own_score(score, verdict):
    assert verdict_for(score, THRESHOLDS) == verdict


def test_a_threshold_that_is_left_out_is_never_reached():
    assert verdict_for(1000, {"review": 30}) == "review"
    assert verdict_for(1000, {}) == "allow"


def test_what_weighs_nothing_or_less_counts_beside_the_heaviest():
    found = weigh([flag(20, "place"), flag(5, "place"), flag(0, "place"), flag(-10, "place")])
    assert [one.counted for one in found] == [True, False, True, True]
    assert total(found) == 10


def test_of_two_equal_flags_in_a_group_the_first_counts():
    found = weigh([flag(20, "place"), flag(20, "place")])
    assert [one.counted for one in found] == [True, False]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("allow", "review", "review"), ("deny", "review", "deny"), ("allow", "allow", "allow")],
)
def test_of_two_verdicts_the_severer_wins(one, other, expected):
    assert severer(one, other) == severer(other, one) == expected
