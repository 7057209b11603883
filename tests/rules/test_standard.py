"""The standard rules together: the sums, and the people they must not wrong."""

from __future__ import annotations

import re

import pytest

from number_insight.insight import Carrier, Insight, IPMatch
from number_insight.insight import Roaming as Whereabouts
from number_insight.rules import STANDARD, Listing
from number_insight.rules.base import COSTLY, SIGNALS
from tests.support.rules import BRITISH, a_signup, judged, standard_rules

UNDELIVERABLE = {"reachable": "undeliverable"}
VIRTUAL = {"line_type": "virtual"}
VPN = {"country": "GB", "ip": IPMatch(match="mismatch", country="NL")}

GROUPS = {"lists", "validity", "line", "place", "number_history", "source_history", "caller", "sim"}

ALL_AT_ONCE = Insight(
    **{**VIRTUAL, **VPN, **UNDELIVERABLE},
    status=3,
    number_refused=True,
    valid_number="not_valid",
    current_carrier=Carrier(name="Bandwidth", country="US"),
    roaming=Whereabouts(status="roaming", country="DE"),
)


@pytest.mark.parametrize(
    ("told", "score", "verdict"),
    [
        ({}, 0, "allow"),
        ({"line_type": "mobile"}, 0, "allow"),
        (VPN, 20, "allow"),
        (VIRTUAL, 30, "review"),
        ({**VIRTUAL, **VPN}, 50, "review"),
        ({**VIRTUAL, **VPN, **UNDELIVERABLE}, 75, "review"),
        (UNDELIVERABLE, 25, "allow"),
        ({"reachable": "absent"}, 10, "allow"),
        ({"reachable": "blacklisted"}, 40, "review"),
        ({"reachable": "bad_number"}, 50, "review"),
        ({"valid_number": "not_valid"}, 50, "review"),
        ({"valid_number": "not_valid", "reachable": "bad_number"}, 50, "review"),
        ({"valid_number": "inferred_not_valid"}, 5, "allow"),
        ({"number_refused": True}, 50, "review"),
        ({"line_type": "landline_premium"}, 80, "deny"),
        ({"line_type": "landline_tollfree"}, 40, "review"),
        ({"line_type": "pager"}, 40, "review"),
        ({"valid_number": "not_valid", **VIRTUAL}, 80, "deny"),
    ],
)
def test_the_sums_of_the_table_come_out(told, score, verdict):
    judgement = judged(Insight(**told))
    assert (judgement.score, judgement.verdict) == (score, verdict)


def test_one_place_told_in_many_ways_counts_once():
    insight = Insight(
        country="GB",
        ip=IPMatch(match="mismatch", country="FR"),
        current_carrier=Carrier(country="US"),
        roaming=Whereabouts(status="roaming", country="DE"),
    )
    judgement = judged(insight, country="NL")
    assert len(judgement.flags) == 5
    assert judgement.score == 20
    assert judgement.verdict == "allow"


def test_an_impossible_number_is_denied_with_no_provider_at_all():
    judgement = judged(Insight(), number="12", signals=frozenset())
    assert (judgement.verdict, judgement.codes) == ("deny", {"impossible"})


@pytest.mark.parametrize("status", [43, 44, 45])
def test_a_partial_answer_is_no_risk(status):
    assert judged(Insight(status=status, outcome=1)).flags == ()


def test_a_traveller_on_hotel_wifi_is_allowed():
    abroad = Whereabouts(status="roaming", country="TH")
    wifi = IPMatch(match="mismatch", country="TH")
    carrier = Carrier(country="GB")
    insight = Insight(
        country="GB", line_type="mobile", current_carrier=carrier, roaming=abroad, ip=wifi
    )
    judgement = judged(insight, ip_country="TH", country="GB")
    assert (judgement.codes, judgement.score, judgement.verdict) == ({"roaming"}, 5, "allow")


def test_a_code_stands_for_one_rule():
    codes = [rule.code for rule in standard_rules()]
    assert len(codes) == len(set(codes)) == len(STANDARD)


@pytest.mark.parametrize("rule", standard_rules(), ids=lambda rule: rule.code)
def test_a_standard_rule_is_whole(rule):
    assert rule.group in GROUPS
    assert rule.title and rule.label == rule.title
    assert rule.needs is not None and SIGNALS.issuperset(rule.needs)
    assert rule.reads is not None and COSTLY.issuperset(rule.reads)
    assert type(rule).__doc__


@pytest.mark.parametrize("rule", standard_rules(), ids=lambda rule: rule.code)
def test_nothing_known_is_no_risk(rule):
    assert list(rule.examine(Insight(), a_signup())) == []


def test_a_flag_holds_neither_the_number_nor_the_ip():
    address = "203.0.113.9"
    told = Insight(
        number=BRITISH,
        **{**VIRTUAL, **UNDELIVERABLE},
        status=3,
        number_refused=True,
        country="GB",
        valid_number="not_valid",
        ip=IPMatch(match="mismatch", country="NL", address=address),
    )
    judgement = judged(told, ip=address, country="FR")
    assert len(judgement.flags) == 6
    for flag in judgement.flags:
        sentence = flag.message % flag.params
        assert re.search(r"\d{4,}|203", sentence) is None
        assert sentence.endswith(".")


def test_flags_in_one_group_compete_and_the_rest_add_up():
    judgement = judged(ALL_AT_ONCE)
    counted = {flag.code for flag in judgement.flags if flag.counted}
    assert judgement.score == 50 + 30 + 20
    assert "virtual" in counted
    assert len(counted) == 3


BRITON = Insight(country="GB", line_type="mobile", current_carrier=Carrier(name="O2", country="GB"))
CAMPUS = "8.8.8.8"


@pytest.mark.parametrize(
    ("others", "verdict"), [(1, "allow"), (2, "review"), (4, "review"), (5, "review")]
)
def test_a_family_with_one_number_meets_a_person_at_worst(others, verdict):
    judgement = judged(BRITON, number_seen=others)
    assert (judgement.verdict, judgement.codes) == (verdict, {"number_reused"})


@pytest.mark.parametrize(
    ("others", "verdict"), [(3, "allow"), (18, "allow"), (19, "review"), (999, "review")]
)
def test_a_campus_behind_one_ip_meets_a_person_at_worst(others, verdict):
    assert judged(BRITON, ip=CAMPUS, ip_country="GB", ip_seen_day=others).verdict == verdict


def test_a_student_on_a_busy_campus_with_a_vpn_is_not_denied():
    judgement = judged(BRITON, ip=CAMPUS, ip_country="NL", ip_seen_day=999)
    assert (judgement.verdict, judgement.score) == ("review", 50)


@pytest.mark.parametrize(
    ("known", "verdict"),
    [
        ({"number_seen": 1}, "allow"),
        ({"number_decision": "refused"}, "review"),
        ({"number_seen": 1, "number_decision": "refused"}, "review"),
        ({"number_seen": 1, "number_decision": "released"}, "allow"),
    ],
)
def test_the_new_owner_of_a_recycled_number_meets_a_person_at_worst(known, verdict):
    assert judged(BRITON, **known).verdict == verdict


def test_a_traveller_among_many_on_hotel_wifi_is_allowed():
    abroad = Insight(
        country="GB",
        line_type="mobile",
        current_carrier=Carrier(country="GB"),
        roaming=Whereabouts(status="roaming", country="TH"),
        ip=IPMatch(match="mismatch", country="TH"),
    )
    judgement = judged(abroad, ip=CAMPUS, ip_country="TH", ip_seen_day=9)
    assert (judgement.verdict, judgement.score) == ("allow", 20)


def test_a_partial_us_answer_is_neither_clean_nor_bad():
    partial = Insight(
        status=44,
        outcome=1,
        country="US",
        line_type="mobile",
        current_carrier=Carrier(network_code="US-FIXED", country="US", network_type="mobile"),
    )
    judgement = judged(partial, number="+12125550123", ip_country="US", name="Ada Lovelace")
    assert (judgement.verdict, judgement.flags) == ("allow", ())


def test_a_google_voice_user_meets_a_person_unless_the_carrier_is_allowed():
    from_google = Insight(
        country="US",
        line_type="virtual",
        current_carrier=Carrier(name="Google Voice", country="US"),
    )
    entry = Listing(action="allow", match="carrier", value="Google Voice")
    alone = judged(from_google, number="+12125550123", ip_country="US", country="US")
    assert (alone.verdict, alone.codes) == ("review", {"virtual"})
    assert judged(from_google, number="+12125550123", listed=(entry,)).verdict == "allow"


@pytest.mark.parametrize("ported", ["ported", "not_ported", "assumed_ported", "unknown"])
def test_a_number_with_a_foreign_first_carrier_is_no_risk_ported_or_not(ported):
    insight = Insight(
        country="GB",
        ported=ported,
        current_carrier=Carrier(name="EE", country="GB"),
        original_carrier=Carrier(name="Lyca", country="FR"),
    )
    assert judged(insight).flags == ()
