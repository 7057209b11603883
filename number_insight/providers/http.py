"""Requests, responses, and the check of a URL before it is asked."""

from __future__ import annotations

import base64
import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

MAX_BODY = 256 * 1024
"""The largest answer that is read, in bytes; a real one has about two thousand."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Request:
    """An HTTP request. Its repr leaves out body and headers, which hold secrets and numbers.

    With `hides_path`, where path or query hold a number, they are in no repr, message or log
    either; the transport keeps them from the libraries below, which write them to their logs.
    """

    url: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    is_free: bool = False
    """Whether it costs nothing (a request for an access token, say)."""
    hides_path: bool = False

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.method} {self.shown_url}>"

    @property
    def shown_url(self) -> str:
        """The URL as it may be shown: without path and query if they are hidden."""
        return origin(self.url) + "/…" if self.hides_path else self.url

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
        body = urlencode(self.fields).encode("ascii")
        return _post(url, body, "application/x-www-form-urlencoded", headers)


@dataclass(frozen=True, slots=True)
class JSONBody:
    """The JSON document of a request; its repr hides it, for it holds secrets and numbers."""

    document: Any = field(repr=False)

    def to(self, url: str, **headers: str) -> Request:
        """Return the POST of this document to `url`; ``_`` in names of `headers` becomes ``-``."""
        body = json.dumps(self.document).encode("ascii")
        return _post(url, body, "application/json", headers)


def _post(url: str, body: bytes, content_type: str, headers: Mapping[str, str]) -> Request:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Request(url=url, body=body, headers={"Content-Type": content_type, **named})


def basic_authorization(user: str, password: str) -> str:
    """Return the value of the header ``Authorization`` by the basic scheme."""
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode('ascii')}"


def origin(url: str) -> str:
    """Return scheme, host and port of `url`, without a user, path or query."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "no host", parts.port
    except ValueError:
        return "no host"
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}" + (f":{port}" if port else "")


def url_trouble(url: object) -> str | None:
    """Return the reason why `url` may not be asked, or None.

    Plain http is accepted for loopback addresses only.
    """
    url = url if isinstance(url, str) else ""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "is not a URL"
    if not url.isprintable() or " " in url:
        return "must hold no spaces, line breaks or signs that cannot be printed"
    if parts.scheme not in ("http", "https") or not host:
        return "is not an http(s) URL with a host"
    if parts.username or parts.password or parts.query or parts.fragment:
        return "must hold no user, password, query or fragment"
    if parts.scheme == "http" and not is_loopback(host):
        return "must begin with https (plain http is for loopback addresses only)"
    return None


def is_loopback(host: str) -> bool:
    """Return whether `host` is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_of(url: object) -> str:
    """Return the host name of `url`, or "" if it has none that may be shown.

    A password with an unquoted "/" ends the host too early, so an "@" behind it hides everything.
    """
    try:
        parts = urlsplit(url) if isinstance(url, str) else None
        host = (parts.hostname or "") if parts else ""
    except ValueError:
        return ""
    rest = "".join((parts.path, parts.query, parts.fragment)) if parts else ""
    return "" if "@" in rest else host
