"""`Request` and `Reply`: one HTTP exchange, independent of sockets."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

FORM_TYPE = "application/x-www-form-urlencoded"
JSON_TYPES = frozenset(
    {
        "application/json",
        "application/jsonrequest",
        "application/x-javascript",
        "text/json",
        "text/javascript",
        "text/x-javascript",
        "text/x-json",
    }
)
"""The content types that the reference accepts for a JSON body, at the JSON routes."""


class Unparseable(ValueError):
    """The body does not match its content type."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An HTTP request; the names in `headers` are lower case."""

    method: str
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    peer: str = "127.0.0.1"
    """The address of the client."""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    def params(self, *, accept_json: bool = True) -> dict[str, str]:
        """Return query and body merged; the body wins. Raise `Unparseable` for a broken body."""
        return {**self.query, **self.body_params(accept_json=accept_json)}

    def body_params(self, *, accept_json: bool = True) -> dict[str, str]:
        """Return the parameters in the body as text; a body of another type has none."""
        content_type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not self.body:
            return {}
        if content_type == FORM_TYPE:
            return dict(parse_qsl(_decoded(self.body), keep_blank_values=True))
        if accept_json and content_type in JSON_TYPES:
            return {name: _as_text(value) for name, value in self.document().items()}
        return {}

    def document(self) -> dict[str, Any]:
        """Return the body as a JSON object; raise `Unparseable` if it is none."""
        try:
            document = json.loads(_decoded(self.body))
        except (ValueError, RecursionError) as exc:
            raise Unparseable("the body is not JSON") from exc
        if not isinstance(document, dict):
            raise Unparseable("the body is not a JSON object")
        return document


def _decoded(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as exc:
        raise Unparseable("the body is not UTF-8") from exc


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An HTTP response. `fault` is a transport fault of `FAULTS`, `delay` is in seconds.

    `before` and `after` run around the sending, since a callback may come before or after the
    acknowledgement.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    fault: str = ""
    delay: float = 0.0
    before: Callable[[], None] | None = None
    after: Callable[[], None] | None = None


def json_reply(document: Mapping[str, Any], status: int = 200, **options: Any) -> Reply:
    """Return a reply with a JSON body."""
    return Reply(status=status, body=json.dumps(document).encode(), **options)
