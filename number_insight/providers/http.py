"""What is sent and what comes back, and which URLs may be asked at all."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

MAX_BODY = 256 * 1024
"""Bytes of an answer that are read; a real one has about two thousand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is sent. Only the method and the URL are shown; the rest holds secrets and numbers."""

    url: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    method: str = "POST"

    @property
    def host(self) -> str:
        """The host asked, for messages."""
        try:
            return urlsplit(self.url).hostname or "no host"
        except ValueError:
            return "no host"


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came back; the names of `headers` are lower case."""

    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Form:
    """The parameters of a request. They hold secrets and numbers, so nothing shows them."""

    fields: Mapping[str, str] = field(repr=False)

    def plus(self, **more: str) -> Form:
        """Return a form with `more` fields."""
        return Form({**self.fields, **more})

    def to(self, url: str, **headers: str) -> Request:
        """Return the request that posts this form to `url`; ``_`` in `headers` stands for ``-``."""
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        return Request(
            url=url,
            body=urlencode(self.fields).encode("ascii"),
            headers={"Content-Type": "application/x-www-form-urlencoded", **told},
        )


def url_trouble(url: object) -> str | None:
    """Return what keeps `url` from being asked, or None; plain http is for loopback addresses."""
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
