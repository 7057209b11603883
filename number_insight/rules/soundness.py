"""Soundness: the flags of a project's own rule in a form that can be weighed and stored."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace
from math import isfinite
from typing import Any

from number_insight.exceptions import BadFlag
from number_insight.rules.scoring import Flag

LARGEST_WEIGHT = 1_000_000
"""The largest weight, of either sign; the sum of many has to fit into a column."""
MAX_TEXT = 1000
"""The longest text that is kept in the parameters of a flag, in characters."""
MAX_DEPTH = 4
"""The depth of the parameters that are kept as they are; what lies deeper is kept as text."""
SIMPLE = (bool, int, type(None))


def sound(flag: object) -> Flag:
    """Return `flag` with parameters that every database stores.

    A time, an amount or any other object among them is kept as text. Raise `BadFlag` if `flag` is
    none, or if its code, weight, message, parameters or `cancels` cannot be what they are.
    """
    if not isinstance(flag, Flag):
        raise BadFlag(f"a flag was expected, not {type(flag).__name__}")
    if not isinstance(flag.code, str) or not flag.code:
        raise BadFlag("a flag needs a code")
    if not is_weight(flag.weight):
        raise BadFlag("a flag needs a weight that is a whole number below a million")
    if flag.message is None or not isinstance(flag.params, Mapping):
        raise BadFlag("a flag needs a message, and parameters by name")
    if not is_codes(flag.cancels):
        raise BadFlag("a flag cancels a set of codes, and nothing else")
    return _storable(flag)


def is_weight(value: object) -> bool:
    """Return whether `value` is a whole number that may be a weight."""
    return type(value) is int and -LARGEST_WEIGHT <= value <= LARGEST_WEIGHT


def is_codes(value: object) -> bool:
    """Return whether `value` is a collection of texts, and not one text."""
    return isinstance(value, (Set, tuple, list)) and all(isinstance(code, str) for code in value)


def _storable(flag: Flag) -> Flag:
    """Return `flag` with plain texts, without a copy where it has them already."""
    told: dict[str, Any] = {
        "code": _text(flag.code),
        "message": _text(str(flag.message)),
        "group": _text(str(flag.group or "")),
        "bare_message": _text(str(flag.bare_message or "")),
    }
    params = {_text(str(name)): _plain(value) for name, value in flag.params.items()}
    if any(params.get(name) is not value for name, value in flag.params.items()):
        told["params"] = params
    # A lazy text equals its plain one, and cannot be stored.
    changed = {name: value for name, value in told.items() if value is not getattr(flag, name)}
    return replace(flag, **changed) if changed else flag


def _plain(value: Any, depth: int = MAX_DEPTH) -> Any:
    """Return `value` as JSON can hold it, an unknown object as text."""
    if isinstance(value, SIMPLE) or (isinstance(value, float) and isfinite(value)):
        return value
    if depth and isinstance(value, Mapping):
        return {_text(str(name)): _plain(part, depth - 1) for name, part in value.items()}
    if depth and isinstance(value, (list, tuple)):
        parts = [_plain(part, depth - 1) for part in value]
        return tuple(parts) if isinstance(value, tuple) else parts
    if depth and isinstance(value, Set):
        return sorted((_plain(part, depth - 1) for part in value), key=str)
    return _text(str(value))


def _text(text: str) -> str:
    """Return `text` cut to `MAX_TEXT`, without NUL and lone surrogates, which no column holds."""
    if len(text) <= MAX_TEXT and text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:MAX_TEXT]
