"""A request shows no body and no header, and no path where it holds a number."""

from __future__ import annotations

import json
import logging

import pytest

from number_insight.exceptions import NotSent, Uncertain
from number_insight.providers import transport
from number_insight.providers.http import Form, JSONBody, Request
from tests.support.stubs import Script, Stub, closes, says, sends

NUMBER = "447911123456"


def test_a_json_request_holds_its_document_and_does_not_show_it() -> None:
    body = JSONBody({"phone_number": NUMBER, "insights": {"format": {}}})
    request = body.to("https://api.example.com/v1/requests", Authorization="Bearer token")
    assert json.loads(request.body) == {"phone_number": NUMBER, "insights": {"format": {}}}
    assert request.headers == {"Content-Type": "application/json", "Authorization": "Bearer token"}
    assert request.method == "POST"
    assert NUMBER not in f"{body!r} {request!r}"
    assert "token" not in repr(request)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"https://api.example.com/v2/+{NUMBER}?Name=Ada", "https://api.example.com/…"),
        (f"http://127.0.0.1:8017/v2/+{NUMBER}", "http://127.0.0.1:8017/…"),
        (f"http://[::1]:8017/v2/+{NUMBER}", "http://[::1]:8017/…"),
        (f"https://api.example.com:port/+{NUMBER}", "no host/…"),
    ],
)
def test_a_hidden_path_is_in_no_repr(url: str, shown: str) -> None:
    request = Request(url=url, method="GET", hides_path=True)
    assert repr(request) == f"<Request GET {shown}>"


def test_a_url_is_shown_unless_its_path_is_hidden() -> None:
    request = Form({"number": NUMBER}).to("https://api.example.com/ni/basic/json")
    assert repr(request) == "<Request POST https://api.example.com/ni/basic/json>"


PATH, QUERY = f"/v2/PhoneNumbers/%2B{NUMBER}", "Fields=line_status&FirstName=Ada%20B"


def secretly(stub: Stub, *, timeout: float = 5) -> transport.Response:
    request = Request(
        url=f"{stub.url}{PATH}?{QUERY}", method="GET", headers={"X-Asks": "1"}, hides_path=True
    )
    return transport.send(request, timeout=timeout)


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "urllib3")
    return caplog


def test_a_hidden_path_reaches_the_server_as_it_is_and_no_log(
    everything_logged: pytest.LogCaptureFixture,
) -> None:
    with Stub(says(200, {"valid": True})) as stub:
        host = stub.url.removeprefix("http://")
        assert secretly(stub).body == b'{"valid": true}'
    (seen,) = stub.requests
    assert seen.raw.startswith(f"GET {PATH}?{QUERY} HTTP/1.1\r\n".encode())
    assert (seen.headers["host"], seen.headers["x-asks"]) == (host, "1")
    logged = everything_logged.text
    assert '"GET / HTTP/1.1" 200' in logged
    assert not any(word in logged for word in (NUMBER, "PhoneNumbers", "Ada"))


def test_a_path_that_is_not_hidden_is_what_the_libraries_log(
    everything_logged: pytest.LogCaptureFixture,
) -> None:
    with Stub(says(200, {})) as stub:
        transport.send(Form({"number": NUMBER}).to(f"{stub.url}/ni/basic"), timeout=5)
    assert '"POST /ni/basic HTTP/1.1" 200' in everything_logged.text
    assert NUMBER not in everything_logged.text


@pytest.mark.parametrize("script", [closes, sends(b"HTTP/1.1 20")])
def test_a_broken_call_tells_nothing_of_a_hidden_path(
    script: Script, everything_logged: pytest.LogCaptureFixture
) -> None:
    with Stub(script) as stub, pytest.raises(Uncertain) as caught:
        secretly(stub)
    assert str(caught.value).endswith("whether it counts is not known (GET to 127.0.0.1).")
    shown = [str(caught.value), repr(caught.value), everything_logged.text]
    assert not any(NUMBER in text or "PhoneNumbers" in text for text in shown)
    assert len(stub.requests) == 1


def test_a_call_that_is_never_sent_tells_nothing_of_a_hidden_path(
    everything_logged: pytest.LogCaptureFixture,
) -> None:
    with Stub(closes) as stub:
        url = stub.url
    request = Request(url=f"{url}{PATH}", method="GET", hides_path=True)
    with pytest.raises(NotSent) as caught:
        transport.send(request, timeout=5)
    told = "The host refused the connection. Nothing was sent (GET to 127.0.0.1)."
    assert str(caught.value) == told
    assert NUMBER not in everything_logged.text
