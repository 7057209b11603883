"""The calls of the rival: one connection and one request each, over http or https."""

from __future__ import annotations

import asyncio
import json
import ssl
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

DEADLINE = 20.0
"""Seconds for one call, as ours has them."""
NUMBER_INSIGHT, IDENTITY = "number_insight", "identity"
PATHS = {
    NUMBER_INSIGHT: "/ni/advanced/json",
    IDENTITY: "/identity-insights/v1/requests",
}
KINDS = {NUMBER_INSIGHT: "application/x-www-form-urlencoded", IDENTITY: "application/json"}
INSIGHTS: dict[str, Any] = {"format": {}, "original_carrier": {}, "current_carrier": {}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The API to ask, its origin, the header that authenticates, and the trusted certificates."""

    api: str
    url: str
    authorization: str
    ca_file: str

    @property
    def context(self) -> ssl.SSLContext | None:
        return _context(self.ca_file) if self.url.startswith("https") else None


@cache
def _context(ca_file: str) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=ca_file)


@cache
def _head(target: Target) -> bytes:
    lines = (
        f"POST {PATHS[target.api]} HTTP/1.1",
        f"Host: {urlsplit(target.url).netloc}",
        f"Content-Type: {KINDS[target.api]}",
        f"Authorization: {target.authorization}",
        "Accept: application/json",
        "Connection: close",
        "Content-Length: ",
    )
    return "\r\n".join(lines).encode()


def _body(target: Target, number: str) -> bytes:
    digits = number.removeprefix("+")
    if target.api == IDENTITY:
        return json.dumps({"phone_number": digits, "insights": INSIGHTS}).encode()
    return b"number=" + digits.encode()


async def ask(target: Target, number: str) -> dict[str, Any]:
    """Return the answer about `number`; raise on any trouble, of which the stand has none."""
    return await asyncio.wait_for(_ask(target, number), DEADLINE)


async def _ask(target: Target, number: str) -> dict[str, Any]:
    parts, body = urlsplit(target.url), _body(target, number)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port, ssl=target.context)
    writer.write(b"%s%d\r\n\r\n%s" % (_head(target), len(body), body))
    answer = await reader.read(-1)
    writer.close()
    head, _, document = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 "):
        raise ValueError(f"the provider answered {head[:40]!r}")
    told: dict[str, Any] = json.loads(document)
    return told
