"""Parsing of JSON within limits; `wire_xml` does the same for XML.

A document is a dict of strings, integers, booleans, nulls, lists and dicts that can be stored in
any database. Every failure is raised as `Unreadable`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from number_insight.providers.http import MAX_BODY
from number_insight.providers.scalars import clean

MAX_DEPTH = 20
MAX_DIGITS = 18
"""The digits of the longest integer that is parsed; a longer one stays a string."""

Document = dict[str, Any]


class Unreadable(Exception):
    """The bytes hold no document."""


def read_json(body: bytes) -> Document:
    """Return the JSON object in `body`, in any encoding.

    Answers and callbacks are read alike. Sister APIs of Vonage answer in ISO-8859-1.
    """
    if len(body) > MAX_BODY:
        raise Unreadable("too large")
    try:
        found = json.loads(
            decode(body),
            object_pairs_hook=gather,
            parse_int=_integer,
            parse_float=str,
            parse_constant=_none,
        )
        found = _plain(found, MAX_DEPTH)
    except (ValueError, RecursionError, MemoryError) as exc:
        raise Unreadable("no JSON") from exc
    if not isinstance(found, dict):
        raise Unreadable("no JSON object")
    return found


def decode(body: bytes) -> str:
    """Return `body` as text: UTF-8, UTF-16 or UTF-32, else ISO-8859-1."""
    try:
        return body.decode(json.detect_encoding(body), "surrogatepass")
    except UnicodeDecodeError:
        return body.decode("latin-1")


def gather(pairs: Iterable[tuple[str, Any]]) -> Document:
    """Return `pairs` as a dict with clean keys.

    Raise `Unreadable` if a key comes with two values: nobody could tell which one is meant. Keys
    that differ in what is cleaned away (`" status"`, `"status\\0"`) are the same.
    """
    found: Document = {}
    for key, value in pairs:
        if found.setdefault(clean(key), value) != value:
            raise Unreadable("a key comes twice")
    return found


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) <= MAX_DIGITS else digits


def _none(_: str) -> None:
    """Return None for NaN and Infinity, which Python parses although JSON has neither."""


def _plain(value: Any, depth: int) -> Any:
    """Return `value` with every string cleaned."""
    if depth < 0:
        raise Unreadable("too deep")
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {key: _plain(item, depth - 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, depth - 1) for item in value]
    return value
