"""The vendor's client of Identity Insights, unmodified, takes the sandbox for the real thing."""

from __future__ import annotations

from typing import Any

import pytest
from vonage import Auth, HttpClientOptions, Vonage
from vonage_http_client import HttpClient
from vonage_http_client.errors import (
    AuthenticationError,
    ForbiddenError,
    HttpRequestError,
    RateLimitedError,
    ServerError,
)
from vonage_identity_insights import (
    EmptyInsight,
    IdentityInsights,
    IdentityInsightsRequest,
    InsightsRequest,
    SimSwapInsight,
)

from number_insight.sandbox.identity import PATH
from number_insight.sandbox.server import Sandbox
from tests.support import keys

CLEAN, SWAPPED, LANDLINE, DEAD = "46701740605", "46701740618", "46701740614", "46701740634"
PURPOSE = "FraudPreventionAndDetection"
SANDBOX: dict[str, Any] = {"public_key": keys.public_key()}


def auth(key: str = "ours") -> Auth:
    return Auth(application_id=keys.APPLICATION, private_key=keys.private_key(key))


def options(sandbox: Sandbox) -> HttpClientOptions:
    host = f"localhost:{sandbox.port}"
    return HttpClientOptions(api_host=host, timeout=5, max_retries=0, pool_maxsize=1)


def directly(sandbox: Sandbox, key: str = "ours") -> IdentityInsights:
    return IdentityInsights(HttpClient(auth(key), options(sandbox)))


def through_vonage(sandbox: Sandbox, key: str = "ours") -> IdentityInsights:
    return Vonage(auth(key), options(sandbox)).identity_insights


def request(number: str, purpose: str | None = PURPOSE) -> IdentityInsightsRequest:
    insights = InsightsRequest(
        format=EmptyInsight(),
        original_carrier=EmptyInsight(),
        current_carrier=EmptyInsight(),
        sim_swap=SimSwapInsight(period=240),
    )
    return IdentityInsightsRequest(phone_number=number, purpose=purpose, insights=insights)


@pytest.mark.parametrize("client", [directly, through_vonage])
def test_it_reads_the_insights_that_it_knows(over_tls: Sandbox, client: Any) -> None:
    told = client(over_tls).requests(request(SWAPPED)).insights
    assert told.format.number_international == f"+{SWAPPED}"
    assert (told.format.country_code, told.format.is_format_valid) == ("SE", True)
    assert told.original_carrier.network_type == told.current_carrier.network_type == "MOBILE"
    assert told.sim_swap.is_swapped is True
    assert told.sim_swap.latest_sim_swap_at is not None
    assert {each.status.code for _, each in told} == {"OK"}
    assert over_tls.ledger.count(SWAPPED) == 1


@pytest.mark.parametrize(
    ("number", "purpose", "codes"),
    [
        (LANDLINE, PURPOSE, ["OK", "UNSUPPORTED_NETWORK_TYPE", "OK", "UNSUPPORTED_NETWORK_TYPE"]),
        (DEAD, PURPOSE, ["OK", "NOT_FOUND", "OK", "NOT_FOUND"]),
        (CLEAN, None, ["OK", "INVALID_PURPOSE", "OK", "OK"]),
    ],
)
def test_it_reads_what_is_not_told(
    over_tls: Sandbox, number: str, purpose: str | None, codes: list[str]
) -> None:
    told = directly(over_tls).requests(request(number, purpose)).insights
    found = [told.format, told.sim_swap, told.original_carrier, told.current_carrier]
    assert [each.status.code for each in found] == codes


def test_all_nine_insights_come_through_its_transport(over_tls: Sandbox) -> None:
    names = ("device_swap", "roaming", "reachability")
    document = {
        "phone_number": CLEAN,
        "purpose": PURPOSE,
        "insights": {
            **dict.fromkeys(names, {}),
            "subscriber_match": {"given_name": "Ada"},
            "location_verification": {
                "location": {
                    "type": "CIRCLE",
                    "radius": 2000,
                    "center": {"latitude": 59.3, "longitude": 18.1},
                }
            },
        },
    }
    client = HttpClient(auth(), options(over_tls))
    told = client.post(client.api_host, PATH, document, "jwt")["insights"]
    assert {each["status"]["code"] for each in told.values()} == {"OK"}
    assert len(told) == 5


@pytest.mark.parametrize("client", [directly, through_vonage])
def test_another_key_is_refused(over_tls: Sandbox, client: Any) -> None:
    with pytest.raises(AuthenticationError):
        client(over_tls, "theirs").requests(request(CLEAN))
    assert over_tls.ledger.charged == 0


@pytest.mark.parametrize(
    ("ending", "error", "status"),
    [
        ("97", ForbiddenError, 403),
        ("91", RateLimitedError, 429),
        ("88", ServerError, 500),
        ("90", HttpRequestError, 503),
        ("96", HttpRequestError, 422),
        ("99", HttpRequestError, 402),
    ],
)
def test_an_error_is_the_one_of_the_vendor(
    over_tls: Sandbox, ending: str, error: Any, status: int
) -> None:
    with pytest.raises(error) as caught:
        directly(over_tls).requests(request(f"467017406{ending}"))
    assert caught.value.response.status_code == status
    assert over_tls.ledger.count() == 1
