"""The answers of Identity Insights: every status of an insight, and every error of a request."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import datetime, timezone
from typing import Any

import pytest

from number_insight.exceptions import (
    BadCredentials,
    Busy,
    Gone,
    NoAnswer,
    NoCredit,
    NotAllowed,
    NumberRefused,
    ProviderError,
    Uncertain,
)
from number_insight.insight import Carrier, Insight, Location, Roaming, Swap
from number_insight.providers.base import Question
from number_insight.providers.identity import IdentityInsights
from number_insight.providers.identity_wire import SOURCES, Asked, read_answer
from tests.support import keys
from tests.support.stubs import Stub, says

OK = {"code": "OK", "message": "Success"}
FULL: dict[str, Any] = {
    "request_id": "aaaaaaaa-bbbb-cccc-dddd-000000000001",
    "insights": {
        "format": {
            "country_code": "GB",
            "country_name": "United Kingdom",
            "country_prefix": "44",
            "offline_location": "United Kingdom",
            "time_zones": ["Europe/London"],
            "number_international": "+447700900123",
            "number_national": "07700 900123",
            "is_format_valid": True,
            "status": OK,
        },
        "original_carrier": {
            "name": "Carrier A",
            "network_type": "MOBILE",
            "country_code": "GB",
            "network_code": "23410",
            "status": OK,
        },
        "current_carrier": {
            "name": "Carrier B",
            "network_type": "MOBILE",
            "country_code": "GB",
            "network_code": "23415",
            "status": OK,
        },
        "sim_swap": {
            "latest_sim_swap_at": "2026-11-20T09:30:27.504Z",
            "is_swapped": True,
            "status": OK,
        },
        "device_swap": {
            "latest_device_swap_at": "2026-05-02T08:00:00.000Z",
            "is_swapped": False,
            "status": OK,
        },
        "roaming": {
            "latest_status_at": "2026-11-25T10:41:38.657Z",
            "is_roaming": True,
            "country_codes": ["NG"],
            "status": OK,
        },
        "reachability": {
            "latest_status_at": "2026-11-25T10:41:38.657Z",
            "is_reachable": True,
            "connectivity": ["DATA", "SMS"],
            "status": OK,
        },
        "subscriber_match": {
            "given_name_match": "EXACT",
            "family_name_match": "HIGH",
            "address_match": "PARTIAL",
            "postal_code_match": "INCLUDED_WITH_ADDRESS_MATCH",
            "birthdate_match": "DATA_UNAVAILABLE",
            "region_match": "NONE",
            "status": OK,
        },
        "location_verification": {
            "is_verified": "PARTIAL",
            "match_rate": 85,
            "latest_location_at": "2026-11-25T10:00:00.000Z",
            "status": OK,
        },
    },
}
ALL = Asked(
    insights={name: {} for name in FULL["insights"]},
    signals=frozenset(SOURCES),
)


def answer(asked: Asked = ALL, **changes: Any) -> Insight:
    """Return the insight of the full answer with `changes`: a code, members, or None (absent)."""
    document = deepcopy(FULL)
    for name, change in changes.items():
        if change is None:
            del document["insights"][name]
        elif isinstance(change, str):  # the fields stay beside the code, where they do not count
            document["insights"][name]["status"] = {"code": change, "message": "+447700900123"}
        else:
            document["insights"][name] = change
    return read_answer(json.dumps(document).encode(), asked)


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


REASONS = {
    "INVALID_NUMBER_FORMAT": "not_applicable",
    "UNSUPPORTED_NETWORK_TYPE": "not_applicable",
    "NO_COVERAGE": "no_coverage",
    "NOT_FOUND": "not_found",
    "UNAUTHORIZED": "not_authorized",
    "INVALID_PURPOSE": "not_authorized",
    "SUPPLIER_ERROR": "failed",
    "INTERNAL_ERROR": "failed",
    "SUBSCRIBER_MATCH.ID_DOCUMENT_REQUIRED": "failed",
    "SUBSCRIBER_MATCH.INVALID_PARAM_COMBINATION": "failed",
    "A_CODE_OF_NEXT_YEAR": "failed",
    "": "failed",
}
SIGNAL_OF = {
    "sim_swap": "sim_swap",
    "device_swap": "device_swap",
    "roaming": "roaming",
    "reachability": "reachable",
    "subscriber_match": "match",
    "location_verification": "location",
}


@pytest.mark.parametrize("name", SIGNAL_OF)
@pytest.mark.parametrize("code", REASONS)
def test_fields_beside_any_other_code_do_not_count(name: str, code: str) -> None:
    insight, nothing, signal = answer(**{name: code}), Insight(), SIGNAL_OF[name]
    assert insight.missing == {signal: REASONS[code]}
    assert getattr(insight, signal) == getattr(nothing, signal)
    assert (insight.status, insight.outcome) == (0, 1)
    assert insight.status_text == f"{name} {code or 'UNKNOWN'}"


@pytest.mark.parametrize("name", FULL["insights"])
def test_a_partial_success_counts(name: str) -> None:
    insight = answer(**{name: "PARTIAL_SUCCESS"})
    assert insight.missing == {}
    assert insight.outcome == 0


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
        ("MOBILE", "mobile"),
        ("LANDLINE", "landline"),
        ("TOLLFREE", "landline_tollfree"),
        ("PREMIUM", "landline_premium"),
        ("VIRTUAL", "virtual"),
        ("landline", "landline"),
        ("PAGER", "unknown"),
        (None, "unknown"),
        (7, "unknown"),
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
        ("TRUE", "yes"),
        ("FALSE", "no"),
        ("false", "no"),
        (True, "yes"),
        (False, "no"),
        ("PARTIAL", "partial"),
        ("UNKNOWN", "unknown"),
        (None, "unknown"),
        ("SOON", "unknown"),
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


def test_an_insight_that_did_not_come_has_failed() -> None:
    insight = answer(sim_swap=None)
    assert insight.missing == {"sim_swap": "failed"}


@pytest.mark.parametrize(
    "status", [None, {}, "OK", [], {"code": None}, {"code": 0}, {"code": "o k"}]
)
def test_a_status_that_cannot_be_read_is_no_ok(status: Any) -> None:
    change = {**FULL["insights"]["roaming"], "status": status}
    assert answer(roaming=change).missing == {"roaming": "failed"}


CARRIERS = ("format", "original_carrier", "current_carrier")


@pytest.mark.parametrize(
    ("codes", "error"),
    [
        (["INVALID_NUMBER_FORMAT"] * 3, NumberRefused),
        (["INVALID_NUMBER_FORMAT", "INVALID_NUMBER_FORMAT", "UNAUTHORIZED"], NumberRefused),
        (["SUPPLIER_ERROR", "INTERNAL_ERROR", "SUPPLIER_ERROR"], NoAnswer),
        (["SUPPLIER_ERROR", "INTERNAL_ERROR", "UNAUTHORIZED"], NoAnswer),
        (["NEXT_YEARS", "NEXT_YEARS", "SUPPLIER_ERROR"], NoAnswer),
        (["UNAUTHORIZED", "INVALID_PURPOSE", "UNAUTHORIZED"], NotAllowed),
    ],
)
def test_where_no_insight_answers_the_codes_decide(codes: list[str], error: Any) -> None:
    asked = Asked(insights=dict.fromkeys(CARRIERS, {}))
    with pytest.raises(error) as caught:
        answer(asked, **dict(zip(CARRIERS, codes, strict=True)))
    assert caught.value.request_id == FULL["request_id"]
    assert "447700900123" not in str(caught.value)


@pytest.mark.parametrize(
    "codes",
    [
        ["NO_COVERAGE"] * 3,
        ["INVALID_NUMBER_FORMAT", "NOT_FOUND", "UNAUTHORIZED"],
        ["SUPPLIER_ERROR", "NO_COVERAGE", "SUPPLIER_ERROR"],
    ],
)
def test_an_answer_that_tells_nothing_may_have_been_charged(codes: list[str]) -> None:
    asked = Asked(insights=dict.fromkeys(CARRIERS, {}), signals=frozenset({"country", "carrier"}))
    insight = answer(asked, **dict(zip(CARRIERS, codes, strict=True)))
    assert insight.is_empty
    assert (insight.status, insight.outcome) == (None, 2)
    assert set(insight.missing) == {"country", "carrier"}


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"<html>", b"{}", b'{"insights": {}}', b'{"insights": []}', b'{"insights": null}'],
)
def test_an_answer_without_insights_is_uncertain(body: bytes) -> None:
    with pytest.raises(Uncertain):
        read_answer(body, ALL)


ERRORS = "https://developer.vonage.com/api-errors"


def problem(kind: str, *names: str, **more: Any) -> dict[str, Any]:
    entries = [{"name": name, "reason": "must not be null"} for name in names]
    found = {"type": f"{ERRORS}#{kind}", "title": "t", "detail": "+447700900123", "instance": "i-1"}
    return {**found, **({"invalid_parameters": entries} if entries else {}), **more}


@pytest.mark.parametrize(
    ("status", "document", "error"),
    [
        (400, problem("invalid-json"), NoAnswer),
        (401, problem("unauthorized"), BadCredentials),
        (402, problem("low-balance"), NoCredit),
        (402, problem("payment-required"), NotAllowed),
        (403, problem("low-balance"), NoCredit),
        (403, problem("forbidden"), NotAllowed),
        (403, problem("unprovisioned"), NotAllowed),
        (403, problem("account-suspended"), NotAllowed),
        (403, None, NotAllowed),
        (404, problem("not-found"), Gone),
        (405, problem("method-not-allowed"), NoAnswer),
        (408, None, Uncertain),
        (410, None, Gone),
        (415, problem("content-type-header"), NoAnswer),
        (418, None, NoAnswer),
        (422, problem("validation", "phone_number"), NumberRefused),
        (422, problem("validation", "phone_number", "phone_number"), NumberRefused),
        (422, problem("validation", "phone_number", "purpose"), NoAnswer),
        (422, problem("validation", "insights.sim_swap.period"), NoAnswer),
        (422, problem("validation"), NoAnswer),
        (422, problem("validation", invalid_parameters=["phone_number"]), NoAnswer),
        (422, problem("validation", invalid_parameters="phone_number"), NoAnswer),
        (422, None, NoAnswer),
        (429, problem("rate-limit"), Busy),
        (500, problem("internal-error"), Uncertain),
        (502, None, Uncertain),
        (503, problem("service-unavailable"), Busy),
        (504, None, Uncertain),
        (302, None, Uncertain),
    ],
)
def test_an_error_of_the_request_has_the_class_that_says_what_it_cost(
    status: int, document: Any, error: type[ProviderError]
) -> None:
    body = b"<html>+447700900123" if document is None else b""
    with Stub(says(status, document, body=body)) as stub:
        provider = IdentityInsights(
            application_id=keys.APPLICATION, private_key=keys.private_key(), base_url=stub.url
        )
        with pytest.raises(ProviderError) as caught:
            provider.lookup(Question(number="+447700900123", level="standard"))
    assert type(caught.value) is error
    assert caught.value.http_status == status
    assert caught.value.request_id == ("i-1" if document else "")
    assert "447700900123" not in str(caught.value)
    assert len(stub.requests) == 1


def test_the_instance_goes_by_either_name() -> None:
    document = {"type": "x", "instance_id": "i-2"}
    with Stub(says(500, document)) as stub, pytest.raises(Uncertain) as caught:
        IdentityInsights(
            application_id=keys.APPLICATION, private_key=keys.private_key(), base_url=stub.url
        ).lookup(Question(number="+447700900123", level="basic"))
    assert caught.value.request_id == "i-2"
