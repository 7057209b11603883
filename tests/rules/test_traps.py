"""The people whom the standard rules must not wrong, once history and lists have their say."""

from __future__ import annotations

import pytest

from number_insight.insight import Carrier, Insight, IPMatch
from number_insight.insight import Roaming as Whereabouts
from number_insight.rules import Listing
from tests.support.rules import judged

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
