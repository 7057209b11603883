"""Numbering plans: one canonical form of each line.

libphonenumber knows the current plans. People, callbacks and old rows also use the spellings of
former plans, and those for calls from a neighbouring country.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

import phonenumbers
from phonenumbers import ValidationResult

IMPOSSIBLE, POSSIBLE, KNOWN = range(3)
"""Ranks of a number: wrong length, right length, known range."""

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
"""The number of digits after the calling code in plans that were lengthened since."""

_BY_WAY_OF_ITALY, _SAN_MARINO = re.compile(r"\+39(0549\d{6})"), r"+378\1"
"""San Marino can be called through Italy."""
_RESPELLED = (
    # Mexico: a 1 marked mobiles until 2019, as in WhatsApp; 01, 044 and 045 were trunk prefixes.
    (re.compile(r"\+52(?:1|01|044|045)(\d{10})"), r"+52\1"),
    # Brazil: mobiles got a leading 9 until 2016, which WhatsApp leaves out.
    (re.compile(r"\+55(\d\d)([6-9]\d{7})"), r"+55\g<1>9\2"),
    # The French overseas departments can be called from France without their calling codes.
    (re.compile(r"\+33((?:590|69[01])\d{6})"), r"+590\1"),
    (re.compile(r"\+33((?:594|694)\d{6})"), r"+594\1"),
    (re.compile(r"\+33((?:596|69[67])\d{6})"), r"+596\1"),
    (re.compile(r"\+33((?:262|269|639|69[23])\d{6})"), r"+262\1"),
)
"""Other spellings of a line, and their replacements."""
LONGEST, _REST = 15, "23456789012345"
"""The length of the longest number, and digits that complete a shorter one."""
_MAX_STEPS = 16
"""The limit of superfluous zeros that are stripped."""


@lru_cache(maxsize=1024)  # a form, a field and a record normalise the same number in one signup
def read(text: str, region: str | None) -> str | None:
    """Return the canonical form of `text`, or None if it is impossible.

    A local number of `region`, without its area code, is not read as an international one.
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
    """Return texts to parse and their regions: national first, then international."""
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
    """Return `text` parsed, possible or not; None if it cannot be parsed.

    libphonenumber strips one superfluous zero at a time, so parsing is repeated until it is stable.
    """
    for _ in range(_MAX_STEPS):
        parsed = _parse_once(text, region)
        if parsed is None or e164(parsed) == text:
            return parsed
        text, region = e164(parsed), None
    return None


@lru_cache(maxsize=1024)  # the functions below parse the same number; none of them changes it
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
    """Return the canonical form of `text` ("+…"), or None if it is impossible.

    A spelling is replaced by another one of the same line that has a higher rank.
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
    """Return the rank of a parsed number; a length of a former plan is possible."""
    if parsed is None:
        return IMPOSSIBLE
    if phonenumbers.is_valid_number(parsed):
        return KNOWN
    digits = len(phonenumbers.national_significant_number(parsed))
    was_possible = _FORMER_LENGTHS.get(str(parsed.country_code)) == digits
    is_possible = _length(parsed) == ValidationResult.IS_POSSIBLE
    return POSSIBLE if was_possible or is_possible else IMPOSSIBLE


def _spellings(number: str, code: str, rank: int) -> Iterator[tuple[str, int]]:
    """Yield other spellings of the line of `number`, each with the rank that it needs."""
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
    """Return the trunk prefix of the plan with calling code `code` ("0"), or ""."""
    region = phonenumbers.region_code_for_country_code(int(code))
    return phonenumbers.ndd_prefix_for_region(region, strip_non_digits=True) or ""


def beginnings(
    text: str, region: str | None = None, *, least: int = POSSIBLE, nexts: str = "25"
) -> frozenset[str]:
    """Return the E.164 prefixes for `text`, the beginning of a number.

    It is completed with digits, of which the first is one of `nexts`, and normalised; the results
    of rank `least` or higher count. The set is empty if no number begins like this.
    """
    digits = "".join(char for char in text if char.isdigit())
    found: set[str] = set()
    for first in nexts if digits else "":
        for rest in (f"{first}{_REST[:more]}" for more in range(LONGEST - len(digits))):
            for number in {read(f"{text}{rest}", region), read(f"+{digits}{rest}", None)}:
                if number and number.endswith(rest) and _rank(parse(number)) >= least:
                    found.add(number.removesuffix(rest))
    return frozenset(found - {"+"})
