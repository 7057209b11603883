"""JSON answers: every shape that was ever seen gives the same insight."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from number_insight.insight import UNKNOWN, Caller, Carrier, Insight, IPMatch, RealTime, Roaming
from number_insight.providers.wire import read_answer

FULL: dict[str, Any] = {
    "status": 0,
    "status_message": "Success",
    "request_id": "5b5e9b3c-0b6f-4c5a-9a52-6a6f0f3f9a11",
    "international_format_number": "447700900000",
    "national_format_number": "07700 900000",
    "country_code": "GB",
    "country_code_iso3": "GBR",
    "country_name": "United Kingdom",
    "country_prefix": "44",
    "request_price": "0.03000000",
    "refund_price": "0.01000000",
    "remaining_balance": "17.775",
    "current_carrier": {
        "network_code": "23420",
        "name": "Example Mobile GB",
        "country": "GB",
        "network_type": "mobile",
    },
    "original_carrier": {
        "network_code": "GB-FIXED-RESERVED",
        "name": "Example First GB",
        "country": "GB",
        "network_type": "mobile",
    },
    "ported": "assumed_ported",
    "roaming": {
        "status": "roaming",
        "roaming_country_code": "FR",
        "roaming_network_code": 20801,
        "roaming_network_name": "Example Mobile FR",
    },
    "valid_number": "valid",
    "reachable": "reachable",
    "lookup_outcome": 0,
    "lookup_outcome_message": "Success",
    "ip": {
        "address": "123.0.0.255",
        "ip_match_level": "mismatch",
        "ip_country": "FR",
        "ip_city": "",
    },
    "ip_warnings": "unknown",
    "real_time_data": {"active_status": "active", "handset_status": "On"},
}


def read(**changes: Any) -> Insight:
    """Read the full answer with `changes`; a key with the value `...` is left out."""
    document = {key: value for key, value in {**FULL, **changes}.items() if value is not ...}
    return read_answer(json.dumps(document).encode())


def test_a_full_answer_is_told_in_our_words() -> None:
    assert read() == Insight(
        status=0,
        status_text="Success",
        request_id="5b5e9b3c-0b6f-4c5a-9a52-6a6f0f3f9a11",
        number="+447700900000",
        national_format="07700 900000",
        country="GB",
        country_iso3="GBR",
        country_name="United Kingdom",
        country_prefix="44",
        line_type="mobile",
        current_carrier=Carrier(
            network_code="23420", name="Example Mobile GB", country="GB", network_type="mobile"
        ),
        original_carrier=Carrier(
            network_code="GB-FIXED-RESERVED",
            name="Example First GB",
            country="GB",
            network_type="mobile",
        ),
        ported="assumed_ported",
        valid_number="valid",
        reachable="reachable",
        roaming=Roaming(
            status="roaming", country="FR", network_code="20801", network_name="Example Mobile FR"
        ),
        ip=IPMatch(address="123.0.0.255", match="mismatch", country="FR"),
        real_time=RealTime(active=True, handset="on"),
        outcome=0,
        price=Decimal("0.03"),
        refund=Decimal("0.01"),
        balance=Decimal("17.775"),
    )


def test_the_providers_own_words_are_kept_beside() -> None:
    raw = read().raw
    assert raw is not None
    assert raw["roaming"]["roaming_network_code"] == 20801
    assert raw["ip_warnings"] == "unknown"


@pytest.mark.parametrize(
    "roaming", [{"status": "unknown"}, "unknown", None, ..., "null", "", [], {}, 7]
)
def test_unknown_roaming_comes_in_many_shapes(roaming: Any) -> None:
    assert read(roaming=roaming).roaming == Roaming()


def test_roaming_may_be_a_bare_word() -> None:
    assert read(roaming="not_roaming").roaming == Roaming(status="not_roaming")


EMPTY = {"network_code": None, "name": None, "country": None, "network_type": None}
UNKNOWNS = {"network_code": "unknown", "name": "unknown", "country": "unknown"}


@pytest.mark.parametrize(
    "carrier", [None, ..., "null", {}, EMPTY, UNKNOWNS, {**EMPTY, "network_type": "null"}, "NONE"]
)
def test_a_carrier_that_tells_nothing_is_none(carrier: Any) -> None:
    insight = read(current_carrier=carrier)
    assert insight.current_carrier is None
    assert insight.line_type == UNKNOWN


@pytest.mark.parametrize("code", ["US-FIXED", "310260", "00102", "GB-FIXED-RESERVED"])
def test_a_network_code_stays_as_it_is(code: str) -> None:
    carrier = read(current_carrier={**EMPTY, "network_code": code}).current_carrier
    assert carrier is not None
    assert carrier.network_code == code


@pytest.mark.parametrize(
    ("field", "word", "expected"),
    [
        ("valid_number", "inferred", "inferred"),
        ("valid_number", "inferred_not_valid", "inferred_not_valid"),
        ("valid_number", " NOT_VALID ", "not_valid"),
        ("valid_number", "a new word", UNKNOWN),
        ("reachable", "Bad_Number", "bad_number"),
        ("reachable", None, UNKNOWN),
        ("reachable", "null", UNKNOWN),
        ("ported", "null", UNKNOWN),
        ("ported", None, UNKNOWN),
        ("ported", ["ported"], UNKNOWN),
        ("ported", True, UNKNOWN),
        ("ported", ..., UNKNOWN),
    ],
)
def test_words_are_known_or_unknown(field: str, word: Any, expected: str) -> None:
    assert getattr(read(**{field: word}), field) == expected


@pytest.mark.parametrize("line_type", ["mobile", "landline_premium", "VIRTUAL", "pager", "x", None])
def test_the_line_type_is_that_of_the_current_carrier(line_type: Any) -> None:
    found = read(current_carrier={"name": "A", "network_type": line_type}).line_type
    expected = {"x": UNKNOWN, None: UNKNOWN}.get(line_type, str(line_type).lower())
    assert found == expected


@pytest.mark.parametrize(
    ("match", "expected"),
    [
        ("country", "country"),
        ("Country Level", "country"),
        ("mismatch", "mismatch"),
        ("Mismatch", "mismatch"),
        ("city", UNKNOWN),
        (None, UNKNOWN),
    ],
)
def test_the_ip_match_is_read_nested_and_flat(match: Any, expected: str) -> None:
    parts = {"ip_match_level": match, "ip_country": "nl", "ip_city": "Delft"}
    nested = read(ip={"address": "123.0.0.255", **parts}).ip
    flat = read(ip="123.0.0.255", **parts).ip
    assert nested == flat
    assert flat == IPMatch(address="123.0.0.255", match=expected, country="NL", city="Delft")


@pytest.mark.parametrize("ip", ["", None, ..., "not an address", {"address": ""}])
def test_an_ip_that_was_not_sent_matches_nothing(ip: Any) -> None:
    assert read(ip=ip).ip == IPMatch()


def test_the_nested_caller_is_believed_where_the_flat_names_are_swapped() -> None:
    insight = read(
        caller_identity={
            "caller_type": "consumer",
            "caller_name": "Robin Example",
            "first_name": "Robin",
            "last_name": "Example",
            "subscription_type": "postpaid",
        },
        first_name="Example",
        last_name="Robin",
    )
    assert insight.caller == Caller(
        name="Robin Example",
        first_name="Robin",
        last_name="Example",
        type="consumer",
        subscription_type="postpaid",
    )


def test_a_caller_may_come_flat() -> None:
    insight = read(caller_name="EXAMPLE COMPANY", caller_type="business")
    assert insight.caller == Caller(name="EXAMPLE COMPANY", type="business")


@pytest.mark.parametrize("part", ["subscription_type", "caller_type"])
def test_a_nested_caller_without_a_name_hides_no_flat_one(part: str) -> None:
    told = {"subscription_type": "postpaid", "caller_type": "consumer"}[part]
    insight = read(caller_identity={part: told}, caller_name="Robin Example", last_name="Example")
    assert insight.caller is not None
    assert (insight.caller.name, insight.caller.last_name) == ("Robin Example", "Example")
    assert told in (insight.caller.type, insight.caller.subscription_type)


def test_a_nested_name_is_not_mixed_with_a_flat_one() -> None:
    identity = {"first_name": "Robin", "last_name": "Example"}
    insight = read(caller_identity=identity, first_name="Example", caller_type="consumer")
    assert insight.caller == Caller(first_name="Robin", last_name="Example", type="consumer")


@pytest.mark.parametrize("nested", [{"address": "123.0.0.255"}, {"note": "x"}, {}])
def test_an_ip_match_may_come_half_nested(nested: dict[str, str]) -> None:
    insight = read(ip=nested, ip_match_level="mismatch", ip_country="NL")
    assert (insight.ip.match, insight.ip.country) == ("mismatch", "NL")


@pytest.mark.parametrize("identity", [None, {}, {"caller_type": "unknown", "caller_name": ""}])
def test_a_caller_that_nobody_knows_is_none(identity: Any) -> None:
    assert read(caller_identity=identity, caller_name="unknown").caller is None


@pytest.mark.parametrize(
    ("active", "handset", "expected"),
    [
        ("active", "on", RealTime(active=True, handset="on")),
        ("true", "Off", RealTime(active=True, handset="off")),
        (True, "unknown", RealTime(active=True)),
        ("inactive", ..., RealTime(active=False)),
        (None, "ON", RealTime(handset="on")),
        (None, None, None),
        ("maybe", 7, None),
    ],
)
def test_real_time_data_is_read_in_every_spelling(
    active: Any, handset: Any, expected: RealTime | None
) -> None:
    parts = {"active_status": active, "handset_status": handset}
    told = {key: value for key, value in parts.items() if value is not ...}
    assert read(real_time_data=told).real_time == expected


@pytest.mark.parametrize("absent", [..., None, "null", "unknown", []])
def test_real_time_data_that_was_not_asked_for_is_none(absent: Any) -> None:
    assert read(real_time_data=absent).real_time is None
