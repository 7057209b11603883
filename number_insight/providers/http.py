"""Requests, responses, and the check of a URL before it is asked."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

MAX_BODY = 256 * 1024
"""The largest answer that is read, in bytes; a real one has about two thousand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An HTTP request. Its repr leaves out body and headers, which hold secrets and numbers."""

    url: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    method: str = "POST"
    is_free: bool = False
    """Whether it costs nothing (a request for an access token, say)."""

    @property
    def host(self) -> str:
        """The host name of the URL, for messages."""
        try:
            return urlsplit(self.url).hostname or "no host"
        except ValueError:
            return "no host"


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An HTTP response; the names in `headers` are lower case."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Form:
    """The parameters of a request; its repr hides them, for they hold secrets and numbers."""

    fields: Mapping[str, str] = field(repr=False)

    def plus(self, **more: str) -> Form:
        """Return a copy of the form with more fields."""
        return Form({**self.fields, **more})

    def to(self, url: str, **headers: str) -> Request:
        """Return the POST of this form to `url`; ``_`` in the names of `headers` becomes ``-``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return Request(
            url=url,
            body=urlencode(self.fields).encode("ascii"),
            headers={"Content-Type": "application/x-www-form-urlencoded", **named},
        )


def url_trouble(url: object) -> str | None:
    """Return the reason why `url` may not be asked, or None.

    Plain http is accepted for loopback addresses only.
    """
    try:
        parts = urlsplit(url if isinstance(url, str) else "")
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "is not a URL"
    if parts.scheme not in ("http", "https") or not host:
        return "is not an http(s) URL with a host"
    if parts.username or parts.password or parts.query or parts.fragment:
        return "must hold no user, password, query or fragment"
    if parts.scheme == "http" and not _is_loopback(host):
        return "must begin with https (plain http is for loopback addresses only)"
    return None


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
