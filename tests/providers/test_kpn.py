"""The KPN API store: one token for all, a second try after a 401, and the gateway's envelopes."""

from __future__ import annotations

import logging
import time

import pytest

from number_insight.exceptions import (
    BadCredentials,
    Busy,
    Gone,
    NoAnswer,
    NotSent,
    NumberInsightError,
    Uncertain,
)
from number_insight.providers.base import Question
from number_insight.providers.kpn import NumberInsight
from number_insight.sandbox.server import Sandbox
from tests.support.stubs import Script, Stub, closes, hangs, says

QUESTION = Question(number="+46701740605", level="standard")
TOKEN = says(200, {"access_token": "the-token", "expires_in": "3599", "status": "approved"})
ANSWER = says(200, {"status": 0})
GATEWAY = {"transactionId": "1", "status": "401", "name": "x", "message": "x", "info": "x"}
APIGEE = {"fault": {"faultstring": "x", "detail": {"errorcode": "oauth.v2.InvalidAccessToken"}}}
CLIENT = {"ErrorCode": "invalid_client", "Error": "ClientId is Invalid"}


def provider(stub: Stub, timeout: float = 5) -> NumberInsight:
    return NumberInsight(
        client_id="the-client",
        client_secret="the-secret",
        base_url=f"{stub.url}/ni",
        token_url=f"{stub.url}/token",
        timeout=timeout,
    )


def test_a_token_is_fetched_as_the_store_wants_it() -> None:
    with Stub(TOKEN, ANSWER) as stub:
        provider(stub).lookup(QUESTION)
    grant, lookup = stub.requests
    assert (grant.path, grant.query) == ("/token", {"grant_type": ["client_credentials"]})
    assert grant.form == {"client_id": "the-client", "client_secret": "the-secret"}
    assert lookup.path == "/ni/standard"
    assert lookup.headers["authorization"] == "Bearer the-token"
    assert lookup.form == {"number": "46701740605"}


def test_an_asynchronous_lookup_has_a_path_of_its_own() -> None:
    question = Question(number="+46701740605", level="advanced")
    with Stub(TOKEN, says(200, {"status": 0, "request_id": "3e6e"})) as stub:
        promise = provider(stub).submit(question, "https://example.com/token/")
    assert promise.request_id == "3e6e"
    assert stub.requests[1].path == "/ni/advanced/async"
    assert stub.requests[1].form["callback"] == "https://example.com/token/"


def test_one_token_serves_all_instances() -> None:
    with Stub(TOKEN, ANSWER) as stub:
        for _ in range(3):
            provider(stub).lookup(QUESTION)
    assert [request.path for request in stub.requests].count("/token") == 1


@pytest.mark.parametrize("expires_in", ["60", 30, "0", "1.5"])
def test_a_token_near_its_end_is_not_kept(expires_in: object) -> None:
    token = says(200, {"access_token": "the-token", "expires_in": expires_in})
    with Stub(token, ANSWER, token, ANSWER) as stub:
        provider(stub).lookup(QUESTION)
        provider(stub).lookup(QUESTION)
    assert [request.path for request in stub.requests].count("/token") == 2


def test_a_token_is_renewed_a_minute_before_its_end() -> None:
    token = says(200, {"access_token": "the-token", "expires_in": "61"})
    with Stub(token, ANSWER, ANSWER, token, ANSWER) as stub:
        for pause in (0, 1.2, 0):
            provider(stub).lookup(QUESTION)
            time.sleep(pause)
    assert [request.path for request in stub.requests].index("/token", 1) == 3


@pytest.mark.parametrize("expires_in", [None, "soon", "3599.0", 3599])
def test_a_lifetime_may_be_told_in_any_way(expires_in: object) -> None:
    with Stub(says(200, {"access_token": "x", "expires_in": expires_in}), ANSWER) as stub:
        provider(stub).lookup(QUESTION)
        provider(stub).lookup(QUESTION)
    assert len(stub.requests) == 3


def test_a_withdrawn_token_is_fetched_anew_once() -> None:
    with Sandbox() as sandbox:
        ours = NumberInsight(
            client_id="i", client_secret="s", base_url=sandbox.kpn_url, token_url=sandbox.token_url
        )
        ours.lookup(QUESTION)
        sandbox.expire_tokens()
        assert ours.lookup(QUESTION).number == QUESTION.number
        assert [entry.fault for entry in sandbox.ledger.entries] == ["", "401", ""]


@pytest.mark.parametrize("envelope", [GATEWAY, APIGEE, CLIENT])
def test_a_second_401_is_final(envelope: dict[str, object]) -> None:
    refusal = says(401, envelope)
    with Stub(TOKEN, refusal, TOKEN, refusal) as stub, pytest.raises(BadCredentials) as caught:
        provider(stub).lookup(QUESTION)
    assert len(stub.requests) == 4
    assert caught.value.http_status == 401


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (says(401, CLIENT), BadCredentials),
        (says(400, CLIENT), BadCredentials),
        (says(404, {}), Gone),
        (says(410, {}), Gone),
        (says(429, GATEWAY), Busy),
        (says(503, GATEWAY), Busy),
        (says(500, GATEWAY), NotSent),
        (says(302, Location="https://example.com/"), NotSent),
        (says(200, {"status": "approved"}), NotSent),
        (says(200, body=b"<html>"), NotSent),
        (closes, NotSent),
    ],
)
def test_without_a_token_no_lookup_was_asked(
    script: Script, expected: type[NumberInsightError]
) -> None:
    with Stub(script) as stub, pytest.raises(expected):
        provider(stub).lookup(QUESTION)
    assert [request.path for request in stub.requests] == ["/token"]


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (429, Busy),
        (503, Busy),
        (404, Gone),
        (410, Gone),
        (412, NoAnswer),
        (302, Uncertain),
        (502, Uncertain),
    ],
)
def test_the_gateway_decides_before_the_body(
    status: int, expected: type[NumberInsightError]
) -> None:
    with Stub(TOKEN, says(status, {**GATEWAY, "status": "0"})) as stub, pytest.raises(expected):
        provider(stub).lookup(QUESTION)
    assert len(stub.requests) == 2


@pytest.mark.parametrize(
    ("scripts", "expected"),
    [((hangs,), NotSent), ((TOKEN, hangs), Uncertain)],
    ids=["at the token", "at the lookup"],
)
def test_the_time_is_for_both_calls_together(
    scripts: tuple[Script, ...], expected: type[NumberInsightError]
) -> None:
    with Stub(*scripts) as stub:
        begun = time.monotonic()
        with pytest.raises(expected):
            provider(stub, timeout=0.5).lookup(QUESTION)
        assert time.monotonic() - begun < 1.5


def test_the_quota_is_noted_and_no_secret_with_it(caplog: pytest.LogCaptureFixture) -> None:
    answer = says(200, {"status": 0}, quota_limit="1000", quota_used="7", sunset="2027-02-04")
    with caplog.at_level(logging.DEBUG), Stub(TOKEN, answer) as stub:
        ours = provider(stub)
        ours.lookup(QUESTION)
    assert ours.quota == {"quota-limit": "1000", "quota-used": "7", "sunset": "2027-02-04"}
    assert "quota-used" in caplog.text
    assert "the-token" not in caplog.text
    assert "the-secret" not in caplog.text


def test_nothing_is_sent_without_credentials() -> None:
    with Stub(TOKEN) as stub, pytest.raises(BadCredentials, match="client_id"):
        NumberInsight(base_url=stub.url, token_url=stub.url).lookup(QUESTION)
    assert stub.connections == 0


def test_a_broken_cache_costs_a_token_and_no_lookup(settings: object) -> None:
    settings.CACHES = {  # type: ignore[attr-defined]
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:9",
        }
    }
    with Stub(TOKEN, ANSWER, TOKEN, ANSWER) as stub:
        for _ in range(2):
            assert provider(stub).lookup(QUESTION).status == 0
    assert [request.path for request in stub.requests].count("/token") == 2
