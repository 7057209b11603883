"""The KPN deployment: tokens, quota headers, and errors in the gateway's own words."""

from __future__ import annotations

import requests

from number_insight.sandbox.server import Sandbox
from tests.sandbox.conftest import CLEAN, Receiver, ask_kpn, bearer
from tests.support.waiting import until


def test_a_token_tells_every_number_as_a_string(sandbox: Sandbox) -> None:
    token = bearer(sandbox).json()
    assert (token["expires_in"], token["token_type"], token["status"]) == (
        "3599",
        "Bearer",
        "approved",
    )
    assert len(token["issued_at"]) == 13  # milliseconds
    assert all(isinstance(token[key], str) for key in ("refresh_count", "issued_at", "scope"))


def test_each_level_answers_the_bearer_of_a_token(sandbox: Sandbox) -> None:
    token = bearer(sandbox).json()["access_token"]
    for level in ("basic", "standard", "advanced"):
        response = ask_kpn(sandbox, token, path=level)
        assert response.json()["status"] == 0
        assert ("valid_number" in response.json()) == (level == "advanced")
        assert response.headers["quota-limit"] == "1000"
        assert response.headers["api-version"] == "1.1.1"
    assert response.headers["quota-used"] == "3"


def test_a_bad_client_gets_no_token() -> None:
    with Sandbox(credentials={"key": "secret"}) as sandbox:
        assert bearer(sandbox).status_code == 200
        bad = bearer(sandbox, client_secret="other")
        assert (bad.status_code, bad.json()["ErrorCode"]) == (401, "invalid_client")
        no_grant = requests.post(sandbox.token_url, data={"client_id": "key"}, timeout=5)
        assert no_grant.status_code == 400


def test_without_a_good_token_the_gateway_says_401_in_its_envelope(sandbox: Sandbox) -> None:
    response = ask_kpn(sandbox, "forged")
    assert response.status_code == 401
    assert set(response.json()) == {"transactionId", "status", "name", "message", "info"}
    assert response.json()["status"] == "401"
    assert sandbox.ledger.charged == 0


def test_a_token_expires() -> None:
    with Sandbox(token_lifetime=0.2) as sandbox:
        token = bearer(sandbox).json()["access_token"]
        assert ask_kpn(sandbox, token).status_code == 200
        assert until(lambda: ask_kpn(sandbox, token).status_code == 401, 2)


def test_tokens_can_be_made_worthless_before_their_time(sandbox: Sandbox) -> None:
    token = bearer(sandbox).json()["access_token"]
    sandbox.expire_tokens()
    assert ask_kpn(sandbox, token).status_code == 401


def test_more_than_a_second_bears_is_http_429() -> None:
    with Sandbox(throughput=1) as sandbox:
        token = bearer(sandbox).json()["access_token"]
        replies = [ask_kpn(sandbox, token) for _ in range(3)]
        assert replies[0].status_code == 200
        throttled = [reply for reply in replies if reply.status_code == 429]
        assert throttled
        assert throttled[0].json()["status"] == "429"


def test_only_post_and_only_known_resources(sandbox: Sandbox) -> None:
    token = {"Authorization": f"Bearer {bearer(sandbox).json()['access_token']}"}
    get = requests.get(f"{sandbox.kpn_url}/basic?number={CLEAN}", headers=token, timeout=5)
    assert (get.status_code, get.json()["status"]) == (405, "405")
    other = requests.post(f"{sandbox.kpn_url}/basic/json", headers=token, timeout=5)
    assert (other.status_code, other.json()["status"]) == (404, "404")


def test_a_basic_header_opens_nothing_at_the_gateway(sandbox: Sandbox) -> None:
    response = requests.post(
        f"{sandbox.kpn_url}/basic", data={"number": CLEAN}, auth=("key", "secret"), timeout=5
    )
    assert response.status_code == 401


def test_an_asynchronous_request_is_called_back(sandbox: Sandbox, receiver: Receiver) -> None:
    token = bearer(sandbox).json()["access_token"]
    response = requests.post(
        f"{sandbox.kpn_url}/advanced/async",
        data={"number": CLEAN, "callback": receiver.url},
        headers={"Authorization": f"Bearer {token}"},
        timeout=5,
    )
    assert response.json()["number"] == "46701740605"
    assert until(lambda: receiver.received)
