"""The visitor behind the current request.

`number_insight.middleware.ScreeningMiddleware` sets it for fields and validators. It is a context
variable, so threads, async views and nested requests each have their own.
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


class Visitor:
    """The visitor behind `request`, examined lazily.

    `records` holds the records of this request by number, so that one signup with a validator, a
    form and a model field is one screening; `refused` holds the numbers that it refused.
    """

    def __init__(self, request: HttpRequest | None = None) -> None:
        self.request = request
        self.records: dict[str, Any] = {}
        self.refused: set[str] = set()

    @cached_property
    def ip(self) -> str | None:
        """The visitor's public IP, or None if it is unknown, private or reserved."""
        return None if self.request is None else client_ip(self.request.META)

    @property
    def is_staff_at_work(self) -> bool:
        """Whether the request is one to the admin, where the IP is the reviewer's."""
        match = getattr(self.request, "resolver_match", None)
        return match is not None and "admin" in match.app_names


_current: ContextVar[Visitor | None] = ContextVar("number_insight_visitor", default=None)


def current() -> Visitor | None:
    """Return the visitor behind the current request, or None outside of one."""
    return _current.get()


@contextmanager
def visiting(request: HttpRequest) -> Iterator[Visitor]:
    """Make the visitor behind `request` the current one inside the block."""
    visitor = Visitor(request)
    token = _current.set(visitor)
    try:
        yield visitor
    finally:
        _current.reset(token)


def client_ip(meta: dict[str, Any]) -> str | None:
    """Return the visitor's IP by the trusted proxies of ``CLIENT_IP``, or None if it is not public.

    With no trusted proxy only ``REMOTE_ADDR`` counts. With `n` of them, the IP is the one that the
    outermost trusted proxy saw, counted from the right: entries further left in the header were
    written by the client.
    """
    trusted = app_settings.CLIENT_IP
    count, proxies = int(trusted.get("PROXY_COUNT") or 0), list(trusted.get("PROXY_LIST") or [])
    remote = str(meta.get("REMOTE_ADDR") or "")
    if not count and not proxies:
        return public_ip(remote)
    header = str(trusted.get("HEADER") or "HTTP_X_FORWARDED_FOR")
    # ipware expects the whole chain; the header lacks its last hop, the proxy that connects to us.
    chain = _valid_end(f"{meta.get(header) or ''},{remote}")
    ware = IpWare(precedence=(header,), proxy_count=count or None, proxy_list=proxies or None)
    ip, _trusted = ware.get_client_ip({header: chain})
    return public_ip(str(ip)) if ip else None


def _valid_end(chain: str) -> str:
    """Return the right end of `chain`, after the last hop that is no address ("unknown").

    ipware skips such a hop, and would trust the entry to its left, which the client has written.
    """
    hops = chain.split(",")
    invalid = [index for index, hop in enumerate(hops) if not is_address(hop)]
    return ",".join(hops[invalid[-1] + 1 :] if invalid else hops)
