"""Identity Insights: the statuses of its insights, the errors of a request, and the ledger."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import requests

from number_insight.sandbox.identity import PRICES
from number_insight.sandbox.identity_answers import INSIGHTS, MESSAGES, PURPOSE
from number_insight.sandbox.server import Sandbox
from tests.sandbox.conftest import CLEAN
from tests.sandbox.identity import ALL, CARRIERS, insights, post
from tests.support import keys


def codes(told: dict[str, Any]) -> dict[str, str]:
    return {name: body["status"]["code"] for name, body in told.items()}


def test_all_nine_insights_are_told_of_the_clean_mobile(service: Sandbox) -> None:
    told = insights(service, CLEAN)
    assert tuple(told) == INSIGHTS
    assert set(codes(told).values()) == {"OK"}
    assert told["format"]["number_international"] == CLEAN
    assert (told["format"]["country_code"], told["format"]["is_format_valid"]) == ("SE", True)
    assert told["original_carrier"] == told["current_carrier"]
    assert told["current_carrier"]["network_type"] == "MOBILE"
    assert (told["sim_swap"]["is_swapped"], told["device_swap"]["is_swapped"]) == (False, False)
    assert told["roaming"]["is_roaming"] is False
    assert told["reachability"]["connectivity"] == ["DATA", "SMS"]
    assert told["subscriber_match"]["given_name_match"] == "EXACT"
    assert told["location_verification"]["is_verified"] == "TRUE"


def test_what_was_not_asked_is_not_told(service: Sandbox) -> None:
    response = post(service).json()
    assert set(response) == {"request_id", "insights"}
    assert len(response["request_id"]) == 36
    assert set(response["insights"]) == set(CARRIERS)


@pytest.mark.parametrize(
    ("ending", "original", "current"),
    [
        ("11", "VIRTUAL", "UNSUPPORTED_NETWORK_TYPE"),
        ("12", "PREMIUM", "UNSUPPORTED_NETWORK_TYPE"),
        ("13", "TOLLFREE", "UNSUPPORTED_NETWORK_TYPE"),
        ("14", "LANDLINE", "UNSUPPORTED_NETWORK_TYPE"),
        ("15", None, "UNSUPPORTED_NETWORK_TYPE"),
        ("34", "MOBILE", "NOT_FOUND"),
        ("51", "MOBILE", "NOT_FOUND"),
        ("70", "MOBILE", "SUPPLIER_ERROR"),
        ("71", "MOBILE", "PARTIAL_SUCCESS"),
    ],
)
def test_a_line_has_the_words_of_the_contract(
    service: Sandbox, ending: str, original: str | None, current: str
) -> None:
    told = insights(service, f"467017406{ending}", CARRIERS)
    assert told["original_carrier"].get("network_type") == original
    assert ("name" in told["original_carrier"]) == (original == "MOBILE")
    assert told["current_carrier"]["status"]["code"] == current
    if current != "PARTIAL_SUCCESS":
        assert set(told["current_carrier"]) == {"status"}


def test_the_registry_needs_a_purpose(service: Sandbox) -> None:
    for purpose in ("", "Marketing"):
        told = codes(insights(service, CLEAN, purpose=purpose))
        assert [name for name, code in told.items() if code == "OK"] == list(CARRIERS)
        assert set(told.values()) == {"OK", "INVALID_PURPOSE"}


def test_a_swap_is_one_within_the_period_that_was_asked(service: Sandbox) -> None:
    for period, swapped in ((19, False), (20, True), (240, True)):
        told = insights(service, "46701740618", {"sim_swap": {"period": period}})["sim_swap"]
        assert told["is_swapped"] is swapped
        assert told["latest_sim_swap_at"].endswith("Z")


def test_roaming_is_told_with_the_country_alone(service: Sandbox) -> None:
    told = insights(service, "46701740620")["roaming"]
    assert (told["is_roaming"], told["country_codes"]) == (True, ["FR"])


def test_an_insight_without_a_schema_is_not_covered(service: Sandbox) -> None:
    told = insights(service, CLEAN, {"format": {}, "number_recycling": {"date": "2020-01-01"}})
    assert codes(told) == {"format": "OK", "number_recycling": "NO_COVERAGE"}


def test_digits_that_are_no_number_have_a_format_alone(service: Sandbox) -> None:
    told = insights(service, "123", CARRIERS)
    assert codes(told)["current_carrier"] == "INVALID_NUMBER_FORMAT"
    assert (told["format"]["is_format_valid"], "country_code" in told["format"]) == (False, False)
    refused = insights(service, "46701740693", CARRIERS)
    assert set(codes(refused).values()) == {"INVALID_NUMBER_FORMAT"}


@pytest.mark.parametrize("code", [*MESSAGES, "SUBSCRIBER_MATCH.ID_DOCUMENT_REQUIRED", "NEW"])
def test_a_test_can_give_an_insight_any_status(sandbox: Sandbox, code: str) -> None:
    sandbox.behave(CLEAN, insights={"sim_swap": code})
    told = insights(sandbox, CLEAN)
    assert told["sim_swap"]["status"]["code"] == code
    assert codes(told)["roaming"] == "OK"


def test_a_test_can_change_a_member_of_an_insight(sandbox: Sandbox) -> None:
    change = {"number": CLEAN, "insights": {"location_verification": {"is_verified": "PARTIAL"}}}
    assert requests.post(f"{sandbox.url}/control", json=change, timeout=5).ok
    told = insights(sandbox, CLEAN)["location_verification"]
    assert (told["is_verified"], told["status"]["code"]) == ("PARTIAL", "OK")
    wrong = {"number": CLEAN, "insights": {"roaming": 7}}
    assert requests.post(f"{sandbox.url}/control", json=wrong, timeout=5).status_code == 400


def test_an_order_with_an_unknown_key_is_told_which_is_meant(sandbox: Sandbox) -> None:
    wrong = {"number": CLEAN, "faults": "503"}
    answer = requests.post(f"{sandbox.url}/control", json=wrong, timeout=5)
    assert answer.status_code == 400
    assert answer.json() == {"error": "there is no key 'faults'. Did you mean 'fault'?"}


@pytest.mark.parametrize(
    ("ending", "status", "kind"),
    [
        ("90", 503, "service-unavailable"),
        ("88", 500, "internal-error"),
        ("91", 429, "rate-limit"),
        ("94", 401, "unauthorized"),
        ("96", 422, "validation"),
        ("97", 403, "forbidden"),
        ("99", 402, "low-balance"),
    ],
)
def test_a_persona_in_trouble_is_a_problem(
    sandbox: Sandbox, ending: str, status: int, kind: str
) -> None:
    response = post(sandbox, {"phone_number": f"467017406{ending}", "insights": CARRIERS})
    assert (response.status_code, response.json()["type"].split("#")[1]) == (status, kind)


def test_the_busy_persona_answers_the_second_time(sandbox: Sandbox) -> None:
    document = {"phone_number": "46701740691", "insights": CARRIERS}
    assert [post(sandbox, document).status_code for _ in range(2)] == [429, 200]


def test_the_ledger_has_each_request_and_its_price(sandbox: Sandbox) -> None:
    insights(sandbox, CLEAN)
    insights(sandbox, "46701740614", purpose="")
    post(sandbox, token="x")
    first, second, third = sandbox.ledger.entries
    assert first.price == sum(PRICES.values(), Decimal(0))
    assert second.price == PRICES["original_carrier"] + PRICES["current_carrier"]
    assert (third.price, third.status) == (0, 401)
    assert first.params == {"insights": ", ".join(ALL), "purpose": PURPOSE}
    assert second.params["untold"].startswith("current_carrier UNSUPPORTED_NETWORK_TYPE, sim_swap")
    assert sandbox.ledger.balance == 10 - first.price - second.price


def test_the_ledger_and_the_page_hold_no_token_and_no_name(sandbox: Sandbox) -> None:
    token = keys.token()
    post(sandbox, {"phone_number": CLEAN, "purpose": PURPOSE, "insights": ALL}, token=token)
    for path in ("/ledger.json", "/"):
        shown = requests.get(sandbox.url + path, timeout=5).text
        assert "subscriber_match" in shown
        assert token not in shown
        assert "Ada" not in shown


def test_an_answer_that_the_balance_does_not_cover_is_http_402() -> None:
    with Sandbox(balance="0.01") as sandbox:
        statuses = [post(sandbox).status_code for _ in range(3)]
        assert statuses == [200, 200, 402]
        assert sandbox.ledger.balance == 0
