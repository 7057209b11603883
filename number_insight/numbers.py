"""Phone numbers: typed text in E.164, and the free facts from libphonenumber.

No other module imports ``phonenumbers``. A number has to be *possible*, not *valid*: the metadata
lags behind real ranges, and Vonage's own example, 447700900000, is a reserved number.
"""

from __future__ import annotations

from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType

from number_insight.exceptions import InvalidNumber
from number_insight.insight import UNKNOWN, Insight

MAX_LENGTH = 64
"""Longer input is refused before it is parsed; the longest E.164 number has 15 digits."""

REGIONS = frozenset(phonenumbers.SUPPORTED_REGIONS)
"""The alpha-2 countries with a numbering plan."""

NUMBER_CHARACTERS = frozenset("0123456789+-()./ \u00a0\u2010\u2011\u2012\u2013\t")
"""The characters of a typed number: no letters, and no other digits."""

_LINE_TYPES = {
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE: "landline",
    PhoneNumberType.PREMIUM_RATE: "landline_premium",
    PhoneNumberType.TOLL_FREE: "landline_tollfree",
    PhoneNumberType.VOIP: "virtual",
    PhoneNumberType.PAGER: "pager",
}


def normalise(value: object, region: str | None = None) -> str:
    """Return `value`, a typed text or a parsed number, in E.164 ("+447700900000").

    `region` (alpha-2) is tried first; digits without "+" that are not possible there are tried
    as international. Raise `InvalidNumber`, whose message is fit for the person who typed it.
    """
    text = text_of(value)
    if not text.strip():
        raise InvalidNumber("Enter a phone number.", code="required")
    if len(text) > MAX_LENGTH:
        raise InvalidNumber("This is too long for a phone number.", code="too_long")
    if not NUMBER_CHARACTERS.issuperset(text):
        raise InvalidNumber("Enter the phone number with the digits 0 to 9.", code="characters")
    text = text.strip()
    for candidate, home in _readings(text, region):
        number = _stable(candidate, home)
        if number is not None:
            return number
    raise InvalidNumber(
        "Enter a valid phone number with its country code, for example +46 70 174 06 05.",
        code="invalid",
    )


def text_of(value: object) -> str:
    """Return `value` as text; a parsed number in E.164, regardless of its own string format."""
    if not isinstance(value, phonenumbers.PhoneNumber):
        return "" if value is None else str(value)
    formats = phonenumbers.PhoneNumberFormat
    if value.country_code is None or value.extension:
        # An extension is refused, so the text must keep it.
        return value.raw_input or phonenumbers.format_number(value, formats.INTERNATIONAL)
    return phonenumbers.format_number(value, formats.E164)


@lru_cache(maxsize=1024)  # a form, a field and a record normalise the same number in one signup
def _stable(text: str, region: str | None) -> str | None:
    """Return `text` in the E.164 form that parses to itself, or None.

    libphonenumber strips one superfluous zero at a time, so one line would have several spellings.
    """
    number = None
    while (parsed := _parse(text, region)) is not None:
        text, region = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164), None
        if text == number:
            return _without_zeros(number, str(parsed.country_code))
        number = text
    return None


def _without_zeros(number: str, code: str) -> str:
    """Return `number` without zeros after its country code if only that makes it valid."""
    shorter = f"+{code}{number[1 + len(code) :].lstrip('0')}"
    return shorter if not is_valid(number) and is_valid(shorter) else number


def _readings(text: str, region: str | None) -> list[tuple[str, str | None]]:
    """Return texts to parse and their regions: national first, then international."""
    if text.startswith("+"):
        return [(text, None)]
    readings: list[tuple[str, str | None]] = [(text, region)] if region else []
    digits = "".join(char for char in text if char.isdigit())
    if digits.startswith("00"):
        readings.append((f"+{digits[2:]}", None))
    elif not digits.startswith("0"):
        readings.append((f"+{digits}", None))
    return readings


@lru_cache(maxsize=256)  # the functions below parse the same number; none of them changes it
def _parse(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if parsed.extension or not phonenumbers.is_possible_number(parsed):
        return None
    return parsed


def is_valid(number: str) -> bool:
    """Return whether `number` (E.164) is in a range that libphonenumber knows."""
    parsed = _parse(number, None)
    return parsed is not None and phonenumbers.is_valid_number(parsed)


def is_possible(number: str) -> bool:
    """Return whether `number` is E.164 of a possible length."""
    return number.startswith("+") and _parse(number, None) is not None


def country(number: str) -> str | None:
    """Return the alpha-2 country of `number` (E.164) by libphonenumber, or None."""
    parsed = _parse(number, None)
    if parsed is None:
        return None
    region = phonenumbers.region_code_for_number(parsed)
    region = region or phonenumbers.region_code_for_country_code(parsed.country_code or 0)
    return region if region and region.isalpha() and region != "ZZ" else None


def calling_code(number: str) -> str | None:
    """Return the country calling code of `number` ("44"), or None."""
    parsed = _parse(number, None)
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
    parsed = _parse(number, None)
    if parsed is None:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.NATIONAL)


def international(number: str) -> str:
    """Return `number` with spaces ("+46 70 174 06 05"), or unchanged if it is impossible."""
    parsed = _parse(number, None)
    if parsed is None:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def local_insight(number: str) -> Insight:
    """Return the facts on `number` (E.164) from libphonenumber alone."""
    parsed = _parse(number, None)
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
