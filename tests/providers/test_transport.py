"""One HTTP call: sent once, ended by its deadline, and honest about bytes that were sent."""

from __future__ import annotations

import gzip
import re
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from number_insight.exceptions import NotSent, Uncertain
from number_insight.providers import transport
from number_insight.providers.http import MAX_BODY, Form, url_trouble
from tests.support.stubs import Script, Stub, closes, drips, hangs, says, sends
from tests.support.waiting import at_once, until

OK = b"HTTP/1.1 200 OK\r\n"
DEADLINE = 0.6


def post(stub: Stub, *, timeout: float = 5) -> transport.Response:
    return transport.send(Form({"number": "46701740605"}).to(f"{stub.url}/x"), timeout=timeout)


def test_what_comes_back_is_handed_on_as_it_is() -> None:
    with Stub(says(418, body=b"\xffshort", X_Quota="7")) as stub:
        answer = post(stub)
    assert (answer.status, answer.body) == (418, b"\xffshort")
    assert answer.headers["x-quota"] == "7"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_returned_and_never_followed(status: int) -> None:
    with Stub(says(200, {})) as other, Stub(says(status, Location=f"{other.url}/x")) as stub:
        assert post(stub).status == status
    assert len(stub.requests) == 1
    assert other.connections == 0


BROKEN = {
    "closed": closes,
    "cut in the status": sends(b"HTTP/1.1 20"),
    "cut in the body": sends(OK + b"Content-Length: 20\r\n\r\n{"),
    "cut in a chunk": sends(OK + b"Transfer-Encoding: chunked\r\n\r\nff\r\n{"),
    "not HTTP": sends(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "too large": sends(OK + b"Content-Length: 9999999\r\n\r\n" + b"x" * (MAX_BODY + 1)),
    "too large once unpacked": says(200, body=gzip.compress(bytes(10**8)), Content_Encoding="gzip"),
    "packed twice": says(
        200, body=gzip.compress(gzip.compress(bytes(10**8))), Content_Encoding="gzip, gzip"
    ),
    "packed in members": says(200, body=gzip.compress(bytes(10**6)) * 200, Content_Encoding="gzip"),
    "packed six times": says(200, body=b"x", Content_Encoding="gzip, " * 5 + "gzip"),
    "packed in a way of its own": says(200, body=b"\x0b\x02\x80{}\x03", Content_Encoding="br"),
    "not packed as it says": says(200, body=b"not gzip at all", Content_Encoding="gzip"),
}


@pytest.mark.parametrize("script", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_answer_leaves_one_request_of_unknown_fate(script: Script) -> None:
    with Stub(script) as stub:
        with pytest.raises(Uncertain):
            post(stub)
        time.sleep(0.1)
    assert len(stub.requests) == 1
    assert stub.connections == 1


GIGABYTES = gzip.compress(bytes(10**7)) * 1000
"""Ten of them, in a thousand members of one file."""


@pytest.mark.parametrize(
    ("packing", "body"),
    [
        ("gzip", GIGABYTES),
        ("gzip, gzip", gzip.compress(GIGABYTES)),
        ("deflate", zlib.compress(bytes(10**8))),
    ],
    ids=["once", "twice", "as one"],
)
def test_an_answer_of_gigabytes_is_not_unpacked(packing: str, body: bytes) -> None:
    with Stub(says(200, body=body, Content_Encoding=packing)) as stub:
        tracemalloc.start()
        begun = time.monotonic()
        with pytest.raises(Uncertain, match=r"too large to be read \(over 256 KiB\)"):
            post(stub)
        _size, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert time.monotonic() - begun < 5
    assert peak < 64 * MAX_BODY


@pytest.mark.parametrize("packing", ["gzip", "deflate", "identity", "GZIP"])
def test_a_packed_answer_is_read_all_the_same(packing: str) -> None:
    body = b'{"status": 0}'
    pack = {"gzip": gzip.compress, "deflate": zlib.compress}.get(packing.lower(), bytes)
    with Stub(says(200, body=pack(body), Content_Encoding=packing)) as stub:
        assert post(stub).body == body


def test_no_version_of_urllib3_is_allowed_that_unpacks_without_bound() -> None:
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(r'^    "urllib3>=2\.6"', project, re.MULTILINE)


SLOW = {
    "no answer": hangs,
    "headers dripped": drips(OK + b"X-Slow: "),
    "body dripped": drips(OK + b"Content-Length: 9999\r\n\r\n"),
    "body without end dripped": drips(OK + b"\r\n"),
    "endless interim answers": lambda connection: _continue_for_ever(connection),
}


def _continue_for_ever(connection: socket.socket) -> None:
    for _ in range(400):
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.05)


@pytest.mark.parametrize("script", SLOW.values(), ids=SLOW.keys())
def test_the_deadline_holds_however_slowly_bytes_come(script: Script) -> None:
    with Stub(script) as stub:
        begun = time.monotonic()
        with pytest.raises(Uncertain, match=r"no answer in the time allowed \(0\.6 s\)"):
            post(stub, timeout=DEADLINE)
        assert time.monotonic() - begun < DEADLINE + 1
        time.sleep(0.1)
        assert len(stub.requests) == 1


def test_an_abandoned_call_leaves_no_thread_behind() -> None:
    with Stub(drips(OK + b"Content-Length: 9999\r\n\r\n")) as stub:
        with pytest.raises(Uncertain):
            post(stub, timeout=0.2)
        assert _gone("lookup")


def _gone(name: str) -> bool:
    return until(lambda: all(thread.name != name for thread in threading.enumerate()), 2)


def test_a_refused_connection_is_provably_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(NotSent, match="refused the connection"):
        transport.send(Form({}).to(f"http://127.0.0.1:{port}/x"), timeout=2)


def test_a_name_that_nobody_knows_is_provably_not_sent() -> None:
    with pytest.raises(NotSent, match=r"Nothing was sent \(POST to nosuch\.invalid\)"):
        transport.send(Form({}).to("https://nosuch.invalid/x"), timeout=5)


@pytest.fixture
def slow_resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A name server that answers, rightly, once the event is set."""
    answered, resolve = threading.Event(), socket.getaddrinfo

    def lookup(*args: object, **kwargs: object) -> object:
        answered.wait(10)
        return resolve(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    yield answered
    answered.set()


def test_nothing_is_sent_after_the_caller_has_gone(slow_resolver: threading.Event) -> None:
    with Stub(says(200, {})) as stub:
        begun = time.monotonic()
        with pytest.raises(NotSent):
            post(stub, timeout=0.3)
        assert time.monotonic() - begun < 1.3
        slow_resolver.set()
        assert _gone("lookup")
        assert stub.requests == []


def test_a_caller_who_is_interrupted_takes_the_call_along(
    slow_resolver: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(self: threading.Event, timeout: float | None = None) -> bool:
        raise KeyboardInterrupt

    with Stub(says(200, {})) as stub:
        call = transport.Event
        monkeypatch.setattr(transport, "Event", type("Event", (call,), {"wait": interrupt}))
        with pytest.raises(KeyboardInterrupt):
            post(stub, timeout=5)
        slow_resolver.set()
        assert _gone("lookup")
        assert stub.requests == []


def test_the_environment_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password something\n")
    with Stub(says(200, {})) as proxy, Stub(says(200, {})) as stub:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.setenv("no_proxy", "")
        monkeypatch.setenv("NETRC", str(netrc))
        post(stub)
    assert proxy.connections == 0
    assert "authorization" not in stub.requests[0].headers


def test_many_threads_may_call_at_once() -> None:
    with Stub(says(200, {"status": 0})) as stub:
        at_once(12, lambda _: post(stub))
        assert len(stub.requests) == 12


REFUSED_URLS = (
    *("http://api.example.com/ni", "http://10.0.0.1/ni", "http://127.0.0.1.example.com/ni"),
    *("ftp://127.0.0.1/ni", "https://user:password@example.com/ni", "https://example.com/ni?x=1"),
    *("https://[::1", "https://example.com:notaport/", "https://", "api.example.com", "", None, 7),
)


@pytest.mark.parametrize("url", REFUSED_URLS)
def test_only_https_and_loopback_urls_may_be_asked(url: object) -> None:
    assert url_trouble(url)


@pytest.mark.parametrize(
    "url",
    ["https://api.example.com/ni", "http://127.0.0.1:1/ni", "http://[::1]:8/", "http://localhost"],
)
def test_plain_http_will_do_for_a_sandbox(url: str) -> None:
    assert url_trouble(url) is None


def test_a_plain_http_url_is_refused_even_if_no_check_ran() -> None:
    with pytest.raises(NotSent, match=r"manage\.py check"):
        transport.send(Form({}).to("http://192.0.2.1/x"), timeout=2)
