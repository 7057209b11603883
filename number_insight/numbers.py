"""Phone numbers: from what people type to E.164, and what libphonenumber knows for free.

What is asked for is *possible*, not *valid*: the metadata lags behind real ranges, and Vonage's
own example, 447700900000, is a reserved number. Every door for numbers reads them here: a line has
one canonical form, however it is spelled, and what is refused here is impossible everywhere.
"""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType

from number_insight import numbering, spelling
from number_insight.exceptions import InvalidNumber
from number_insight.insight import UNKNOWN, Insight

MAX_LENGTH = 64
"""Longer input is refused before it is parsed; the longest E.164 number has 15 digits."""
MAX_TYPED = 1000
"""What is longer than this, invisible marks and all, is not even read."""

REGIONS = frozenset(phonenumbers.SUPPORTED_REGIONS)
"""The alpha-2 countries that have a numbering plan."""
KEPT_LENGTH = 32
"""What is kept of a text that is no number, in characters; E.164 needs 16."""
COUNTRIES = REGIONS | {"AQ", "BV", "GS", "HM", "PN", "TF", "UM"}
"""The alpha-2 countries that are assigned, also those without a numbering plan."""

_ARGENTINIAN = re.compile(r"\+549?(\d{10})")
"""A line in Argentina; a mobile has a 9, which some leave out."""
_LINE_TYPES = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "landline",
    PhoneNumberType.PREMIUM_RATE: "landline_premium",
    PhoneNumberType.TOLL_FREE: "landline_tollfree",
    PhoneNumberType.VOIP: "virtual",
    PhoneNumberType.PAGER: "pager",
}


def normalise(value: object, region: str | None = None) -> str:
    """Return `value`, what was typed or a parsed number, as canonical E.164 ("+447700900000").

    `region` (alpha-2) is tried first; digits without "+" that are not possible there are tried
    as international. Raise `InvalidNumber`, whose message is fit for the person who typed it.
    """
    typed = text_of(value)
    text = spelling.cleaned(typed[:MAX_TYPED])
    if not text:
        raise InvalidNumber("Enter a phone number.", code="required")
    if len(text) > MAX_LENGTH or len(typed) > MAX_TYPED:
        raise InvalidNumber("This is too long for a phone number.", code="too_long")
    if not spelling.is_plain(text):
        raise InvalidNumber("Enter the phone number with the digits 0 to 9.", code="characters")
    number = numbering.read(text, region.upper() if region else None)
    if number is None:
        raise InvalidNumber(
            "Enter a valid phone number with its country code, for example +46 70 174 06 05.",
            code="invalid",
        )
    return number


def text_of(value: object) -> str:
    """Return `value` as text; a parsed number in E.164, in whatever format it prints itself."""
    if not isinstance(value, phonenumbers.PhoneNumber):
        return "" if value is None else str(value)
    formats = phonenumbers.PhoneNumberFormat
    if value.country_code is None or value.extension:
        # An extension is refused, so it must not get lost on the way to being refused.
        return value.raw_input or phonenumbers.format_number(value, formats.INTERNATIONAL)
    return numbering.e164(value)


def canonical(value: object, region: str | None = None) -> str:
    """Return `value` as E.164, or, where it cannot be a number, as text that a column can hold.

    That text is no number either: what was cut off or cannot be stored leaves a mark.
    """
    try:
        return normalise(value, region)
    except InvalidNumber:
        text = spelling.visible(text_of(value)).replace("\0", "\ufffd")
        text = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        return text if len(text) <= KEPT_LENGTH else f"{text[: KEPT_LENGTH - 1]}…"


def spellings(number: str) -> frozenset[str]:
    """Return the numbers (E.164) that are the line of `number`: one, or two in Argentina."""
    match = _ARGENTINIAN.fullmatch(number)
    return frozenset({number, f"+54{match[1]}", f"+549{match[1]}"} if match else {number})


def is_same_line(told: str, number: str) -> bool:
    """Whether `told` is the line of `number` (E.164), be it in the national form of its country."""
    digits = "".join(char for char in told if char.isdigit())
    readings = (numbering.read(f"+{digits}", None), numbering.read(digits, country(number)))
    return not spellings(canonical(number)).isdisjoint(filter(None, readings))


def beginnings(text: str, region: str | None = None) -> frozenset[str]:
    """Return the E.164 beginnings that `text` stands for; none if it cannot begin a number."""
    text = spelling.cleaned(text)
    return numbering.beginnings(text, region) if spelling.is_plain(text) else frozenset()


def best_beginnings(prefix: str) -> frozenset[str]:
    """Return those of the E.164 beginnings of `prefix` ("+…") that known numbers have, if any."""
    for least in (numbering.KNOWN, numbering.POSSIBLE):
        found = numbering.beginnings(prefix, least=least, nexts="1234567890")
        if found:
            return found
    return frozenset()


def known_country(value: object) -> str | None:
    """Return `value` as the alpha-2 code of an assigned country, or None ("EU", "UK", 46)."""
    code = value.strip() if isinstance(value, str) else ""
    code = code.upper() if code.isascii() else ""
    return code if code in COUNTRIES else None


@lru_cache(maxsize=1024)
def _known(number: str) -> phonenumbers.PhoneNumber | None:
    """Return `number` (E.164) parsed in its canonical form, or None if it cannot be a number."""
    if not number.startswith("+"):
        return None
    try:
        return numbering.parse(normalise(number))
    except InvalidNumber:
        return None


def is_valid(number: str) -> bool:
    """Whether libphonenumber knows a range that `number` (E.164) lies in."""
    parsed = _known(number)
    return parsed is not None and phonenumbers.is_valid_number(parsed)


def is_possible(number: str) -> bool:
    """Whether `number` (E.164) is one that `normalise` accepts."""
    return _known(number) is not None


def country(number: str) -> str | None:
    """Return the alpha-2 country of `number` (E.164), as libphonenumber has it, or None."""
    parsed = _known(number)
    if parsed is None:
        return None
    found = phonenumbers.region_code_for_number(parsed)
    found = found or phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    return found if found in REGIONS else None


def calling_code(number: str) -> str | None:
    """Return the country calling code of `number` ("44"), or None."""
    parsed = _known(number)
    return str(parsed.country_code) if parsed else None


def code_of_country(country: str) -> str | None:
    """Return the calling code of `country` (alpha-2), or None if it has none that we know."""
    code = phonenumbers.country_code_for_region(country.upper())
    return str(code) if code else None


def shares_calling_code(country: str, other: str) -> bool:
    """Whether two countries (alpha-2) have one calling code: "US" and "CA", "GB" and "JE"."""
    code = code_of_country(country)
    return code is not None and code == code_of_country(other)


def national(number: str) -> str | None:
    """Return `number` as it is written in its own country, or None."""
    parsed = _known(number)
    if parsed is None:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)


def international(number: str) -> str:
    """Return `number` spaced for reading ("+46 70 174 06 05"), or as it is."""
    parsed = _known(number)
    if parsed is None:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def local_insight(number: str) -> Insight:
    """Return what is known about `number` (E.164) without asking anybody."""
    parsed = _known(number)
    if parsed is None:
        return Insight(number=number)
    return Insight(
        number=number,
        national_format=national(number),
        country=country(number),
        country_prefix=calling_code(number),
        line_type=_LINE_TYPES.get(phonenumbers.number_type(parsed), UNKNOWN),
    )


def masked(number: str) -> str:
    """Return `number` for logs: its country code and its last two digits ("+46*******05")."""
    prefix = calling_code(number)
    if prefix is None:
        return "*" * min(len(number), 12)
    hidden = len(number) - 1 - len(prefix) - 2
    return f"+{prefix}{'*' * hidden}{number[-2:]}"


def recognisable(number: str) -> str:
    """Return `number` for somebody who is told it anyway ("+46 70 *** ** 05").

    It is enough to recognise a number by, and not enough to call: four digits at least are hidden.
    """
    prefix = calling_code(number)
    if prefix is None:
        return masked(number)
    length = len(number) - 1 - len(prefix)
    last = min(2, max(0, length - 4))
    first = min(2, max(0, length - 4 - last))
    text, place = "", 0
    for char in international(number).removeprefix(f"+{prefix}"):
        is_shown = not char.isdigit() or place < first or place >= length - last
        text += char if is_shown else "*"
        place += char.isdigit()
    return f"+{prefix}{text}"
