"""Who is knocking: the IP and the user of the request that is being answered.

`number_insight.middleware.ScreeningMiddleware` says it, fields and validators ask for it. It is
a context variable, so threads, async views and nested requests do not see one another's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from typing import Any

from django.http import HttpRequest
from python_ipware import IpWare

from number_insight.addresses import is_address, public_ip
from number_insight.conf import app_settings
from number_insight.models import NumberInsightRecord


class Visitor:
    """The visitor behind `request`; everything is worked out when it is asked for.

    `records` remembers the screenings of this request by number, so that one signup with a
    validator, a form and a model field is one screening; `refused` those that were turned away.
    What is remembered may have been rolled back since, so whoever uses it looks for its row.
    """

    def __init__(self, request: HttpRequest | None = None) -> None:
        self.request = request
        self.records: dict[str, list[NumberInsightRecord]] = {}
        self.refused: dict[str, NumberInsightRecord] = {}

    @cached_property
    def ip(self) -> str | None:
        """The visitor's public IP, or None if it is unknown, private or reserved."""
        return None if self.request is None else client_ip(self.request.META)

    @property
    def is_staff_at_work(self) -> bool:
        """Whether this is the admin, where the IP is the reviewer's and not the visitor's."""
        match = getattr(self.request, "resolver_match", None)
        return match is not None and "admin" in match.app_names


_current: ContextVar[Visitor | None] = ContextVar("number_insight_visitor", default=None)


def current() -> Visitor | None:
    """Return the visitor of the request that is being answered, or None outside of one."""
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
    """Let `current` return the visitor behind `request` inside the block."""
    visitor = Visitor(request)
    token = _current.set(visitor)
    try:
        yield visitor
    finally:
        _current.reset(token)


def client_ip(meta: dict[str, Any]) -> str | None:
    """Return the visitor's IP as ``CLIENT_IP`` trusts it, or None if it is not a public one.

    With no trusted proxy only ``REMOTE_ADDR`` counts. With `n` of them the visitor is the one
    whom the outermost trusted proxy saw, counted from the right: whatever stands further left
    in the header was written by the visitor.
    """
    trusted = app_settings.CLIENT_IP
    count, proxies = int(trusted.get("PROXY_COUNT") or 0), list(trusted.get("PROXY_LIST") or [])
    remote = str(meta.get("REMOTE_ADDR") or "")
    if not count and not proxies:
        return public_ip(remote)
    header = str(trusted.get("HEADER") or "HTTP_X_FORWARDED_FOR")
    # ipware wants the whole chain; the header lacks its last link, the proxy that called us.
    chain = _countable(f"{meta.get(header) or ''},{remote}")
    ware = IpWare(precedence=(header,), proxy_count=count or None, proxy_list=proxies or None)
    found, _trusted = ware.get_client_ip({header: chain})
    return public_ip(str(found)) if found else None


def _countable(chain: str) -> str:
    """Return the right end of `chain`, up to the first hop that is no address ("unknown").

    ipware passes over such a hop, and would take what the visitor has written for its neighbour.
    """
    hops = chain.split(",")
    wrong = [index for index, hop in enumerate(hops) if not is_address(hop)]
    return ",".join(hops[wrong[-1] + 1 :] if wrong else hops)
