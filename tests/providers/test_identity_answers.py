"""The answers of Identity Insights, told in our words."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest

from number_insight.insight import Carrier, Insight, Location, Roaming, Swap
from number_insight.providers.identity import IdentityInsights
from number_insight.providers.identity_wire import Asked
from tests.providers.identity import FULL, OK, REASONS, SIGNAL_OF, answer


def test_the_full_answer_is_told_in_our_words() -> None:
    insight = answer()
    assert insight == Insight(
        status=0,
        status_text="OK",
        request_id="aaaaaaaa-bbbb-cccc-dddd-000000000001",
        number="+447700900123",
        national_format="07700 900123",
        country="GB",
        country_iso3="GBR",
        country_name="United Kingdom",
        country_prefix="44",
        line_type="mobile",
        current_carrier=Carrier(
            network_code="23415", name="Carrier B", country="GB", network_type="mobile"
        ),
        original_carrier=Carrier(
            network_code="23410", name="Carrier A", country="GB", network_type="mobile"
        ),
        ported="assumed_ported",
        valid_number="inferred",
        reachable="reachable",
        roaming=Roaming(status="roaming", country="NG"),
        sim_swap=Swap(
            swapped=True,
            at=datetime(2026, 11, 20, 9, 30, 27, 504000, tzinfo=timezone.utc),
            period_hours=240,
        ),
        device_swap=Swap(
            swapped=False, at=datetime(2026, 5, 2, 8, tzinfo=timezone.utc), period_hours=240
        ),
        match={
            "given_name": "exact",
            "family_name": "high",
            "address": "partial",
            "postal_code": "included_with_address_match",
            "birthdate": "data_unavailable",
            "region": "none",
        },
        location=Location(verified="partial"),
        outcome=0,
    )
    assert insight.missing == {}
    assert Insight.from_json(json.loads(json.dumps(insight.as_json()))) == insight


def test_live_data_is_at_the_top_of_the_raw_answer() -> None:
    raw = answer().raw
    assert raw is not None
    assert raw["request_id"] == FULL["request_id"]
    assert IdentityInsights.live_keys is not None
    assert IdentityInsights.live_keys < raw.keys()


@pytest.mark.parametrize("code", REASONS)
def test_a_current_carrier_without_an_answer_leaves_the_original(code: str) -> None:
    insight = answer(current_carrier=code)
    assert insight.current_carrier is None
    assert insight.original_carrier is not None
    assert "carrier" not in insight.missing
    assert insight.missing["ported"] == insight.missing["valid_number"] == REASONS[code]
    is_lost = code == "NOT_FOUND"
    assert insight.line_type == ("unknown" if is_lost else "mobile")
    assert insight.missing.get("line_type") == ("not_found" if is_lost else None)


@pytest.mark.parametrize("code", REASONS)
def test_an_original_carrier_without_an_answer_leaves_the_current(code: str) -> None:
    insight = answer(original_carrier=code)
    assert (insight.line_type, insight.valid_number) == ("mobile", "inferred")
    assert insight.missing == {"ported": REASONS[code]}


@pytest.mark.parametrize("code", REASONS)
def test_a_format_without_an_answer_leaves_the_carriers(code: str) -> None:
    insight = answer(format=code)
    assert (insight.number, insight.country, insight.line_type) == ("", None, "mobile")
    assert insight.missing == {"country": REASONS[code]}


@pytest.mark.parametrize(
    ("word", "line_type"),
    [
        *(("MOBILE", "mobile"), ("LANDLINE", "landline"), ("TOLLFREE", "landline_tollfree")),
        *(("PREMIUM", "landline_premium"), ("VIRTUAL", "virtual"), ("landline", "landline")),
        *(("PAGER", "unknown"), (None, "unknown"), (7, "unknown")),
    ],
)
def test_a_line_type_is_that_of_the_original_where_the_current_is_not_for_it(
    word: Any, line_type: str
) -> None:
    original = {"network_type": word, "country_code": "GB", "status": OK}
    insight = answer(original_carrier=original, current_carrier="UNSUPPORTED_NETWORK_TYPE")
    assert insight.line_type == line_type
    if line_type == "unknown":
        assert insight.missing["line_type"] == "not_applicable"


@pytest.mark.parametrize("word", ["PAGER", "SATELLITE", "VoIP"])
@pytest.mark.parametrize(
    ("original", "expected"), [("MOBILE", "unknown"), ("PREMIUM", "landline_premium")]
)
def test_a_new_word_for_the_present_network_is_never_a_mobile(
    word: str, original: str, expected: str
) -> None:
    told = answer(
        original_carrier={"network_type": original, "status": OK},
        current_carrier={"network_type": word, "status": OK},
    )
    assert told.line_type == expected


def test_a_landline_that_is_not_found_today_is_a_landline() -> None:
    original = {"network_type": "LANDLINE", "status": OK}
    assert answer(original_carrier=original, current_carrier="NOT_FOUND").line_type == "landline"


@pytest.mark.parametrize(
    ("current", "original", "ported"),
    [
        ("23415", "23415", "assumed_not_ported"),
        ("23415", "23410", "assumed_ported"),
        (None, "23410", "unknown"),
        ("23415", None, "unknown"),
    ],
)
def test_porting_is_only_ever_assumed(current: Any, original: Any, ported: str) -> None:
    carrier = {"network_type": "MOBILE", "status": OK}
    insight = answer(
        current_carrier={**carrier, "network_code": current},
        original_carrier={**carrier, "network_code": original},
    )
    assert insight.ported == ported
    assert insight.missing == ({"ported": "not_found"} if ported == "unknown" else {})


@pytest.mark.parametrize("value", [True, False, None, "true", "FALSE", 0])
@pytest.mark.parametrize("current", ["OK", "NOT_FOUND"])
def test_a_valid_format_makes_no_number_valid(value: Any, current: str) -> None:
    format = {**FULL["insights"]["format"], "is_format_valid": value}
    insight = answer(format=format, current_carrier=current)
    if value in (False, "FALSE") and value != 0 or value is False:
        assert insight.valid_number == "inferred_not_valid"
    else:
        assert insight.valid_number == ("inferred" if current == "OK" else "unknown")


@pytest.mark.parametrize(
    ("value", "verified"),
    [
        *(("TRUE", "yes"), ("FALSE", "no"), ("false", "no"), (True, "yes"), (False, "no")),
        *(("PARTIAL", "partial"), ("UNKNOWN", "unknown"), (None, "unknown"), ("SOON", "unknown")),
    ],
)
def test_a_verified_location_is_a_word(value: Any, verified: str) -> None:
    insight = answer(location_verification={"is_verified": value, "status": OK})
    assert insight.location == Location(verified=verified)
    assert ("location" in insight.missing) == (verified == "unknown")


def test_an_identity_document_that_differs_is_a_mismatch() -> None:
    insight = answer(subscriber_match="SUBSCRIBER_MATCH.ID_DOCUMENT_MISMATCH")
    assert insight.match == {"id_document": "none"}
    assert insight.missing == {}


@pytest.mark.parametrize("codes", [[], ["NG", "TD"], None, ["XX"], "NG", [7]])
def test_roaming_names_a_country_only_if_there_is_one(codes: Any) -> None:
    insight = answer(roaming={"is_roaming": True, "country_codes": codes, "status": OK})
    assert insight.roaming == Roaming(status="roaming")


@pytest.mark.parametrize("name", SIGNAL_OF)
def test_nothing_that_is_null_reads_as_false(name: str) -> None:
    insight = answer(**{name: dict.fromkeys(FULL["insights"][name]) | {"status": OK}})
    assert insight.missing == {SIGNAL_OF[name]: "not_found"}


def test_a_swap_without_a_date_has_the_period_that_was_asked() -> None:
    asked = Asked(insights={"sim_swap": {"period": 24}})
    swap = answer(asked, sim_swap={"is_swapped": True, "status": OK}).sim_swap
    assert swap == Swap(swapped=True, at=None, period_hours=24)


def test_what_was_not_asked_is_not_read() -> None:
    asked = Asked(insights={"format": {}}, signals=frozenset({"country"}))
    insight = answer(asked)
    assert (insight.country, insight.line_type, insight.sim_swap) == ("GB", "unknown", None)
    assert insight.missing == {}
