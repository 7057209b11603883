"""The vendor's own client, unmodified, meets in the sandbox what it meets in earnest."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from vonage import Auth, HttpClientOptions, Vonage
from vonage_http_client.errors import HttpRequestError
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
from tests.support import certificates

CLEAN, TRAVELLER, REFUSED = "46701740605", "46701740620", "46701740693"


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """A sandbox with a certificate, for the vendor's client speaks nothing but https."""
    certificate = certificates.make(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.cert))
    tls = (certificate.cert, certificate.key)
    with Sandbox(tls=tls, credentials={"key": "secret"}, callback_delay=0) as running:
        yield running


def client(sandbox: Sandbox, secret: str = "secret") -> NumberInsight:
    options = HttpClientOptions(api_host=f"localhost:{sandbox.port}", timeout=5, max_retries=0)
    return Vonage(Auth(api_key="key", api_secret=secret), options).number_insight


def test_basic(sandbox: Sandbox) -> None:
    found = client(sandbox).get_basic_info(BasicInsightRequest(number=CLEAN))
    assert (found.status, found.international_format_number) == (0, CLEAN)
    assert (found.country_code, found.country_code_iso3) == ("SE", "SWE")


def test_standard(sandbox: Sandbox) -> None:
    asked = StandardInsightRequest(number="14155550105", country="US", cnam=True)
    found = client(sandbox).get_standard_info(asked)
    assert found.current_carrier is not None
    assert found.current_carrier.network_type == "mobile"
    assert found.caller_identity is not None
    assert found.caller_identity.first_name == "Robin"
    assert found.request_price is not None


def test_advanced(sandbox: Sandbox) -> None:
    asked = AdvancedSyncInsightRequest(number=TRAVELLER)
    found = client(sandbox).get_advanced_info_sync(asked)
    assert (found.reachable, found.valid_number) == ("reachable", "valid")
    assert getattr(found.roaming, "roaming_country_code", None) == "FR"


def test_advanced_asynchronously(sandbox: Sandbox) -> None:
    posted: list[bytes] = []
    arrived = threading.Event()

    class Webhook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()
            arrived.set()

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Webhook) as webhook:
        threading.Thread(target=webhook.serve_forever, args=(0.02,), daemon=True).start()
        url = f"http://127.0.0.1:{webhook.server_port}/ni/token/"
        asked = AdvancedAsyncInsightRequest(number=TRAVELLER, callback=url)
        promise = client(sandbox).get_advanced_info_async(asked)
        assert arrived.wait(5)
        webhook.shutdown()
    assert (promise.status, promise.number) == (0, TRAVELLER)
    insight = Ours().read_callback(posted[0])
    assert insight.request_id == promise.request_id
    assert insight.roaming.country == "FR"


def test_what_is_refused_is_an_error_of_the_client(sandbox: Sandbox) -> None:
    with pytest.raises(NumberInsightError):
        client(sandbox).get_basic_info(BasicInsightRequest(number=REFUSED))


def test_wrong_credentials_are_an_error_of_the_client(sandbox: Sandbox) -> None:
    with pytest.raises((NumberInsightError, HttpRequestError)):
        client(sandbox, secret="wrong").get_basic_info(BasicInsightRequest(number=CLEAN))
