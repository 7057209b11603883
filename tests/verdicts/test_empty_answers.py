"""An answer that tells nothing is no answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from number_insight.insight import Carrier, Insight, IPMatch, RealTime, Roaming
from number_insight.lookups import callbacks
from number_insight.models import NumberInsightRecord
from number_insight.providers import wire
from number_insight.providers.fake import Fake
from number_insight.screening import webhook
from tests.support.stage import CLEAN, asking, money, screened, the_lookup

pytestmark = pytest.mark.django_db


NOTHING: dict[str, Any] = {
    **Insight(status=0, request_id="r-1", status_text="m", price=Decimal("0.03")).as_json()
}


FORMATS = {
    "number": CLEAN,
    "national_format": "070-174 06 05",
    "country": "SE",
    "country_iso3": "SWE",
    "country_name": "Sweden",
    "country_prefix": "46",
}


BODIES: dict[str, Callable[[], Insight]] = {
    "JSON": lambda: wire.read_answer(b'{"status":0}'),
    "JSON, partial": lambda: wire.read_answer(
        b'{"status":44,"request_id":"r-1","status_message":"m"}'
    ),
    "JSON with the price": lambda: wire.read_answer(
        b'{"status":0,"request_price":"0.03","refund_price":"0","remaining_balance":"9"}'
    ),
    "JSON of nulls": lambda: wire.read_answer(
        b'{"status":0,"current_carrier":{"network_code":null,"name":null,"country":null,'
        b'"network_type":null},"original_carrier":null,"ported":"unknown","roaming":"unknown",'
        b'"valid_number":"unknown","reachable":"unknown"}'
    ),
    "JSON of formats": lambda: wire.read_answer(
        b'{"status":0,"international_format_number":"46701740605","country_code":"SE",'
        b'"national_format_number":"070-174 06 05","country_name":"Sweden","country_prefix":"46"}'
    ),
    "JSON with the country once more": lambda: wire.read_answer(
        b'{"status":0,"country_code":"SE","current_carrier":{"country":"SE","name":"unknown"}}'
    ),
    "JSON with our own IP": lambda: wire.read_answer(
        b'{"status":0,"ip":{"address":"8.8.8.8","ip_match_level":null}}'
    ),
    "XML": lambda: wire.read_answer(
        b'<lookup><error code="0">m</error><request_id>r-1</request_id></lookup>', format="xml"
    ),
    "XML, partial": lambda: wire.read_answer(
        b'<lookup><error code="44">m</error><number>46701740605</number></lookup>', format="xml"
    ),
    "a callback": lambda: wire.read_callback(b'{"status":0}'),
    "a callback that timed out": lambda: wire.read_callback(b'{"status":1,"request_id":"r"}'),
    "a callback that failed": lambda: wire.read_callback(b'{"status":2,"request_id":"r"}'),
    "the fake provider": lambda: Fake().read_callback(json.dumps(NOTHING).encode()),
    "a refund, and what follows from the number": lambda: Insight(
        outcome=2, valid_number="inferred"
    ),
}


@pytest.mark.parametrize("body", BODIES)
def test_an_answer_that_tells_nothing_is_empty(body: str) -> None:
    assert BODIES[body]().is_empty


@pytest.mark.parametrize(
    "facts",
    [
        {"line_type": "mobile"},
        {"current_carrier": Carrier(name="Telia")},
        {"country": "SE", "current_carrier": Carrier(country="NO")},
        {"original_carrier": Carrier(network_code="24001")},
        {"ported": "assumed_not_ported"},
        {"valid_number": "inferred"},
        {"reachable": "absent"},
        {"roaming": Roaming(status="not_roaming")},
        {"ip": IPMatch(match="country")},
        {"real_time": RealTime(active=False)},
        {"outcome": 1, "valid_number": "inferred"},
    ],
    ids=str,
)
def test_a_single_fact_makes_an_answer(facts: dict[str, Any]) -> None:
    assert not replace(Insight(status=44), **facts).is_empty


@pytest.mark.parametrize("formats", [{}, FORMATS], ids=["bare", "with formats"])
@pytest.mark.parametrize("verdict", ["allow", "review", "deny"])
def test_a_signup_without_facts_has_no_answer(formats: dict[str, Any], verdict: str) -> None:
    with asking({CLEAN: {**NOTHING, **formats}}, ON_NO_ANSWER=verdict):
        record = screened(CLEAN, level="advanced")
    assert (record.state, record.basis, record.lane) == ("failed", "no_answer", "no_answer")
    assert (record.verdict, the_lookup().state) == (verdict, "failed")
    assert money() == ("0.03", "0")


def test_an_answer_that_tells_nothing_costs_what_was_charged() -> None:
    with asking({CLEAN: {**NOTHING, "price": "0.02", "refund": "0.02"}}):
        screened(CLEAN, level="advanced")
    assert money() == ("0", "0")


@pytest.mark.parametrize("body", [b'{"status":1,"status_message":"m"}', b'{"status":0}'])
def test_a_callback_without_facts_is_no_answer(body: bytes) -> None:
    options = {"api_key": "k", "api_secret": "s", "prices": {"advanced": "0.03"}}
    vonage = {"BACKEND": "number_insight.providers.vonage.NumberInsight", "OPTIONS": options}
    with asking(DELIVERY="async", CALLBACK_BASE_URL="https://www.example.com"):
        record = screened(CLEAN, level="advanced")
    lookup = the_lookup()
    assert (lookup.state, callbacks.lookup_id_of(callbacks.token_for(lookup.pk))) == (
        "submitted",
        lookup.pk,
    )
    with asking(PROVIDERS={"default": vonage}):
        webhook.absorb(lookup.pk, body)
    record.refresh_from_db()
    assert (record.verdict, record.basis, record.lane) == ("review", "no_answer", "no_answer")
    assert money() == ("0.03", "0")


def test_the_formats_are_an_answer_where_nothing_else_was_asked() -> None:
    record = screened(CLEAN, level="basic", under=asking())
    assert (record.basis, record.verdict) == ("answer", "allow")


@pytest.mark.parametrize("level", ["basic", "standard"])
def test_nothing_at_all_is_no_answer_at_any_level(level: str) -> None:
    blank = dict.fromkeys(FORMATS)
    with asking({CLEAN: {**NOTHING, **blank, "number": ""}}):
        assert screened(CLEAN, level=level).basis == "no_answer"


def test_the_command_has_no_answer_to_print() -> None:
    with asking({CLEAN: NOTHING}), pytest.raises(CommandError, match="could find out nothing"):
        call_command("number_insight_lookup", CLEAN, record=True)
    assert money() == ("0.03", "0")
    assert not NumberInsightRecord.objects.exists()
