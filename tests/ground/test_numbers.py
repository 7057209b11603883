"""Typed text becomes E.164 or a clear error, and libphonenumber's facts are free."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from number_insight import numbers
from number_insight.exceptions import InvalidNumber

TYPED = [
    ("+46 70-174 06 05", None, "+46701740605"),
    ("+46(0)701740605", None, "+46701740605"),
    ("  +46.70.174.06.05\t", None, "+46701740605"),
    ("0046 70 174 06 05", None, "+46701740605"),
    ("46701740605", None, "+46701740605"),
    ("070-174 06 05", "SE", "+46701740605"),
    ("07911 123456", "GB", "+447911123456"),
    ("447911123456", "GB", "+447911123456"),
    ("447700900000", None, "+447700900000"),
    ("(212) 555-0123", "US", "+12125550123"),
    ("+46\u00a070\u2011174\u201306\u201205", None, "+46701740605"),
    (46701740605, None, "+46701740605"),
    (phonenumbers.parse("070-174 06 05", "SE"), None, "+46701740605"),
]

REFUSED = [
    ("", "required"),
    ("   ", "required"),
    (None, "required"),
    ("+" + "4" * 64, "too_long"),
    ("+1 800 FLOWERS", "characters"),
    ("+46701740605 ext. 12", "characters"),
    ("+46701740605;ext=12", "characters"),
    ("0701740605", "invalid"),
    ("+46", "invalid"),
    ("+999 123 456", "invalid"),
    ("++--", "invalid"),
]


@pytest.mark.parametrize(("text", "region", "number"), TYPED)
def test_what_a_person_types_becomes_e164(text, region, number):
    assert numbers.normalise(text, region) == number


@pytest.mark.parametrize(("text", "code"), REFUSED)
def test_what_cannot_be_a_number_is_refused_with_a_code(text, code):
    with pytest.raises(InvalidNumber) as caught:
        numbers.normalise(text)
    assert caught.value.code == code


@pytest.mark.parametrize("text", ["0701740605", "+1 800 FLOWERS", "+99" * 30])
def test_a_refusal_does_not_repeat_what_was_typed(text):
    with pytest.raises(InvalidNumber) as caught:
        numbers.normalise(text)
    assert text not in str(caught.value)


@given(st.text(max_size=80), st.sampled_from([None, "SE", "GB", "US", "XX"]))
def test_no_text_whatever_does_more_than_be_refused(text, region):
    try:
        number = numbers.normalise(text, region)
    except InvalidNumber:
        return
    assert numbers.is_possible(number)


@pytest.mark.parametrize("number", [number for _, _, number in TYPED])
def test_normalising_twice_changes_nothing(number):
    assert numbers.normalise(number) == number
    assert numbers.normalise(number, "US") == number


@pytest.mark.parametrize("text", ["+4600761984147", "+46(0)(0)761984147", "+46 0 0 0 761984147"])
def test_zeros_before_a_number_do_not_make_it_another_number(text):
    assert numbers.normalise(text) == "+46761984147"


def test_possible_is_the_gate_and_valid_is_not():
    assert numbers.is_possible("+447700900000")
    assert not numbers.is_valid("+447700900000")
    assert numbers.is_valid("+447911123456")
    assert not numbers.is_possible("447911123456")


@pytest.mark.parametrize(
    ("number", "country", "code"),
    [
        ("+46701740605", "SE", "46"),
        ("+447700900000", "GB", "44"),
        ("+12125550123", "US", "1"),
        ("+14165550123", "CA", "1"),
        ("+80012345678", None, "800"),
        ("nonsense", None, None),
    ],
)
def test_the_country_and_its_code_are_known_for_free(number, country, code):
    assert numbers.country(number) == country
    assert numbers.calling_code(number) == code


@pytest.mark.parametrize(("one", "other"), [("US", "CA"), ("GB", "JE"), ("ru", "KZ"), ("SE", "SE")])
def test_neighbours_share_a_calling_code(one, other):
    assert numbers.shares_calling_code(one, other)
    assert numbers.shares_calling_code(other, one)


@pytest.mark.parametrize(("one", "other"), [("US", "GB"), ("NO", "SE"), ("AQ", "AQ"), ("", "")])
def test_others_share_none(one, other):
    assert not numbers.shares_calling_code(one, other)


@pytest.mark.parametrize(("country", "code"), [("GB", "44"), ("gb", "44"), ("T1", None)])
def test_a_country_has_the_code_of_its_plan_or_none(country, code):
    assert numbers.code_of_country(country) == code


@pytest.mark.parametrize(
    ("number", "line_type"),
    [
        *(("+447911123456", "mobile"), ("+442079460123", "landline")),
        *(("+449098790123", "landline_premium"), ("+448001111111", "landline_tollfree")),
        *(("+12125550123", "unknown"), ("+447700900000", "unknown")),
    ],
)
def test_the_local_insight_tells_the_line_only_where_it_is_certain(number, line_type):
    assert numbers.local_insight(number).line_type == line_type


def test_there_is_an_insight_even_of_nonsense():
    insight = numbers.local_insight("nonsense")
    assert (insight.number, insight.country, insight.line_type) == ("nonsense", None, "unknown")


@pytest.mark.parametrize(
    ("number", "masked"),
    [("+46701740605", "+46*******05"), ("nonsense", "********"), ("1" * 50, "*" * 12)],
)
def test_a_masked_number_hides_its_subscriber(number, masked):
    assert numbers.masked(number) == masked


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        *(("+46701740605", "+46 70 *** ** 05"), ("+12025550143", "+1 20*-***-**43")),
        *(("+447700900000", "+44 77** ****00"), ("+2902345", "+290 ****")),
        *(("+376312345", "+376 *** *45"), ("nonsense", "********")),
    ],
)
def test_a_recognisable_number_cannot_be_called(number, shown):
    assert numbers.recognisable(number) == shown


def test_a_number_reads_as_people_write_it():
    assert numbers.national("+46701740605") == "070-174 06 05"
    assert numbers.international("+46701740605") == "+46 70 174 06 05"
    assert (numbers.national("nonsense"), numbers.international("nonsense")) == (None, "nonsense")


def test_digits_that_a_spreadsheet_holds_as_a_float_are_that_number():
    assert numbers.normalise(46701740605.0) == "+46701740605"
