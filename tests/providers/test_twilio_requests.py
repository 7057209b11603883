"""The request to Twilio, its credentials, its price, and the options."""

from __future__ import annotations

import logging
from decimal import Decimal
from typing import Any

import pytest

from number_insight.exceptions import BadCredentials, Uncertain, Unsupported
from number_insight.providers import twilio_errors
from number_insight.providers.base import Question
from number_insight.providers.twilio import Lookup
from tests.providers.twilio import ALL, LINE, NUMBER, ask, batch_of, document, provider, told
from tests.support.stubs import Stub, closes, says


def test_a_dropped_connection_is_one_request() -> None:
    for options in ({}, {"batch": True}):
        with pytest.raises(Uncertain):
            ask(closes, **options)


def test_the_get_holds_what_the_contract_says() -> None:
    with Stub(says(200, document(line_type_intelligence=LINE))) as stub:
        provider(stub).lookup(Question(number=NUMBER, level="advanced", ip="192.0.2.7"))
    (seen,) = stub.requests
    head = seen.raw.partition(b"\r\n")[0]
    assert head.startswith(b"GET /v2/PhoneNumbers/%2B447700900123?Fields=")
    assert seen.query == {"Fields": ["line_type_intelligence,line_status"]}
    assert seen.headers["authorization"] == "Basic QUMxOnQ="
    assert b"192.0.2.7" not in seen.raw


def test_a_basic_question_asks_no_package() -> None:
    with Stub(says(200, document())) as stub:
        insight = provider(stub).lookup(Question(number=NUMBER, level="basic"))
    assert stub.requests[0].query == {}
    assert (insight.country, insight.country_iso3, insight.outcome) == ("GB", "GBR", None)


def test_a_batch_query_holds_one_number_and_hides_it_in_the_body() -> None:
    with Stub(batch_of(document(line_type_intelligence=LINE))) as stub:
        provider(stub, batch=True).lookup(Question(number=NUMBER, level="standard"))
    (seen,) = stub.requests
    head, _, body = seen.raw.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /v2/batch/query HTTP/1.1")
    assert b"447700900123" not in head
    assert body.count(b'"phone_number"') == 1
    assert b'"fields": ["line_type_intelligence"]' in body


def test_an_api_key_needs_no_account() -> None:
    with Stub(says(200, document())) as stub:
        one = Lookup(api_key="SK1", api_secret="s", account_sid="AC1", base_url=stub.url)
        one.lookup(Question(number=NUMBER, level="basic"))
    assert stub.requests[0].headers["authorization"] == "Basic U0sxOnM="


@pytest.mark.parametrize(
    ("options", "ids", "words"),
    [
        ({}, ["E010", "E010"], "account_sid"),
        ({"api_key": "SK1"}, ["E010"], "api_secret"),
        ({"account_sid": "AC1"}, ["E010"], "auth_token"),
        ({"packages": ["sim_swop"]}, ["E013"], "sim_swop"),
        ({"packages": "sim_swap"}, ["E013"], "sim_swap"),
        ({"packages": None}, ["E013"], "None"),
        ({"packages": [7]}, ["E013"], "7"),
        ({"packages": ["pre_fill"], "batch": True}, ["E013"], "pre_fill"),
        ({"batch": "yes"}, ["E013"], "batch"),
        ({"base_url": "http://lookups.example"}, ["E011"], "https"),
        ({"base_url": 7}, ["E011"], "base_url"),
        ({"timeout": "slow"}, ["E013"], "timeout"),
        ({"prices": {"advanced": "1"}}, ["E012"], "advanced"),
        ({"prices": {"sim_swap": "much"}}, ["E012"], "much"),
        ({"packages": ALL}, [], ""),
        ({"packages": []}, [], ""),
    ],
)
def test_a_wrong_option_is_one_sentence(
    options: dict[str, Any], ids: list[str], words: str
) -> None:
    login = {"account_sid": "AC1", "auth_token": "t"}
    has_login = ids[:1] == ["E010"]
    faults = list(Lookup(**({} if has_login else login), **options).check())
    assert [fault.id for fault in faults] == ids
    assert words in "".join(fault.message for fault in faults)


def test_wrong_options_break_no_lookup_and_ask_nothing_without_a_login() -> None:
    with Stub(says(200, document(line_type_intelligence=LINE))) as stub:
        odd = provider(stub, packages=["sim_swop", 7], prices={"line_type_intelligence": "much"})
        insight = odd.lookup(Question(number=NUMBER, level="advanced"))
        assert (insight.line_type, insight.price) == ("mobile", Decimal("0.008"))
        with pytest.raises(BadCredentials, match="Nothing was asked"):
            Lookup(base_url=stub.url).lookup(Question(number=NUMBER, level="basic"))
        with pytest.raises(Unsupported):
            provider(stub).lookup(Question(number=NUMBER, level="platinum"))
    assert len(stub.requests) == 1


def test_signals_and_prices_are_those_of_the_packages() -> None:
    standard = {"country", "line_type", "carrier", "voip", "caller"}
    usual, many, none = Lookup(), Lookup(packages=ALL), Lookup(packages=[])
    assert usual.signals["basic"] == {"country"}
    assert usual.signals["standard"] == none.signals["advanced"] == standard
    assert usual.signals["advanced"] == standard | {"valid_number", "reachable"}
    more = {"sim_swap", "call_forwarding", "match", "reassigned", "risk"}
    assert many.signals["advanced"] == usual.signals["advanced"] | more
    asked = Question(number=NUMBER, level="advanced")
    assert (usual.currency, usual.price(asked)) == ("USD", Decimal("0.015"))
    assert none.price(asked) == Decimal("0.008")


def test_a_package_without_approval_is_warned_of_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twilio_errors, "_warned", set())
    caplog.set_level(logging.WARNING)
    for _ in range(3):
        told(line_type_intelligence=LINE, line_status={"error_code": 60606})
        told(line_type_intelligence=LINE, line_status={"error_code": 60614})
    messages = [record.getMessage() for record in caplog.records]
    assert [("approved" in text, "region" in text) for text in messages] == [
        (True, False),
        (False, True),
    ]
