"""Numbering plans: one canonical form for every line, however it is spelled.

Plans change, and libphonenumber knows the present ones alone: people, callbacks and old rows also
spell a line as it was written before, or as it is dialled from a neighbour.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers
from phonenumbers import ValidationResult

IMPOSSIBLE, POSSIBLE, KNOWN = range(3)
"""How well a number is known: its length is none of its plan, or is one, or its range is one too."""

_FORMER_LENGTHS = {
    "222": 7,  # Mauritania, until 2011
    "225": 8,  # Ivory Coast, until 2021
    "228": 7,  # Togo, until 2010
    "239": 6,  # São Tomé and Príncipe, until 2010
    "247": 4,  # Ascension, until 2015
    "248": 6,  # Seychelles, until 2011
    "253": 6,  # Djibouti, until 2011
    "268": 7,  # Eswatini, until 2010
    "504": 7,  # Honduras, until 2010
    "56": 8,  # Chile, until 2016
    "995": 8,  # Georgia, until 2011
}
"""The digits after the calling code that plans had before they were lengthened."""

_BY_WAY_OF_ITALY, _SAN_MARINO = re.compile(r"\+39(0549\d{6})"), r"+378\1"
"""San Marino is called by way of Italy as well."""
_RESPELLED = (
    # Mexico marked mobiles until 2019, and WhatsApp still does; 01, 044 and 045 were trunk codes.
    (re.compile(r"\+52(?:1|01|044|045)(\d{10})"), r"+52\1"),
    # Brazil put a 9 before its mobiles until 2016; WhatsApp leaves it out.
    (re.compile(r"\+55(\d\d)([6-9]\d{7})"), r"+55\g<1>9\2"),
    # The French overseas departments are dialled from France without their own calling codes.
    (re.compile(r"\+33((?:590|69[01])\d{6})"), r"+590\1"),
    (re.compile(r"\+33((?:594|694)\d{6})"), r"+594\1"),
    (re.compile(r"\+33((?:596|69[67])\d{6})"), r"+596\1"),
    (re.compile(r"\+33((?:262|269|639|69[23])\d{6})"), r"+262\1"),
)
"""Second spellings of lines, and what replaces them."""
LONGEST, _REST = 15, "23456789012345"
"""The digits of the longest number, and some to complete a shorter one with."""
_MOST_ZEROS = 16
"""What libphonenumber strips from one number at most."""


@lru_cache(maxsize=1024)  # a form, a field and a record read the same number in one signup
def read(text: str, region: str | None) -> str | None:
    """Return the canonical form of `text`, or None if it cannot be a number.

    What is a local number in `region`, without its area code, is not read as another country's.
    """
    for reading, home in _readings(text, region):
        parsed = parse(reading, home)
        if parsed is None:
            continue
        number = _canonical(e164(parsed))
        if number is not None or _length(parsed) == ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
            return number
    return None


def _readings(text: str, region: str | None) -> list[tuple[str, str | None]]:
    if text.startswith("+"):
        return [(f"+{text[1:].lstrip('0')}" if text.startswith("+00") else text, None)]
    readings: list[tuple[str, str | None]] = [(text, region)] if region else []
    digits = "".join(char for char in text if char.isdigit())
    if digits.startswith("00"):
        readings.append((f"+{digits[2:]}", None))
    elif not digits.startswith("0"):
        readings.append((f"+{digits}", None))
    return readings


def parse(text: str, region: str | None = None) -> phonenumbers.PhoneNumber | None:
    """Return `text` as libphonenumber reads it, be it possible or not; None if it has no reading.

    libphonenumber strips one superfluous zero a time, so it is asked until nothing changes.
    """
    for _ in range(_MOST_ZEROS):
        parsed = _parse_once(text, region)
        if parsed is None or e164(parsed) == text:
            return parsed
        text, region = e164(parsed), None
    return None


@lru_cache(maxsize=1024)  # one number is read again and again; nothing here changes what is found
def _parse_once(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    return None if parsed.extension else parsed


def e164(parsed: phonenumbers.PhoneNumber) -> str:
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))


def _length(parsed: phonenumbers.PhoneNumber) -> int:
    return int(phonenumbers.is_possible_number_with_reason(parsed))


@lru_cache(maxsize=1024)
def _canonical(text: str) -> str | None:
    """Return the one form of the line that `text` ("+…") is, or None if there can be none.

    A spelling gives way to another one of the same line that is better known.
    """
    parsed = parse(text)
    if parsed is None:
        return None
    number, rank = e164(parsed), _rank(parsed)
    for other, least in _spellings(number, str(parsed.country_code), rank):
        if _rank(parse(other)) >= least:
            return _canonical(other)
    return number if rank else None


def _rank(parsed: phonenumbers.PhoneNumber | None) -> int:
    """Return `KNOWN` for a number of a known range, `POSSIBLE`, or `IMPOSSIBLE`."""
    if parsed is None:
        return IMPOSSIBLE
    if phonenumbers.is_valid_number(parsed):
        return KNOWN
    digits = len(phonenumbers.national_significant_number(parsed))
    was_possible = _FORMER_LENGTHS.get(str(parsed.country_code)) == digits
    is_possible = _length(parsed) == ValidationResult.IS_POSSIBLE
    return POSSIBLE if was_possible or is_possible else IMPOSSIBLE


def _spellings(number: str, code: str, rank: int) -> Iterator[tuple[str, int]]:
    """Yield other spellings of the line of `number`, and the rank from which each is better."""
    if _BY_WAY_OF_ITALY.fullmatch(number):
        yield _BY_WAY_OF_ITALY.sub(_SAN_MARINO, number), KNOWN
    if rank == KNOWN:
        return
    for pattern, replacement in _RESPELLED:
        if pattern.fullmatch(number):
            yield pattern.sub(replacement, number), rank + 1
    digits, trunk = number[1 + len(code) :], _trunk_prefix(code)
    if trunk and digits.startswith(trunk):
        yield f"+{code}{digits[len(trunk) :]}", rank + 1
    yield f"+{code}{digits.lstrip('0')}", rank + 1
    yield f"+{code}0{digits.lstrip('0')}", KNOWN


def _trunk_prefix(code: str) -> str:
    """Return what is dialled before a number inside the country with this calling code."""
    region = phonenumbers.region_code_for_country_code(int(code))
    return phonenumbers.ndd_prefix_for_region(region, strip_non_digits=True) or ""


def beginnings(
    text: str, region: str | None = None, *, least: int = POSSIBLE, nexts: str = "25"
) -> frozenset[str]:
    """Return the E.164 beginnings that `text` stands for, the beginning of a number.

    It is completed with digits, of which one of `nexts` is the first, and read. Those readings
    count that are known at `least`. The result is empty if no number begins like this.
    """
    digits = "".join(char for char in text if char.isdigit())
    found: set[str] = set()
    for first in nexts if digits else "":
        for rest in (f"{first}{_REST[:more]}" for more in range(LONGEST - len(digits))):
            for number in {read(f"{text}{rest}", region), read(f"+{digits}{rest}", None)}:
                if number and number.endswith(rest) and _rank(parse(number)) >= least:
                    found.add(number.removesuffix(rest))
    return frozenset(found - {"+"})
