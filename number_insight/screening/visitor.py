"""The visitor behind the current request.

`number_insight.middleware.ScreeningMiddleware` sets it for fields and validators. It is a context
variable, so threads, async views and nested requests each have their own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from typing import Any

from django.http import HttpRequest

from number_insight.addresses import SOCKET, TrustedProxies, public_ip
from number_insight.conf import app_settings
from number_insight.exceptions import place
from number_insight.models import NumberInsightRecord

logger = logging.getLogger("number_insight.screening.visitor")


class Visitor:
    """The visitor behind `request`, examined lazily.

    `records` holds the records of this request by number, so that one signup with a validator, a
    form and a model field is one screening; `refused` the records of the numbers that it refused,
    or None for one that is written afterwards. A record may have been rolled back since, so a
    caller looks for its row. `afterwards` holds the writes that wait for the end of the request's
    transaction, however it ends.
    """

    def __init__(self, request: HttpRequest | None = None) -> None:
        self.request = request
        self.records: dict[str, list[NumberInsightRecord]] = {}
        self.refused: dict[str, NumberInsightRecord | None] = {}
        self.afterwards: list[Callable[[], None]] = []

    @cached_property
    def ip(self) -> str | None:
        """The visitor's public IP, or None if it is unknown, private or reserved."""
        return None if self.request is None else client_ip(self.request.META)

    def turn_away(self, number: str, record: NumberInsightRecord | None = None) -> None:
        """Remember a refusal; a later signup of the request must not adopt the number's record."""
        self.refused[number] = record
        self.records.pop(number, None)

    def finish(self) -> None:
        """Run the writes deferred past the request's transaction, and log their errors."""
        while self.afterwards:
            try:
                self.afterwards.pop(0)()
            except Exception as error:  # the response is there: nobody could do anything about it
                logger.error("A refusal could not be recorded: %s.", place(error))

    @property
    def is_staff_at_work(self) -> bool:
        """Whether the request is one to the admin, where the IP is the reviewer's."""
        match = getattr(self.request, "resolver_match", None)
        return match is not None and "admin" in match.app_names


_current: ContextVar[Visitor | None] = ContextVar("number_insight_visitor", default=None)


def current() -> Visitor | None:
    """Return the visitor behind the current request, or None outside of one."""
    return _current.get()


def remember(record: NumberInsightRecord) -> None:
    """Remember a saved `record` for the rest of the request."""
    current = _current.get()
    if current is not None and record.pk is not None:
        current.records.setdefault(record.number, []).append(record)


def recall(number: str) -> list[NumberInsightRecord]:
    """Return the records that this request has made of `number`, the latest first."""
    current = _current.get()
    return [] if current is None else current.records.get(number, [])[::-1]


def forget(number: str) -> None:
    """Forget the records of `number`: nothing that follows is to be one screening with them."""
    current = _current.get()
    if current is not None:
        current.records.pop(number, None)


@contextmanager
def visiting(request: HttpRequest) -> Iterator[Visitor]:
    """Make the visitor behind `request` the current one inside the block.

    The block is that of the middleware, around the view and its transaction.
    """
    visitor = Visitor(request)
    token = _current.set(visitor)
    try:
        yield visitor
    finally:
        _current.reset(token)
        visitor.finish()


def client_ip(meta: Mapping[str, Any]) -> str | None:
    """Return the visitor's IP as ``CLIENT_IP`` trusts it, or None if it is not a public one.

    With no trusted proxy only ``REMOTE_ADDR`` counts. Otherwise the chain of hops is read from its
    near end, the peer that called us, as far as proxies are trusted. A peer without an address is
    one on a socket of this machine, and that is the nearest proxy. A mistake in the setting is
    logged, and makes the IP unknown.
    """
    try:
        trusted = TrustedProxies.of(app_settings.CLIENT_IP)
    except (TypeError, ValueError) as error:
        logger.error("No visitor's IP is known: NUMBER_INSIGHT['CLIENT_IP']: %s", error)
        return None
    peer = str(meta.get("REMOTE_ADDR") or "").strip()
    if not trusted:
        return public_ip(peer)
    header = str(meta.get(trusted.header) or "")
    hops = header.split(",") if header.strip() else []
    found = trusted.visitor([peer or SOCKET, *reversed(hops)])
    return public_ip(str(found)) if found else None
