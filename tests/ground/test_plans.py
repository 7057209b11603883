"""Our reading of libphonenumber's tables is its own, number by number."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from number_insight import numbers, plans

CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
KINDS = [getattr(phonenumbers.PhoneNumberType, name) for name in ("MOBILE", "FIXED_LINE", "VOIP")]


@st.composite
def numbers_of_a_plan(draw: st.DrawFn) -> str:
    """Return E.164 that is an example of its region but for a few digits, or any digits at all."""
    code = draw(st.sampled_from(CODES))
    region = draw(st.sampled_from(phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]))
    example = phonenumbers.example_number_for_type(region, draw(st.sampled_from(KINDS)))
    if example is None:
        return f"+{code}{draw(st.text('0123456789', max_size=14))}"
    digits = list(phonenumbers.national_significant_number(example))
    for place in draw(st.lists(st.integers(0, len(digits) - 1), max_size=4)):
        digits[place] = draw(st.sampled_from("0123456789"))
    return f"+{code}{draw(st.sampled_from(['', '', '0', '1', '8']))}{''.join(digits)}"


@given(numbers_of_a_plan())
def test_what_is_possible_and_valid_is_so_for_libphonenumber(number):
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        assert not numbers.is_possible(number)
        return
    possible = phonenumbers.is_possible_number(parsed)
    assert numbers.is_possible(number) == possible
    assert numbers.is_valid(number) == (possible and phonenumbers.is_valid_number(parsed))
    assert plans.read(number) in (None, parsed)


@pytest.mark.parametrize("number", ["+46701740605", "+12025550123", "+447911123456"])
def test_plain_numbers_are_read_without_the_parser(number):
    assert plans.read(number) == phonenumbers.parse(number, None)


@pytest.mark.parametrize("number", ["+460701740605", "46701740605", "+4670", "+46 701740605", "+"])
def test_what_is_not_plain_is_left_to_the_parser(number):
    assert plans.read(number) is None
