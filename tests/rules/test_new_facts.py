"""The rules on facts that only some vendors tell: what each flags, and what they add up to."""

from __future__ import annotations

from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest

from number_insight.insight import Carrier, Insight, IPMatch, Location, Risk, Swap
from number_insight.rules.caller import IdentityMismatch
from number_insight.rules.history import NumberReassigned
from number_insight.rules.line import VoipFixed, VoipNonfixed
from number_insight.rules.risk import DisposableNumber, SMSPumpingBlocked, SMSPumpingScore
from number_insight.rules.sim import CallForwarded, DeviceSwapped, SimSwapped
from number_insight.rules.validity import CarrierMissing, NumberCancelled
from tests.support.rules import a_signup, ask, judged

AT = a_signup().at
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def swapped(*, ago: timedelta | None = None, period: int | None = None, told: bool = True) -> Swap:
    return Swap(swapped=told, at=None if ago is None else AT - ago, period_hours=period)


@pytest.mark.parametrize(
    ("swap", "weight"),
    [
        (swapped(ago=-HOUR), 25),
        (swapped(ago=0 * HOUR), 25),
        (swapped(ago=24 * HOUR), 25),
        (swapped(ago=25 * HOUR), 15),
        (swapped(ago=7 * DAY), 15),
        (swapped(ago=8 * DAY), 5),
        (swapped(ago=30 * DAY), 5),
        (swapped(ago=31 * DAY), None),
        (swapped(ago=5 * HOUR, period=2400), 25),
        (swapped(ago=20 * DAY, period=240, told=False), 5),
        (swapped(ago=400 * DAY, period=2400), None),
        (swapped(period=24), 25),
        (swapped(period=48), 15),
        (swapped(period=240), 5),
        (swapped(period=2400), None),
        (swapped(), 5),
        (swapped(ago=-9 * DAY, period=24), 25),
        (swapped(ago=-9 * DAY, told=False), None),
        (swapped(period=24, told=False), None),
        (Swap(period_hours=24), None),
        (None, None),
    ],
)
def test_a_changed_sim_weighs_by_its_date_else_by_the_period_that_was_asked(swap, weight):
    found = ask(SimSwapped(), Insight(sim_swap=swap))
    assert [flag.weight for flag in found] == ([] if weight is None else [weight])


@pytest.mark.parametrize(
    ("swap", "sentence"),
    [
        (swapped(ago=10 * timedelta(minutes=1)), "within the last 2 hours."),
        (swapped(ago=4.5 * HOUR), "within the last 5 hours."),
        (swapped(ago=3.1 * DAY), "within the last 4 days."),
        (swapped(period=48), "within the last 48 hours."),
        (swapped(period=240), "within the last 10 days."),
        (swapped(), "The SIM was changed lately."),
    ],
)
def test_the_sentence_tells_the_age_of_the_change_and_no_date(swap, sentence):
    [flag] = ask(SimSwapped(), Insight(sim_swap=swap))
    assert (flag.message % flag.params).endswith(sentence)


def test_another_weight_scales_all_ages():
    rule = SimSwapped(weight=40)
    for ago, weight in ((HOUR, 40), (2 * DAY, 24), (20 * DAY, 8)):
        [flag] = ask(rule, Insight(sim_swap=swapped(ago=ago)))
        assert flag.weight == weight


def test_thresholds_of_a_changed_sim_are_hours():
    rule = SimSwapped(thresholds={"1": 50})
    assert [flag.weight for flag in ask(rule, Insight(sim_swap=swapped(ago=HOUR)))] == [50]
    assert ask(rule, Insight(sim_swap=swapped(ago=2 * HOUR))) == []


@pytest.mark.parametrize(
    ("score", "weight"), [(0, None), (59, None), (60, 10), (75, 20), (89, 20), (90, 30), (100, 30)]
)
@pytest.mark.parametrize("country", ["GB", "US", "CA", None])
def test_a_score_of_sms_pumping_weighs_in_bands_and_never_for_the_us_and_canada(
    score, weight, country
):
    insight = Insight(country=country, risk=Risk(score=score, kind="sms_pumping"))
    found = ask(SMSPumpingScore(), insight)
    told = None if country in ("US", "CA") else weight
    assert [flag.weight for flag in found] == ([] if told is None else [told])


CARRIER = Carrier(name="Carrier A", country="GB", network_type="mobile")
LOST: dict[str, Any] = {"original_carrier": CARRIER, "missing": {"line_type": "not_found"}}


@pytest.mark.parametrize(
    ("rule", "told", "is_flagged"),
    [
        (SMSPumpingBlocked(), {"risk": Risk(blocked=True, kind="sms_pumping")}, True),
        (SMSPumpingBlocked(), {"risk": Risk(blocked=True)}, True),
        (SMSPumpingBlocked(), {"risk": Risk(blocked=True, kind="quality")}, False),
        (SMSPumpingBlocked(), {"risk": Risk(blocked=False, score=99)}, False),
        (SMSPumpingScore(), {"risk": Risk(score=99, kind="quality")}, False),
        (SMSPumpingScore(), {"risk": Risk(score=99)}, False),
        (DisposableNumber(), {"risk": Risk(kind="disposable")}, True),
        (DisposableNumber(), {"risk": Risk(kind="disposable", score=75)}, True),
        (DisposableNumber(), {"risk": Risk(kind="disposable", score=74)}, False),
        (DisposableNumber(), {"risk": Risk(kind="disposable", score=0)}, False),
        (DisposableNumber(), {"risk": Risk(kind="sms_pumping", score=99)}, False),
        (VoipNonfixed(), {"voip": "nonfixed"}, True),
        (VoipNonfixed(), {"voip": "fixed"}, False),
        (VoipFixed(), {"voip": "fixed"}, True),
        (VoipFixed(), {"voip": "unknown", "line_type": "virtual"}, False),
        (DeviceSwapped(), {"device_swap": swapped(ago=DAY)}, True),
        (DeviceSwapped(), {"device_swap": swapped(ago=40 * DAY)}, False),
        (DeviceSwapped(), {"sim_swap": swapped(ago=DAY)}, False),
        (CallForwarded(), {"call_forwarding": True}, True),
        (CallForwarded(), {"call_forwarding": False}, False),
        (NumberReassigned(), {"reassigned": "yes"}, True),
        (NumberReassigned(), {"reassigned": "no"}, False),
        (NumberReassigned(), {"reassigned": "unknown"}, False),
        (NumberCancelled(), {"valid_number": "cancelled"}, True),
        (NumberCancelled(), {"valid_number": "not_valid"}, False),
        (CarrierMissing(), LOST, True),
        (CarrierMissing(), {**LOST, "missing": {"carrier": "not_found"}}, True),
        (CarrierMissing(), {**LOST, "missing": {"line_type": "no_coverage"}}, False),
        (CarrierMissing(), {**LOST, "missing": {}}, False),
        (CarrierMissing(), {**LOST, "current_carrier": CARRIER}, False),
        (CarrierMissing(), {"missing": {"line_type": "not_found"}}, False),
        (CarrierMissing(), {**LOST, "original_carrier": Carrier(network_type="landline")}, False),
        (IdentityMismatch(), {"match": {"family_name": "none"}}, True),
        (IdentityMismatch(), {"match": {"first_name_match": "no_match"}}, True),
        (IdentityMismatch(), {"match": {"name": "low", "postal_code": "none"}}, False),
        (IdentityMismatch(), {"match": {"given_name": "data_unavailable"}}, False),
    ],
)
def test_each_fact_speaks_to_its_rule(rule, told, is_flagged):
    found = ask(rule, Insight(country="GB", **told))
    assert [flag.code for flag in found] == [rule.code] * is_flagged


@pytest.mark.parametrize(
    ("told", "counted", "score"),
    [
        ({"voip": "nonfixed"}, {"voip_nonfixed"}, 30),
        ({"voip": "fixed"}, {"voip_fixed"}, 10),
        ({"voip": "unknown"}, {"virtual"}, 30),
        ({}, {"virtual"}, 30),
    ],
)
def test_the_kind_of_voip_takes_over_from_the_virtual_line(told, counted, score):
    judgement = judged(Insight(line_type="virtual", **told))
    assert {flag.code for flag in judgement.flags if flag.counted} == counted
    assert judgement.score == score


def test_a_new_owner_is_not_blamed_for_the_past_of_the_number():
    past: dict[str, Any] = {"number_seen": 5, "number_decision": "refused"}
    assert judged(Insight(), **past).score == 60
    judgement = judged(Insight(reassigned="yes"), **past)
    assert (judgement.score, judgement.verdict) == (0, "allow")
    assert judgement.codes == {"number_reused", "number_refused_before", "number_reassigned"}


def test_what_begins_in_shadow_changes_nothing():
    told: dict[str, Any] = {**LOST, "device_swap": swapped(ago=HOUR), "match": {"name": "none"}}
    judgement = judged(Insight(country="GB", **told))
    assert judgement.codes == {"carrier_missing", "device_swapped", "identity_mismatch"}
    assert (judgement.score, judgement.verdict) == (0, "allow")


FACTS: dict[str, dict[str, Any]] = {
    "sms_pumping_blocked": {"risk": Risk(blocked=True, kind="sms_pumping")},
    "sms_pumping_score": {"risk": Risk(score=95, kind="sms_pumping")},
    "disposable_number": {"risk": Risk(kind="disposable", score=90)},
    "voip_nonfixed": {"line_type": "virtual", "voip": "nonfixed"},
    "voip_fixed": {"line_type": "virtual", "voip": "fixed"},
    "virtual": {"line_type": "virtual"},
    "toll_free": {"line_type": "landline_tollfree"},
    "sim_swapped": {"sim_swap": swapped(ago=HOUR)},
    "call_forwarded": {"call_forwarding": True},
    "device_swapped": {"device_swap": swapped(ago=HOUR)},
    "carrier_missing": {**LOST, "current_carrier": None},
    "number_cancelled": {"valid_number": "cancelled"},
    "undeliverable": {"reachable": "undeliverable"},
    "absent": {"reachable": "absent"},
    "identity_mismatch": {"match": {"name": "none"}},
    "ip_mismatch": {"ip": IPMatch(match="mismatch", country="NL")},
    "carrier_country": {"current_carrier": Carrier(country="US", network_type="mobile")},
}
SIM = frozenset({"sim_swapped", "call_forwarded", "device_swapped"})
NO_SIM = frozenset({"voip_nonfixed", "voip_fixed", "virtual", "toll_free"})


def together(*codes: str) -> Insight | None:
    """Return the insight with the facts of `codes`, or None if they cannot occur together."""
    if not (SIM.isdisjoint(codes) or NO_SIM.isdisjoint(codes)):
        return None
    told: dict[str, Any] = {"country": "GB"}
    for code in codes:
        if any(told.get(key, value) != value for key, value in FACTS[code].items()):
            return None
        told |= FACTS[code]
    return Insight(**told)


def denied(count: int) -> set[frozenset[str]]:
    """Return the combinations of `count` facts that are denied."""
    found = set()
    for codes in combinations(FACTS, count):
        insight = together(*codes)
        if insight is None:
            continue
        judgement = judged(insight)
        assert judgement.codes >= set(codes) - {"virtual"}
        if judgement.verdict == "deny":
            found.add(frozenset(codes))
    return found


def test_each_fact_is_flagged_by_its_rule_alone():
    for code in FACTS:
        insight = together(code)
        assert insight is not None
        expected = {code} | ({"virtual"} if code.startswith("voip") else set())
        assert judged(insight).codes == expected


def test_no_one_and_no_two_of_these_facts_deny():
    assert denied(1) == denied(2) == set()


def test_three_deny_only_with_a_block_or_a_toll_free_line_or_at_their_worst_together():
    for codes in denied(3):
        worst = codes & {"sms_pumping_score", "disposable_number"}
        failing = codes & {"undeliverable", "number_cancelled"}
        assert codes & {"sms_pumping_blocked", "toll_free"} or (
            "sim_swapped" in codes and worst and failing
        )


@pytest.mark.parametrize(
    ("codes", "score"),
    [
        (("voip_nonfixed", "undeliverable", "ip_mismatch"), 75),
        (("sim_swapped", "undeliverable", "ip_mismatch"), 70),
        (("sim_swapped", "sms_pumping_score", "ip_mismatch"), 75),
        (("voip_fixed", "ip_mismatch"), 30),
        (("sms_pumping_blocked", "ip_mismatch"), 65),
        (("sim_swapped", "undeliverable", "sms_pumping_score"), 80),
    ],
)
def test_the_sums_come_out(codes, score):
    insight = together(*codes)
    assert insight is not None
    assert judged(insight).score == score


def test_a_place_that_is_not_verified_decides_nothing():
    assert judged(Insight(location=Location(verified="no"))).flags == ()
