"""The transport faults of an answer, and the sending of replies with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from threading import Event
from typing import BinaryIO

from number_insight.sandbox.exchange import Reply

FAULTS = {
    "hang": "no answer, the connection stays open",
    "drip": "the body comes a byte at a time",
    "drip_headers": "headers come one at a time, and no end to them",
    "half": "the body breaks off in the middle",
    "html": "HTTP 200 with a proxy's HTML page",
    "empty": "HTTP 200 without a body",
    "close": "the connection closes after the request was read",
    "302": "a redirect, which must not be followed",
    "307": "a redirect that repeats the request",
    "404": "HTTP 404: nobody is at this address",
    "410": "HTTP 410: the service is gone for good",
    "429": "HTTP 429: too many requests",
    "500": "HTTP 500",
    "502": "HTTP 502",
    "503": "HTTP 503: plainly refused, and free",
    "504": "HTTP 504",
    "huge": "a body of 64 MiB",
}
FREE_FAULTS = frozenset({"302", "307", "404", "410", "429", "503"})
"""Faults before the lookup, which are not charged. The others are, and the answer is lost."""

LONGEST = 60.0
"""The longest that an answer hangs or drips, in seconds."""
PAUSE = 0.1
"""The pause between two bytes of a dripping answer, in seconds."""
HUGE = 64 * 1024 * 1024
ELSEWHERE = "/elsewhere"
"""The target of the redirects; a client that follows one leaves an entry in the ledger."""

_PAGE = b"<!doctype html><title>Sorry</title><h1>502 Bad Gateway</h1><p>Try again later.</p>"


def send(reply: Reply, out: BinaryIO, stopping: Event) -> bool:
    """Write `reply` to `out`, with its fault; return whether the connection may be kept."""
    if reply.fault in ("hang", "close"):
        if reply.fault == "hang":
            stopping.wait(LONGEST)
        return False
    if reply.fault in _SENDERS:
        for part in _SENDERS[reply.fault](reply):
            if part:
                out.write(part)
                out.flush()
            elif stopping.wait(PAUSE):
                break
        return False
    out.write(whole(replaced(reply)))
    out.flush()
    return True


def replaced(reply: Reply) -> Reply:
    """Return the complete reply that its fault sends instead of `reply`, or `reply` itself."""
    fault = reply.fault
    if fault == "empty":
        return Reply(headers=reply.headers)
    if fault == "html":
        return Reply(body=_PAGE, content_type="text/html")
    if fault in ("302", "307"):
        return Reply(status=int(fault), headers={"Location": ELSEWHERE})
    if fault.isdigit():
        return Reply(status=int(fault), body=_PAGE, content_type="text/html")
    return reply


def head(status: int, headers: Mapping[str, str], content_type: str, length: int) -> bytes:
    """Return the status line and the headers, with the blank line after them."""
    lines = [
        f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
        f"Content-Type: {content_type}",
        f"Content-Length: {length}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def whole(reply: Reply) -> bytes:
    """Return `reply` as bytes, from the status line to the end of the body."""
    return head(reply.status, reply.headers, reply.content_type, len(reply.body)) + reply.body


def _half(reply: Reply) -> Iterator[bytes]:
    start = head(reply.status, reply.headers, reply.content_type, len(reply.body))
    yield start + reply.body[: len(reply.body) // 2]


def _drip(reply: Reply) -> Iterator[bytes]:
    yield head(reply.status, reply.headers, reply.content_type, len(reply.body))
    for place in range(min(len(reply.body), int(LONGEST / PAUSE))):
        yield reply.body[place : place + 1]
        yield b""


def _drip_headers(reply: Reply) -> Iterator[bytes]:
    yield f"HTTP/1.1 {reply.status} OK\r\n".encode()
    for place in range(int(LONGEST / PAUSE)):
        yield f"X-Drop-{place}: {place}\r\n".encode()
        yield b""


def _huge(reply: Reply) -> Iterator[bytes]:
    chunk = b" " * 65536
    yield head(reply.status, reply.headers, reply.content_type, HUGE)
    for _ in range(HUGE // len(chunk)):
        yield chunk


_SENDERS = {"half": _half, "drip": _drip, "drip_headers": _drip_headers, "huge": _huge}
