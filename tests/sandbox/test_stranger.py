"""The vendor's own client, unmodified, takes the sandbox for the real thing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

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

from number_insight.sandbox.server import Sandbox
from tests.sandbox.conftest import Receiver
from tests.support import certificates
from tests.support.waiting import until


@pytest.fixture
def account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A sandbox behind https, whose certificate the client trusts."""
    made = certificates.make(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(made.cert))
    with Sandbox(tls=(made.cert, made.key), credentials={"key": "secret"}) as sandbox:
        yield sandbox


def client(sandbox: Sandbox, secret: str = "secret") -> NumberInsight:
    options = HttpClientOptions(api_host=f"127.0.0.1:{sandbox.port}", max_retries=0)
    return Vonage(Auth(api_key="key", api_secret=secret), options).number_insight


def test_it_reads_every_level(account: Sandbox) -> None:
    stranger = client(account)
    basic = stranger.get_basic_info(BasicInsightRequest(number="46701740605"))
    standard = stranger.get_standard_info(StandardInsightRequest(number="12015550111", cnam=True))
    advanced = stranger.get_advanced_info_sync(AdvancedSyncInsightRequest(number="46701740630"))
    assert basic.country_code_iso3 == "SWE"
    assert standard.current_carrier.network_type == "virtual"
    assert standard.caller_identity.caller_name == "EXAMPLE COMPANY"
    assert (advanced.reachable, advanced.roaming.status) == ("absent", "not_roaming")
    assert str(account.ledger.charged) == "0.045"


def test_it_is_called_back(account: Sandbox, receiver: Receiver) -> None:
    request = AdvancedAsyncInsightRequest(number="46701740605", callback=receiver.url)
    promise = client(account).get_advanced_info_async(request)
    assert until(lambda: receiver.received)
    assert json.loads(receiver.bodies[0])["request_id"] == promise.request_id


def test_it_is_refused_as_by_the_vendor(account: Sandbox) -> None:
    with pytest.raises(NumberInsightError, match="Invalid credentials"):
        client(account, "bad").get_basic_info(BasicInsightRequest(number="46701740605"))
