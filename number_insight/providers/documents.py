"""From bytes to a plain document, within limits: JSON here, XML in `wire_xml`.

A document is a dict of texts, whole numbers, booleans, nulls, lists and dicts; it can be stored
in any database. `Unreadable` is all that is ever raised.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from number_insight.providers.http import MAX_BODY
from number_insight.providers.scalars import clean

MAX_DEPTH = 20
MAX_DIGITS = 18
"""Digits of a whole number that is read as one; a longer one stays text."""

Document = dict[str, Any]


class Unreadable(Exception):
    """The bytes are no document."""


def read_json(body: bytes, *, strict: bool = False) -> Document:
    """Return the JSON object that `body` holds.

    `strict` is for what strangers may post: UTF-8 only, and no key twice. A provider's own
    answer was paid for, so more is made of it: sister APIs of Vonage answer in ISO-8859-1.
    """
    if len(body) > MAX_BODY:
        raise Unreadable("too large")
    try:
        found = json.loads(
            _decode(body, strict=strict),
            object_pairs_hook=_refuse_twice if strict else None,
            parse_int=_whole,
            parse_float=str,
            parse_constant=_none,
        )
        found = _plain(found, MAX_DEPTH)
    except (ValueError, RecursionError, MemoryError) as exc:
        raise Unreadable("no JSON") from exc
    if not isinstance(found, dict):
        raise Unreadable("no JSON object")
    return found


def _decode(body: bytes, *, strict: bool) -> str:
    if strict:
        return body.decode("utf-8-sig")
    try:
        return body.decode(json.detect_encoding(body), "surrogatepass")
    except UnicodeDecodeError:
        return body.decode("latin-1")


def _refuse_twice(pairs: list[tuple[str, Any]]) -> Document:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key comes twice")
    return found


def _whole(digits: str) -> int | str:
    return int(digits) if len(digits) <= MAX_DIGITS else digits


def _none(_: str) -> None:
    """Return null for NaN and Infinity, which are no JSON though Python reads them."""


def _plain(value: Any, depth: int) -> Any:
    """Return `value` with every text cleaned."""
    if depth < 0:
        raise Unreadable("too deep")
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(key): _plain(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, depth - 1) for item in value]
    return value


Reader = Callable[[bytes], Document]
