"""Phone numbers: typed text in E.164, and the free facts from libphonenumber.

A number has to be *possible*, not *valid*: the metadata lags behind real ranges, and Vonage's own
example, 447700900000, is a reserved number. All numbers are normalised here: each line has one
canonical form, however it is spelled, and a text that is refused here is impossible everywhere.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType

from number_insight import numbering, spelling
from number_insight.exceptions import InvalidNumber
from number_insight.insight import UNKNOWN, Insight

MAX_LENGTH = 64
"""Longer input is refused before it is parsed; the longest E.164 number has 15 digits."""
MAX_TYPED = 1000
"""The longest input that is cleaned of invisible marks."""

LEAST_DIGITS = 4
"""The fewest digits that a phone number is written with, without its area code."""

REGIONS = frozenset(phonenumbers.SUPPORTED_REGIONS)
"""The alpha-2 countries with a numbering plan."""
COUNTRIES = REGIONS | {"AQ", "BV", "GS", "HM", "PN", "TF", "UM"}
"""All assigned alpha-2 countries, also those without a numbering plan."""
KEPT_LENGTH = 32
"""The characters that are stored of a text that is no number; E.164 needs 16."""

_ARGENTINIAN = re.compile(r"\+549?(\d{10})")
"""A number in Argentina; mobiles have a 9, which some systems leave out."""
_LINE_TYPES = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "landline",
    PhoneNumberType.PREMIUM_RATE: "landline_premium",
    PhoneNumberType.TOLL_FREE: "landline_tollfree",
    PhoneNumberType.VOIP: "virtual",
    PhoneNumberType.PAGER: "pager",
}


def normalise(value: object, region: str | None = None) -> str:
    """Return `value`, a typed text or a parsed number, in canonical E.164 ("+447700900000").

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
        told = f"Enter a valid phone number with its country code, for example {example(region)}."
        raise InvalidNumber(told, code="invalid")
    return number


def text_of(value: object) -> str:
    """Return `value` as text; a parsed number in E.164, regardless of its own string format.

    A spreadsheet and JSON may hold digits as a float, whose own text ends in ".0".
    """
    if isinstance(value, float) and value.is_integer():
        return f"{value:.0f}"
    if not isinstance(value, phonenumbers.PhoneNumber):
        return "" if value is None else str(value)
    formats = phonenumbers.PhoneNumberFormat
    if value.country_code is None or value.extension:
        # An extension is refused, so the text must keep it.
        return value.raw_input or phonenumbers.format_number(value, formats.INTERNATIONAL)
    return numbering.e164(value)


def is_number_like(value: object) -> bool:
    """Return whether `value` has a type that numbers come in: text, digits or a parsed number."""
    kinds = (str, int, phonenumbers.PhoneNumber)
    return isinstance(value, kinds) and not isinstance(value, bool)


def is_blank(value: object) -> bool:
    """Return whether `value` holds nothing visible."""
    return not spelling.visible(text_of(value))


def resembles_number(value: object) -> bool:
    """Return whether `value` looks like a phone number, one without a country code included."""
    text = spelling.cleaned(text_of(value)[:MAX_TYPED])
    return spelling.is_plain(text) and sum(map(str.isdigit, text)) >= LEAST_DIGITS


def canonical(value: object, region: str | None = None) -> str:
    """Return `value` in E.164, or as storable text if it is no number.

    That text is no number either: a mark stands for what was cut off or cannot be stored.
    """
    try:
        return normalise(value, region)
    except InvalidNumber:
        text = spelling.visible(text_of(value)).replace("\0", "\ufffd")
        text = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        return text if len(text) <= KEPT_LENGTH else f"{text[: KEPT_LENGTH - 1]}…"


def spellings(number: str) -> frozenset[str]:
    """Return the numbers (E.164) of the line of `number`: itself, and in Argentina a second one."""
    match = _ARGENTINIAN.fullmatch(number)
    return frozenset({number, f"+54{match[1]}", f"+549{match[1]}"} if match else {number})


def is_same_line(told: str, number: str) -> bool:
    """Return whether `told` is the line of `number` (E.164); `told` may be a national number."""
    digits = "".join(char for char in told if char.isdigit())
    readings = (numbering.read(f"+{digits}", None), numbering.read(digits, country(number)))
    return not spellings(canonical(number)).isdisjoint(filter(None, readings))


def beginnings(text: str, region: str | None = None) -> frozenset[str]:
    """Return the E.164 prefixes for `text`, the beginning of a number; empty if it begins none."""
    text = spelling.cleaned(text)
    return numbering.beginnings(text, region) if spelling.is_plain(text) else frozenset()


def best_beginnings(prefix: str) -> frozenset[str]:
    """Return the E.164 prefixes for `prefix` ("+…"): those of valid numbers, if there are any."""
    for least in (numbering.KNOWN, numbering.POSSIBLE):
        found = numbering.beginnings(prefix, least=least, nexts="1234567890")
        if found:
            return found
    return frozenset()


def known_country(value: object) -> str | None:
    """Return `value` as an assigned alpha-2 country, or None ("EU", "UK", 46)."""
    code = value.strip() if isinstance(value, str) else ""
    code = code.upper() if code.isascii() else ""
    return code if code in COUNTRIES else None


def known_region(value: object) -> str | None:
    """Return `value` as an alpha-2 country with a numbering plan, or None."""
    found = known_country(value)
    return found if found in REGIONS else None


@lru_cache(maxsize=1024)
def _known(number: str) -> phonenumbers.PhoneNumber | None:
    """Return the parsed canonical form of `number` (E.164), or None if it is impossible."""
    if not number.startswith("+"):
        return None
    try:
        return numbering.parse(normalise(number))
    except InvalidNumber:
        return None


def is_valid(number: str) -> bool:
    """Return whether `number` (E.164) is in a range that libphonenumber knows."""
    parsed = _known(number)
    return parsed is not None and phonenumbers.is_valid_number(parsed)


def is_possible(number: str) -> bool:
    """Return whether `normalise` accepts `number` (E.164)."""
    return _known(number) is not None


def country(number: str) -> str | None:
    """Return the alpha-2 country of `number` (E.164) by libphonenumber, or None."""
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
    """Return the calling code of `country` (alpha-2), or None if there is none."""
    code = phonenumbers.country_code_for_region(country.upper())
    return str(code) if code else None


def shares_calling_code(country: str, other: str) -> bool:
    """Return whether two countries (alpha-2) share a calling code, as "US" and "CA" do."""
    code = code_of_country(country)
    return code is not None and code == code_of_country(other)


def national(number: str) -> str | None:
    """Return `number` in the format of its own country, or None."""
    parsed = _known(number)
    if parsed is None:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)


def international(number: str) -> str:
    """Return `number` with spaces ("+46 70 174 06 05"), or unchanged if it is impossible."""
    parsed = _known(number)
    if parsed is None:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


@cache
def example(region: str | None) -> str:
    """Return a number of a phone in `region` (alpha-2), as it is written; a Swedish one without."""
    kind = PhoneNumberType.MOBILE
    found = phonenumbers.example_number_for_type(region.upper(), kind) if region else None
    if found is None:
        return "+46 70 174 06 05"
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


@lru_cache(maxsize=1024)  # planning and judging both ask for it
def local_insight(number: str) -> Insight:
    """Return the facts on `number` (E.164) from libphonenumber alone."""
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
    """Return `number` for logs, with its country code and last two digits ("+46*******05")."""
    prefix = calling_code(number)
    if prefix is None:
        return "*" * min(len(number), 12)
    hidden = len(number) - 1 - len(prefix) - 2
    return f"+{prefix}{'*' * hidden}{number[-2:]}"


def recognisable_beginning(prefix: str) -> str:
    """Return `prefix` ("+4670174…") with no more of its digits than `recognisable` shows first."""
    digits = prefix.removeprefix("+")
    codes = (digits[:length] for length in (1, 2, 3))
    code = next((code for code in codes if is_calling_code(code)), digits[:3])
    shown = len(prefix) - len(digits) + len(code) + 2
    return prefix[:shown] + "*" * len(prefix[shown:])


def is_calling_code(text: str) -> bool:
    """Return whether `text` ("46") is the calling code of a country or a service."""
    return text.isdecimal() and int(text) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE


def recognisable(number: str) -> str:
    """Return `number` for a person who knows it ("+46 70 *** ** 05").

    At least four digits are hidden, so that it can be recognised and not called.
    """
    prefix = calling_code(number)
    if prefix is None:
        return masked(number)
    length = len(number) - 1 - len(prefix)
    last = min(2, max(0, length - 4))
    first = min(2, max(0, length - 4 - last))
    text, position = "", 0
    for char in international(number).removeprefix(f"+{prefix}"):
        is_shown = not char.isdigit() or position < first or position >= length - last
        text += char if is_shown else "*"
        position += char.isdigit()
    return f"+{prefix}{text}"
