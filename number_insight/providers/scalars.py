"""From whatever a provider sends to one clean value: a text, a word, a code, an amount.

Nothing here raises. What is absent, empty, of the wrong type or of no sense is None, or
``"unknown"`` where a word is expected.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Set
from decimal import Decimal, InvalidOperation
from typing import Any

from number_insight.insight import UNKNOWN

MAX_TEXT = 200
"""Characters of a text that are kept."""

MAX_AMOUNT = 10**9
_PLACES = Decimal("0.00000001")  # amounts come with up to eight decimals
_NOTHING = frozenset({"", "null", "none", UNKNOWN})
_DIGIT_RUNS = re.compile(r"\+?\d[\d\s().-]{3,}\d")


def clean(value: str) -> str:
    """Return `value` without what no database keeps (NUL, lone surrogates), stripped, clipped."""
    kept = value.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")
    return kept.strip()[:MAX_TEXT].strip()


def text(value: Any) -> str | None:
    """Return a text or a number as text; "unknown", "NONE" and "null" are no texts."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    found = clean(_shown(value))
    return None if found.lower() in _NOTHING else found


def _shown(value: str | int | float | Decimal) -> str:
    try:
        return str(value)
    except ValueError:  # Python shows no whole number of more than 4300 digits
        return ""


def word(value: Any, known: Set[str]) -> str:
    """Return the lower-case word that `value` is, if it is one of `known`."""
    found = (text(value) or UNKNOWN).lower()
    return found if found in known else UNKNOWN


def letters(value: Any, length: int) -> str | None:
    """Return a country code of `length` letters in upper case."""
    found = (text(value) or "").upper()
    is_code = len(found) == length and found.isascii() and found.isalpha()
    return found if is_code else None


def amount(value: Any) -> Decimal | None:
    """Return an amount of money: finite, not negative, of sane size, with eight decimals at most.

    Prices were numbers once and are strings today, ``"0.03000000"``.
    """
    try:
        found = Decimal(text(value) or "NaN")
        if not found.is_finite() or not 0 <= found < MAX_AMOUNT:
            return None
        found = abs(found)
        is_plain = -8 <= int(found.as_tuple().exponent) <= 0
        return found if is_plain else found.quantize(_PLACES)
    except InvalidOperation:
        return None


def integer(value: Any) -> int | None:
    """Return a small whole number, 0 to 99999; it may come as ``0``, ``"0"`` or ``0.0``."""
    found = amount(value)
    if found is None or found >= 10**5 or found != found.to_integral_value():
        return None
    return int(found)


def address(value: Any) -> str | None:
    """Return an IP address in its usual form."""
    try:
        return str(ipaddress.ip_address(text(value) or ""))
    except ValueError:
        return None


def number(value: Any) -> str:
    """Return E.164 with "+"; Vonage sends the digits alone."""
    digits = re.sub(r"[\s().+-]", "", text(value) or "")
    is_number = digits.isascii() and digits.isdigit() and 4 <= len(digits) <= 15
    return f"+{digits}" if is_number else ""


def scrubbed(value: Any) -> str:
    """Return a provider's sentence without the numbers it may echo.

    Status 3 says "Not valid number format detected [ 07999999999 ]".
    """
    return _DIGIT_RUNS.sub("…", text(value) or "")
