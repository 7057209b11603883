"""Parsing of a provider's single values: texts, words, codes, amounts.

Nothing here raises. An absent, empty, mistyped or nonsensical value becomes None, or
``"unknown"`` where a word is expected.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Set
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from number_insight import numbers
from number_insight.insight import UNKNOWN, utc_time

MAX_TEXT = 200
"""The longest text that is kept, in characters."""

MAX_AMOUNT = 10**9
MAX_REQUEST_ID = 64
_PLACES = Decimal("0.00000001")  # amounts come with up to eight decimals
_NOTHING = frozenset({"", "null", "none", UNKNOWN})
_FRACTION = re.compile(r"\.\d+", re.ASCII)
"""The fraction of a second, of which Python 3.10 reads three digits or six."""
_DIGIT_RUNS = re.compile(r"\+?\d[\d\s().-]{3,}\d")
# What `Decimal` accepts besides, "1_0" or Arabic digits, is no number in JSON or XML.
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def clean(value: str) -> str:
    """Return `value` stripped, clipped, and without NUL and lone surrogates.

    No database stores these two.
    """
    kept = value.replace("\x00", "").encode("utf-8", "ignore").decode("utf-8")
    return kept.strip()[:MAX_TEXT].strip()


def text(value: Any) -> str | None:
    """Return a text or a number as text; "unknown", "NONE" and "null" count as absent."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    found = clean(_shown(value))
    return None if found.lower() in _NOTHING else found


def _shown(value: str | int | float | Decimal) -> str:
    try:
        return str(value)
    except ValueError:  # Python converts no integer of more than 4300 digits
        return ""


def word(value: Any, known: Set[str]) -> str:
    """Return `value` as a lower-case word of `known`, or "unknown"."""
    found = (text(value) or UNKNOWN).lower()
    return found if found in known else UNKNOWN


def letters(value: Any, length: int) -> str | None:
    """Return a country code of `length` letters, in upper case; with two, of an assigned country.

    "EU", "XX" and "T1" (Tor) are none.
    """
    found = (text(value) or "").upper()
    is_code = len(found) == length and found.isascii() and found.isalpha()
    if length == 2:
        return numbers.known_country(found)
    return found if is_code else None


def amount(value: Any) -> Decimal | None:
    """Return an amount of money: not negative, below `MAX_AMOUNT`, with at most eight decimals.

    Vonage once sent prices as numbers and today sends strings, ``"0.03000000"``.
    """
    found = _decimal(value)
    if found is None or not 0 <= found < MAX_AMOUNT:
        return None
    found = abs(found)
    is_plain = -8 <= int(found.as_tuple().exponent) <= 0
    return found if is_plain else found.quantize(_PLACES)


def moment(value: Any) -> datetime | None:
    """Return a time in UTC; it is sent as ISO 8601 text, "2026-11-20T09:30:27.504Z"."""
    return utc_time(_FRACTION.sub(_six_digits, text(value) or ""))


def _six_digits(match: re.Match[str]) -> str:
    return match[0][:7].ljust(7, "0")


def flag(value: Any) -> bool | None:
    """Return a boolean; a word such as "FALSE", which Python takes for true, is none."""
    return value if isinstance(value, bool) else None


def request_id(value: Any) -> str:
    """Return the id of a request, clipped to the length that is stored; "" if there is none."""
    return (text(value) or "")[:MAX_REQUEST_ID]


def integer(value: Any) -> int | None:
    """Return an integer from 0 to 99999; it may be sent as ``0``, ``"0"`` or ``0.0``.

    Nothing is rounded: ``"1e-9"`` is no 0.
    """
    found = _decimal(value)
    if found is None or not 0 <= found < 10**5 or found != found.to_integral_value():
        return None
    return int(found)


def _decimal(value: Any) -> Decimal | None:
    shown = text(value) or ""
    try:
        return Decimal(shown) if _DECIMAL.fullmatch(shown) else None
    except InvalidOperation:  # an exponent beyond all bounds
        return None


def address(value: Any) -> str | None:
    """Return an IP address in its canonical form."""
    try:
        return str(ipaddress.ip_address(text(value) or ""))
    except ValueError:
        return None


def number(value: Any) -> str:
    """Return a number as E.164, with the "+" that Vonage leaves out."""
    digits = re.sub(r"[\s().+-]", "", text(value) or "")
    is_number = digits.isascii() and digits.isdigit() and 4 <= len(digits) <= 15
    return f"+{digits}" if is_number else ""


def scrubbed(value: Any) -> str:
    """Return a provider's sentence with the phone numbers that it echoes removed.

    Status 3 says "Not valid number format detected [ 07999999999 ]".
    """
    return _DIGIT_RUNS.sub("…", text(value) or "")
