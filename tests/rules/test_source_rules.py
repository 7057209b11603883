"""The rules of the group source history: bursts from blocks, IPs and carriers."""

from __future__ import annotations

import pytest

from number_insight.insight import Insight
from number_insight.rules.source import BlockBurst, CarrierBurst, IPVolume
from tests.support.rules import ask, judged

PUBLIC = "8.8.8.8"


@pytest.mark.parametrize(("others", "weights"), [(0, []), (3, []), (4, [40]), (50, [40])])
def test_the_fifth_number_of_a_block_in_an_hour_is_a_burst(others, weights):
    found = ask(BlockBurst(), Insight(), block_seen_hour=others)
    assert [flag.weight for flag in found] == weights
    for flag in found:
        told = f"{others + 1} numbers of one block of 100 signed up within an hour."
        assert flag.message % flag.params == told


@pytest.mark.parametrize(
    ("others", "weights"), [(0, []), (3, []), (4, [15]), (18, [15]), (19, [30]), (999, [30])]
)
def test_one_ip_weighs_from_five_a_day_and_more_from_twenty(others, weights):
    found = ask(IPVolume(), Insight(), ip=PUBLIC, ip_seen_day=others)
    assert [flag.weight for flag in found] == weights


def test_an_unknown_ip_is_nobodys():
    assert ask(IPVolume(), Insight(), ip=None, ip_seen_day=500) == []


@pytest.mark.parametrize(
    ("hour", "day", "is_burst"),
    [
        (18, 0, False),
        (19, 0, True),
        (19, 96, True),
        (19, 97, False),
        (999, 23_000, False),
        (999, 4_800, True),
        (0, 0, False),
    ],
)
@pytest.mark.parametrize("what", ["carrier", "country"])
def test_a_burst_is_many_and_far_more_than_is_usual(what, hour, day, is_burst):
    known = {f"{what}_seen_hour": hour, f"{what}_seen_day": day}
    found = ask(CarrierBurst(), Insight(country="GB"), **known)
    told = f"{hour + 1} signups with numbers of one {what} within an hour."
    assert [flag.message % flag.params for flag in found] == ([told] if is_burst else [])


def test_what_a_burst_is_can_be_said():
    rule = CarrierBurst(signups=3, times=2, weight=25)
    [flag] = ask(rule, Insight(), carrier_seen_hour=2, carrier_seen_day=36)
    assert flag.weight == 25
    assert ask(rule, Insight(), carrier_seen_hour=2, carrier_seen_day=37) == []


@pytest.mark.parametrize("options", [{"signups": 0}, {"times": "5"}, {"signups": True}])
def test_a_burst_takes_whole_numbers(options):
    with pytest.raises(TypeError, match="carrier_burst"):
        CarrierBurst(**options)


def test_a_burst_of_a_carrier_is_shown_and_changes_nothing():
    judgement = judged(Insight(country="GB"), carrier_seen_hour=50)
    [flag] = judgement.flags
    assert (flag.code, flag.shadow, flag.counted) == ("carrier_burst", True, False)
    assert (judgement.score, judgement.verdict) == (0, "allow")


def test_one_source_told_in_two_ways_counts_once():
    judgement = judged(Insight(), ip=PUBLIC, ip_seen_day=30, block_seen_hour=9)
    assert (judgement.score, judgement.verdict) == (40, "review")
