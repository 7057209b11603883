"""The vendor's own client, unmodified, takes the sandbox for the real thing."""

from __future__ import annotations

from typing import Any

import pytest
from vonage import Auth, HttpClientOptions, Vonage
from vonage_number_insight import (
    AdvancedAsyncInsightRequest,
    AdvancedSyncInsightRequest,
    BasicInsightRequest,
    NumberInsight,
    StandardInsightRequest,
)
from vonage_number_insight.errors import NumberInsightError

from number_insight.providers.vonage import NumberInsight as Ours
from number_insight.sandbox.server import Sandbox
from tests.sandbox.conftest import Receiver
from tests.support.waiting import until

CLEAN, TRAVELLER, REFUSED = "46701740605", "46701740620", "46701740693"
SANDBOX: dict[str, Any] = {"credentials": {"key": "secret"}, "callback_delay": 0}


def client(sandbox: Sandbox, secret: str = "secret") -> NumberInsight:
    options = HttpClientOptions(api_host=f"localhost:{sandbox.port}", timeout=5, max_retries=0)
    return Vonage(Auth(api_key="key", api_secret=secret), options).number_insight


def test_it_reads_every_level(over_tls: Sandbox) -> None:
    stranger = client(over_tls)
    basic = stranger.get_basic_info(BasicInsightRequest(number=CLEAN))
    asked = StandardInsightRequest(number="12015550111", country="US", cnam=True)
    standard = stranger.get_standard_info(asked)
    advanced = stranger.get_advanced_info_sync(AdvancedSyncInsightRequest(number=TRAVELLER))
    assert (basic.status, basic.international_format_number) == (0, CLEAN)
    assert (basic.country_code, basic.country_code_iso3) == ("SE", "SWE")
    assert standard.current_carrier.network_type == "virtual"
    assert standard.caller_identity.caller_name == "EXAMPLE COMPANY"
    assert standard.request_price == "0.01500000"
    assert (advanced.reachable, advanced.valid_number) == ("reachable", "valid")
    assert advanced.roaming.roaming_country_code == "FR"
    assert str(over_tls.ledger.charged) == "0.045"


def test_it_is_called_back(over_tls: Sandbox, receiver: Receiver) -> None:
    request = AdvancedAsyncInsightRequest(number=TRAVELLER, callback=receiver.url)
    promise = client(over_tls).get_advanced_info_async(request)
    assert (promise.status, promise.number) == (0, TRAVELLER)
    assert until(lambda: receiver.received)
    insight = Ours().read_callback(receiver.bodies[0])
    assert (insight.request_id, insight.roaming.country) == (promise.request_id, "FR")


@pytest.mark.parametrize(
    ("secret", "number", "words"),
    [("secret", REFUSED, "Invalid request"), ("wrong", CLEAN, "Invalid credentials")],
)
def test_it_is_refused_as_by_the_vendor(
    over_tls: Sandbox, secret: str, number: str, words: str
) -> None:
    with pytest.raises(NumberInsightError, match=words):
        client(over_tls, secret).get_basic_info(BasicInsightRequest(number=number))
