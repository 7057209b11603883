"""Twilio's own client, unmodified, takes the sandbox for the real thing."""

from __future__ import annotations

from typing import Any

import pytest
from requests.exceptions import ConnectionError, ReadTimeout
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client
from twilio.rest.lookups.v2.query import QueryList

from number_insight.providers.personas import PERSONAS
from number_insight.sandbox.server import Sandbox
from number_insight.sandbox.twilio_packages import PRICES

CLEAN = "+46701740605"
SID, TOKEN = f"AC{'0' * 32}", "token"
KEY, SECRET = f"SK{'1' * 32}", "secret"
SANDBOX: dict[str, Any] = {"credentials": {SID: TOKEN, KEY: SECRET}}


def client(sandbox: Sandbox, *login: str) -> Client:
    made = Client(*(login or (SID, TOKEN)), http_client=TwilioHttpClient(timeout=2))
    made.lookups.base_url = f"https://localhost:{sandbox.port}"
    return made


def fetch(sandbox: Sandbox, number: str, fields: str = "", **more: Any) -> Any:
    stranger = client(sandbox).lookups.v2.phone_numbers(number)
    return stranger.fetch(fields=fields, **more) if fields else stranger.fetch(**more)


def test_validation_is_free(over_tls: Sandbox) -> None:
    found = fetch(over_tls, CLEAN)
    assert (found.valid, found.phone_number, found.country_code) == (True, CLEAN, "SE")
    assert over_tls.ledger.charged_in("USD") == 0


def test_it_reads_all_ten_packages(over_tls: Sandbox) -> None:
    found = fetch(over_tls, "+12015550105", ",".join(PRICES), first_name="Robin")
    assert found.line_type_intelligence["type"] == "mobile"
    assert found.line_status["status"] == "reachable"
    assert found.caller_name["caller_name"] == "Robin Example"
    assert found.sim_swap["last_sim_swap"]["swapped_in_period"] is False
    assert found.sms_pumping_risk["sms_pumping_risk_score"] == 5
    assert found.identity_match["first_name_match"] == "exact_match"
    assert found.phone_number_quality_score["quality_category"] == "high"
    assert found.call_forwarding["error_code"] == 60607
    assert found.pre_fill["error_code"] == found.reassigned_number["error_code"] == 60617


def test_a_national_number_goes_with_its_country(over_tls: Sandbox) -> None:
    assert fetch(over_tls, "0701740605", country_code="SE").phone_number == CLEAN


def test_a_key_logs_in_without_the_account(over_tls: Sandbox) -> None:
    found = client(over_tls, KEY, SECRET).lookups.v2.phone_numbers(CLEAN).fetch()
    assert found.valid


def test_a_batch_query_keeps_the_number_in_the_body(over_tls: Sandbox) -> None:
    item = QueryList.LookupBatchRequest(
        {
            "correlation_id": "a1",
            "phone_number": CLEAN,
            "fields": ["line_type_intelligence", "line_status"],
        }
    )
    asked = QueryList.LookupRequest({"phone_numbers": [item]})
    found = client(over_tls).lookups.v2.query.create(asked)
    (answer,) = found.phone_numbers
    assert (answer["correlation_id"], answer["phone_number"]) == ("a1", CLEAN)
    assert answer["line_type_intelligence"]["carrier_name"] == "Example Mobile SE"
    assert over_tls.ledger.entries[0].level == "batch"


@pytest.mark.parametrize("number", ["+1202555010000000", "+46", "+46701740693"])
def test_an_invalid_number_is_no_error(over_tls: Sandbox, number: str) -> None:
    found = fetch(over_tls, number, "line_type_intelligence")
    assert found.valid is False
    assert found.validation_errors
    assert over_tls.ledger.charged_in("USD") == 0


@pytest.mark.parametrize(
    ("ending", "status", "code"),
    [
        ("94", 401, 20003),
        ("96", 404, 20404),
        ("91", 429, 20429),
        ("90", 503, 20503),
        ("99", 401, 20005),
    ],
)
def test_it_is_refused_as_by_the_vendor(
    over_tls: Sandbox, ending: str, status: int, code: int
) -> None:
    with pytest.raises(TwilioRestException) as caught:
        fetch(over_tls, f"+467017406{ending}", "line_type_intelligence")
    assert (caught.value.status, caught.value.code) == (status, code)
    assert over_tls.ledger.count() == 1


@pytest.mark.parametrize(("ending", "error"), [("85", ConnectionError), ("80", ReadTimeout)])
def test_a_lost_answer_is_one_request(
    over_tls: Sandbox, ending: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        fetch(over_tls, f"+467017406{ending}", "line_type_intelligence")
    assert over_tls.ledger.count() == 1


ANSWERED = [persona for persona in PERSONAS if persona.is_answered]


@pytest.mark.parametrize("persona", ANSWERED, ids=lambda persona: persona.name)
def test_it_reads_every_persona(over_tls: Sandbox, persona: Any) -> None:
    found = fetch(over_tls, persona.number, "line_type_intelligence,line_status,sms_pumping_risk")
    assert found.phone_number == persona.number
    assert found.sms_pumping_risk.keys() >= {"sms_pumping_risk_score", "error_code"}
