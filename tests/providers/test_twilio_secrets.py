"""No secret and no number of a Twilio lookup is in a log, an exception, a frame or a repr."""

from __future__ import annotations

import logging
from http.client import HTTPConnection
from typing import Any

import pytest

from number_insight.exceptions import ProviderError
from number_insight.providers.base import Question
from number_insight.providers.twilio import Lookup
from tests.providers.test_secrets import everything_in
from tests.support.stubs import Script, Stub, closes, hangs, says, sends
from tests.support.waiting import at_once

SECRET, NUMBER = "canary-4f1c9e", "46701740605"
CANARIES = (SECRET, NUMBER, NUMBER[2:], "%2B46", "PhoneNumbers", "Y2FuYXJ5", "Authorization: B")

FOUND: dict[str, Any] = {
    "phone_number": f"+{NUMBER}",
    "national_format": "070-174 06 05",
    "valid": True,
    "line_type_intelligence": {"type": "mobile", "error_code": None},
}
BODY = {"code": 20404, "message": f"The resource /v2/PhoneNumbers/+{NUMBER} was not found"}
TROUBLES: dict[str, Script] = {
    "closed": closes,
    "hangs": hangs,
    "html": says(200, body=b"<html>" + NUMBER.encode()),
    "not found": says(404, BODY),
    "gone": says(404, body=NUMBER.encode()),
    "refused": says(401, {"code": 20003, "message": NUMBER}),
    "throttled": says(429, {"code": 20429, "message": NUMBER}),
    "redirect": says(307, Location=f"http://127.0.0.1:9/v2/PhoneNumbers/+{NUMBER}?s={SECRET}"),
    "broken": says(500, {"message": NUMBER}),
    "invalid": says(200, {**FOUND, "valid": False, "validation_errors": [NUMBER]}),
    "uncovered": says(200, {**FOUND, "line_type_intelligence": {"error_code": 60608}}),
    "no headers": sends(b"HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 2\r\n\r\n{}"),
    "no HTTP": sends(b"nonsense\r\n\r\n"),
}
LOGINS = {
    "account": {"account_sid": SECRET, "auth_token": SECRET},
    "key": {"api_key": SECRET, "api_secret": SECRET},
}


def asked(url: str, batch: bool, login: str = "account") -> Any:
    provider = Lookup(**LOGINS[login], base_url=url, batch=batch, timeout=0.5)
    question = Question(number=f"+{NUMBER}", level="standard", ip="192.0.2.7")
    return provider.lookup(question)


@pytest.mark.parametrize("batch", [False, True], ids=["get", "batch"])
@pytest.mark.parametrize("login", LOGINS)
@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES.keys())
def test_an_error_shows_no_secret_and_no_number(
    trouble: Script, login: str, batch: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with Stub(trouble) as stub, pytest.raises(ProviderError) as caught:
        asked(stub.url, batch, login)
    shown = "\n".join([*everything_in(caught.value), caplog.text])
    canaries = [canary for canary in CANARIES if not (batch and canary == "PhoneNumbers")]
    assert [canary for canary in canaries if canary in shown] == []


@pytest.mark.parametrize("batch", [False, True], ids=["get", "batch"])
def test_the_debug_log_holds_no_number_of_any_thread(
    batch: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = says(200, {"phone_numbers": [FOUND]} if batch else FOUND)
    with Stub(answer) as stub:
        found = at_once(8, lambda index: asked(stub.url, batch).line_type)
        paths = {seen.path for seen in stub.requests}
    assert set(found) == {"mobile"}
    assert (f"/v2/PhoneNumbers/%2B{NUMBER}" in paths) is not batch
    assert "urllib3" in caplog.text  # whose lines are the ones to fear
    assert [canary for canary in CANARIES if canary in caplog.text] == []


def test_what_traces_http_client_sees_no_number(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    traced: list[str] = []

    def putrequest(self: HTTPConnection, method: str, url: str, **more: Any) -> None:
        traced.append(url)
        begin(self, method, url, **more)

    begin = HTTPConnection.putrequest
    monkeypatch.setattr(HTTPConnection, "putrequest", putrequest)
    monkeypatch.setattr(HTTPConnection, "debuglevel", 1)
    with Stub(says(200, FOUND)) as stub:
        asked(stub.url, batch=False)
        assert stub.requests[0].path == f"/v2/PhoneNumbers/%2B{NUMBER}"
    assert traced == ["/"]
    assert capsys.readouterr().out == ""


def test_a_host_that_is_down_shows_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for batch in (False, True):
        with pytest.raises(ProviderError) as caught:
            asked("http://127.0.0.1:9", batch)
        shown = "\n".join([*everything_in(caught.value), caplog.text])
        assert [canary for canary in CANARIES if canary in shown] == []


def test_an_insight_shows_no_number() -> None:
    with Stub(says(200, FOUND)) as stub:
        shown = repr(asked(stub.url, batch=False))
    assert [canary for canary in CANARIES if canary in shown] == []
    assert "mobile" in shown


def test_the_provider_shows_no_option() -> None:
    provider = Lookup(**LOGINS["key"], account_sid=SECRET)
    assert SECRET not in f"{provider!r}{provider}"
    faults = "".join(f"{fault.message}{fault.hint}" for fault in provider.check())
    assert SECRET not in faults
