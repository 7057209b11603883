"""Delivery of callbacks, with retries until they are accepted."""

from __future__ import annotations

import http.client
import ssl
from contextlib import closing
from dataclasses import dataclass
from threading import Thread
from urllib.parse import urlsplit

from number_insight.sandbox.ledger import CallbackAttempt, Entry
from number_insight.sandbox.state import State

PAUSES = (5, 30, 60, 300, 900, 1800, 3600, 7200, 14400, 28800, 28800)
"""The back-off between attempts, in seconds: 24 hours together, after which the answer is lost."""
TIMEOUT = 5.0
"""The time in which a receiver has to accept a callback, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One callback to make: its URL, its body, and the ledger entry of its request."""

    kind: str
    url: str
    body: bytes
    content_type: str
    entry: Entry


def deliver_later(state: State, deliveries: list[Delivery]) -> None:
    """Make `deliveries` in order, after the callback delay, in a thread of their own."""
    Thread(target=_deliver_all, args=(state, deliveries), daemon=True, name="callback").start()


def _deliver_all(state: State, deliveries: list[Delivery]) -> None:
    if state.stopping.wait(state.pace.callback_delay):
        return
    for delivery in deliveries:
        deliver(state, delivery)


def deliver(state: State, delivery: Delivery) -> None:
    """Post `delivery` until it is accepted with 200, the retries end, or the sandbox stops."""
    for pause in (*PAUSES, None):
        attempt = _attempt(delivery)
        delivery.entry.callbacks.append(attempt)
        if attempt.status == 200 or pause is None:
            return
        if state.stopping.wait(pause / state.pace.clock):
            return


def deliver_once(delivery: Delivery) -> None:
    """Post `delivery` once, without retries."""
    delivery.entry.callbacks.append(_attempt(delivery))


def _attempt(delivery: Delivery) -> CallbackAttempt:
    try:
        return CallbackAttempt(kind=delivery.kind, status=_post(delivery))
    except (OSError, http.client.HTTPException, ValueError) as exc:
        return CallbackAttempt(kind=delivery.kind, error=type(exc).__name__)


def _post(delivery: Delivery) -> int:
    parts = urlsplit(delivery.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Content-Type": delivery.content_type, "Connection": "close"}
    connection = _connection(parts.scheme, parts.hostname or "", parts.port)
    with closing(connection):
        connection.request("POST", target, delivery.body, headers)
        return connection.getresponse().status


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=TIMEOUT)
    if scheme != "https":
        raise ValueError("a callback URL starts with http or https")
    # Receivers on a developer's machine have self-signed certificates, and the answers are fiction.
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection(host, port, timeout=TIMEOUT, context=context)
