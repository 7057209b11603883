"""The rules of the group place flag countries that differ, but for neighbours and travellers."""

from __future__ import annotations

import pytest

from number_insight.insight import Carrier, Insight, IPMatch
from number_insight.insight import Roaming as Whereabouts
from number_insight.rules.place import (
    CarrierCountry,
    DeclaredCountry,
    IPMismatch,
    Roaming,
    RoamingElsewhere,
)
from tests.support.rules import ask

NEIGHBOURS = [("US", "CA"), ("US", "PR"), ("GB", "JE"), ("RU", "KZ"), ("NO", "SJ"), ("FI", "AX")]
NEIGHBOURS += [("AU", "CC"), ("GP", "MF"), ("RE", "YT"), ("CW", "BQ"), ("IT", "VA"), ("GB", "gb")]
NOWHERE = [None, "", "EU", "A1", "T1", "XX", "unknown"]


def roaming_in(country: str | None) -> Whereabouts:
    return Whereabouts(status="roaming", country=country)


def british(**known):
    return Insight(country="GB", **known)


def sentences(flags):
    return [flag.message % flag.params for flag in flags]


def test_a_mismatch_told_by_the_provider_names_both_countries():
    found = ask(IPMismatch(), british(ip=IPMatch(match="mismatch", country="FR")))
    assert sentences(found) == ["The IP is in FR, the number is from GB."]
    assert found[0].weight == 20


def test_a_mismatch_is_found_here_when_the_project_knows_where_the_ip_is():
    found = ask(IPMismatch(), british(), ip_country="FR")
    assert sentences(found) == ["The IP is in FR, the number is from GB."]


@pytest.mark.parametrize("insight", [british(), Insight()])
def test_a_mismatch_without_names_is_still_the_providers_word(insight):
    told = Insight(country=insight.country, ip=IPMatch(match="mismatch"))
    assert sentences(ask(IPMismatch(), told)) == ["The IP is not in the country of the number."]


@pytest.mark.parametrize("match", ["country", "unknown"])
def test_an_ip_that_matches_or_is_unknown_is_no_risk(match):
    assert ask(IPMismatch(), british(ip=IPMatch(match=match))) == []
    assert ask(IPMismatch(), british(ip=IPMatch(match=match)), ip_country="GB") == []


@pytest.mark.parametrize("nowhere", NOWHERE)
def test_a_place_that_is_no_country_is_no_risk(nowhere):
    assert ask(IPMismatch(), british(), ip_country=nowhere) == []
    assert ask(IPMismatch(), Insight(country=nowhere), ip_country="FR") == []
    assert ask(DeclaredCountry(), british(), country=nowhere) == []
    assert ask(CarrierCountry(), british(current_carrier=Carrier(country=nowhere))) == []
    assert ask(RoamingElsewhere(), Insight(roaming=roaming_in(nowhere)), ip_country="FR") == []
    assert ask(RoamingElsewhere(), Insight(roaming=roaming_in("FR")), ip_country=nowhere) == []


@pytest.mark.parametrize(("one", "other"), NEIGHBOURS)
def test_countries_of_one_calling_code_are_never_held_apart(one, other):
    mismatch = IPMatch(match="mismatch", country=other)
    assert ask(IPMismatch(), Insight(country=one, ip=mismatch)) == []
    assert ask(IPMismatch(), Insight(country=one), ip_country=other) == []
    assert ask(DeclaredCountry(), Insight(country=one), country=other) == []
    carrier = Carrier(country=other)
    assert ask(CarrierCountry(), Insight(country=one, current_carrier=carrier)) == []
    assert ask(RoamingElsewhere(), Insight(roaming=roaming_in(one)), ip_country=other) == []


@pytest.mark.parametrize("told", [{"ip": IPMatch(match="mismatch", country="FR")}, {}])
def test_a_traveller_roaming_where_the_ip_is_cancels_the_mismatch(told):
    insight = british(roaming=roaming_in("FR"), **told)
    assert ask(IPMismatch(), insight, ip_country="FR") == []


@pytest.mark.parametrize(
    "roaming",
    [
        Whereabouts(),
        Whereabouts(status="not_roaming", country="FR"),
        roaming_in(None),
        roaming_in("DE"),
    ],
)
def test_a_mismatch_stands_unless_the_phone_is_roaming_there(roaming):
    insight = british(roaming=roaming, ip=IPMatch(match="mismatch", country="FR"))
    assert [flag.code for flag in ask(IPMismatch(), insight)] == ["ip_mismatch"]


def test_a_mismatch_with_an_unnamed_country_is_not_cancelled_by_unnamed_roaming():
    insight = british(roaming=roaming_in(None), ip=IPMatch(match="mismatch"))
    assert len(ask(IPMismatch(), insight)) == 1


@pytest.mark.parametrize(
    ("current", "original", "expected"),
    [
        ("FR", "GB", ["The carrier is in FR, the number is from GB."]),
        ("GB", "FR", []),
        (None, "FR", ["The carrier is in FR, the number is from GB."]),
        (None, None, []),
    ],
)
def test_the_current_carrier_counts_before_the_original_one(current, original, expected):
    insight = british(
        current_carrier=Carrier(country=current) if current else None,
        original_carrier=Carrier(country=original) if original else None,
    )
    assert sentences(ask(CarrierCountry(), insight)) == expected


@pytest.mark.parametrize("ip", [IPMatch(country="FR"), IPMatch()])
def test_a_phone_that_roams_where_the_ip_is_not_is_flagged_as_live(ip):
    insight = british(roaming=roaming_in("DE"), ip=ip)
    [flag] = ask(RoamingElsewhere(), insight, ip_country="FR")
    assert flag.message % flag.params == "The phone is roaming in DE, the IP is in FR."
    assert (flag.weight, flag.live) == (15, True)


def test_a_phone_at_home_is_nowhere_else():
    at_home = Whereabouts(status="not_roaming", country="GB")
    assert ask(RoamingElsewhere(), british(roaming=at_home), ip_country="FR") == []


def test_a_declared_country_that_differs_is_flagged():
    [flag] = ask(DeclaredCountry(), british(), country="FR")
    assert flag.message % flag.params == "The person declared FR, the number is from GB."
    assert flag.weight == 10
    assert ask(DeclaredCountry(), british(), country="GB") == []


@pytest.mark.parametrize(
    ("roaming", "expected"),
    [
        (roaming_in("FR"), ["The phone is roaming in FR."]),
        (roaming_in(None), ["The phone is roaming."]),
        (Whereabouts(status="not_roaming"), []),
        (Whereabouts(), []),
    ],
)
def test_roaming_is_told_with_its_country_where_known(roaming, expected):
    found = ask(Roaming(), Insight(roaming=roaming))
    assert sentences(found) == expected
    assert all(flag.live and flag.weight == 5 for flag in found)
