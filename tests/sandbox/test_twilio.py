"""The sandbox answers as Twilio Lookup v2 does: packages, their errors, and those of the whole."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
import requests

from number_insight.providers.personas import PERSONAS, persona_named
from number_insight.sandbox.server import Sandbox
from number_insight.sandbox.twilio_packages import PRICES
from tests.sandbox.conftest import ACCOUNT, CLEAN


def get(sandbox: Sandbox, number: str = CLEAN, fields: str = "", **more: Any) -> requests.Response:
    params = {"Fields": fields, **more} if fields else more
    url = f"{sandbox.twilio_url}/v2/PhoneNumbers/{number.replace('+', '%2B')}"
    return requests.get(url, params=params, auth=ACCOUNT, timeout=5, allow_redirects=False)


def batch(sandbox: Sandbox, *items: dict[str, Any]) -> requests.Response:
    url = f"{sandbox.twilio_url}/v2/batch/query"
    return requests.post(url, json={"phone_numbers": items}, auth=ACCOUNT, timeout=5)


def number_of(name: str) -> str:
    return persona_named(name).number


@pytest.fixture
def sandbox() -> Any:
    with Sandbox() as running:
        yield running


def test_validation_is_free_and_holds_every_key(sandbox: Sandbox) -> None:
    found = get(sandbox).json()
    assert found["phone_number"] == CLEAN
    assert (found["valid"], found["validation_errors"]) == (True, [])
    assert (found["country_code"], found["calling_country_code"]) == ("SE", "46")
    assert found["url"].endswith(f"/v2/PhoneNumbers/{CLEAN}")
    assert {found[name] for name in PRICES} == {None}
    assert sandbox.ledger.charged_in("USD") == 0
    assert sandbox.ledger.count(CLEAN) == 1


def test_each_package_is_charged_in_dollars_and_none_in_euros(sandbox: Sandbox) -> None:
    found = get(sandbox, fields="line_type_intelligence,line_status").json()
    assert found["line_type_intelligence"] == {
        "type": "mobile",
        "carrier_name": "Example Mobile SE",
        "mobile_country_code": "240",
        "mobile_network_code": "99",
        "error_code": None,
    }
    assert found["line_status"] == {"status": "reachable", "error_code": None}
    assert str(sandbox.ledger.charged_in("USD")) == "0.015"
    assert sandbox.ledger.charged == 0
    account = sandbox.ledger.as_json()["accounts"]["USD"]
    assert account == {"balance": "9.985", "charged": "0.015"}
    assert "$ 0.015" in requests.get(sandbox.url, timeout=5).text


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *(("clean-mobile", "mobile"), ("landline", "landline"), ("virtual", "nonFixedVoip")),
        *(("cable-line", "fixedVoip"), ("toll-free", "tollFree")),
        *(("premium", "premium"), ("pager", "pager")),
    ],
)
def test_line_types_are_in_the_vendors_words(sandbox: Sandbox, name: str, kind: str) -> None:
    found = get(sandbox, number_of(name), "line_type_intelligence").json()
    assert found["line_type_intelligence"]["type"] == kind


@pytest.mark.parametrize(
    ("name", "fields", "code"),
    [
        ("landline", "line_status", 60612),
        ("partial-43", "line_status", 60607),
        ("partial-44", "line_type_intelligence", 60613),
        ("nothing", "line_type_intelligence", 60600),
        ("not-allowed", "line_type_intelligence", 60606),
        ("internal-error", "line_type_intelligence", 60608),
        ("clean-mobile", "call_forwarding", 60607),
        ("clean-mobile", "identity_match", 60617),
    ],
)
def test_an_error_in_a_package_leaves_the_answer_at_200(
    sandbox: Sandbox, name: str, fields: str, code: int
) -> None:
    response = get(sandbox, number_of(name), fields)
    assert response.status_code == 200
    assert response.json()[fields]["error_code"] == code
    assert (sandbox.ledger.charged_in("USD") > 0) == (code == 60613)


@pytest.mark.parametrize(
    ("number", "error"),
    [("+1202555010000000", "TOO_LONG"), ("+46", "TOO_SHORT"), ("+4670CALL", "NOT_A_NUMBER")],
)
def test_an_impossible_number_is_a_free_answer(sandbox: Sandbox, number: str, error: str) -> None:
    response = get(sandbox, number, "line_type_intelligence")
    assert response.status_code == 200
    assert (response.json()["valid"], response.json()["validation_errors"]) == (False, [error])
    assert sandbox.ledger.charged_in("USD") == 0


def test_a_number_without_a_plus_is_national(sandbox: Sandbox) -> None:
    assert get(sandbox, "0701740605", CountryCode="SE").json()["phone_number"] == CLEAN
    assert get(sandbox, "2015550105").json()["phone_number"] == "+12015550105"


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("credentials", 401, 20003),
        ("no-credit", 401, 20005),
        ("unparseable", 404, 20404),
        ("busy-once", 429, 20429),
        ("http-503", 503, 20503),
    ],
)
def test_an_error_of_the_whole_is_free_and_in_the_vendors_form(
    sandbox: Sandbox, name: str, status: int, code: int
) -> None:
    response = get(sandbox, number_of(name), "line_type_intelligence")
    assert response.status_code == status
    assert response.json()["code"] == code
    assert response.json()["status"] == status
    assert response.headers["Twilio-Request-Id"].startswith("RQ")
    assert sandbox.ledger.charged_in("USD") == 0


def test_a_package_is_changed_by_its_name(sandbox: Sandbox) -> None:
    changes = {"line_status": "60606", "line_type_intelligence": {"type": "sharedCost"}}
    sandbox.behave(CLEAN, insights=changes)
    found = get(sandbox, CLEAN, "line_type_intelligence,line_status").json()
    assert found["line_status"] == {"status": None, "error_code": 60606}
    assert found["line_type_intelligence"]["type"] == "sharedCost"
    assert str(sandbox.ledger.charged_in("USD")) == "0.008"


def test_a_changed_sim_has_its_date(sandbox: Sandbox) -> None:
    found = get(sandbox, number_of("sim-swapped"), "sim_swap").json()["sim_swap"]
    assert found["last_sim_swap"]["swapped_in_period"] is True
    assert found["last_sim_swap"]["last_sim_swap_date"].endswith("Z")


def test_a_batch_answers_each_item_by_its_correlation_id(sandbox: Sandbox) -> None:
    response = batch(
        sandbox,
        {"correlation_id": "a", "phone_number": CLEAN, "fields": ["line_type_intelligence"]},
        {"correlation_id": "b", "phone_number": number_of("unparseable"), "fields": []},
    )
    first, second = response.json()["phone_numbers"]
    assert (first["correlation_id"], second["correlation_id"]) == ("a", "b")
    assert first["line_type_intelligence"]["type"] == "mobile"
    assert second["twilio_error_code"] == 20404
    assert "pre_fill" not in first


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v2/PhoneNumbers/%2B46701740605?Fields=fortune", None, 400),
        ("POST", "/v2/batch/query", "no JSON", 400),
        ("POST", "/v2/batch/query", '{"phone_numbers": []}', 400),
        ("POST", "/v2/batch/query", '{"phone_numbers": [{"fields": ["pre_fill"]}]}', 400),
        ("POST", "/v2/PhoneNumbers/%2B46701740605", None, 405),
        ("GET", "/v2/batch/query", None, 405),
    ],
)
def test_a_malformed_request_is_refused(
    sandbox: Sandbox, method: str, path: str, body: str | None, status: int
) -> None:
    response = requests.request(
        method, sandbox.twilio_url + path, data=body, auth=ACCOUNT, timeout=5
    )
    assert response.status_code == status
    assert sandbox.ledger.charged_in("USD") == 0


def test_credentials_pace_and_credit_are_those_of_the_account() -> None:
    with Sandbox(credentials={"AC1": "token"}, balance="0.001") as closed:
        assert get(closed).status_code == 401
        url = f"{closed.twilio_url}/v2/PhoneNumbers/{CLEAN}?Fields=line_type_intelligence"
        assert requests.get(url, auth=("AC1", "token"), timeout=5).json()["code"] == 20005
    with Sandbox(throughput=1) as slow:
        assert [get(slow).status_code for _ in range(2)] == [200, 429]


def test_a_lost_answer_is_charged_and_an_early_refusal_is_not(sandbox: Sandbox) -> None:
    for fault in ("half", "404"):
        sandbox.behave(CLEAN, fault=fault)
        with suppress(requests.RequestException, ValueError):
            get(sandbox, CLEAN, "line_type_intelligence").json()
    prices = [str(entry.price) for entry in sandbox.ledger.entries]
    assert prices == ["0.008", "0"]


@pytest.mark.parametrize("persona", PERSONAS, ids=lambda persona: persona.name)
def test_every_persona_is_booked_once_and_shown(sandbox: Sandbox, persona: Any) -> None:
    sandbox.behave(persona.number, fault="" if persona.fault in ("hang", "drip") else None)
    try:
        get(sandbox, persona.number, ",".join(PRICES), FirstName="Robin")
    except requests.RequestException:
        assert persona.fault
    assert sandbox.ledger.count(persona.number) == 1
    page = requests.get(sandbox.url, timeout=5).text
    assert "twilio · lookup" in page
    assert "Robin" not in page
