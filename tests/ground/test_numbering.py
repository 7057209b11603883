"""Every line has one canonical form, in every country, however it is spelled, typed or pasted."""

from __future__ import annotations

import unicodedata
from typing import Any

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from number_insight import numbers, spelling
from number_insight.exceptions import InvalidNumber

KINDS = [kind for kind in vars(PhoneNumberType).values() if isinstance(kind, int) and kind < 99]
REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)

ONE_LINE = [
    ("+525512345605", ["+5215512345605", "+52 1 55 1234 5605", "+52 044 55 1234 5605"]),
    ("+525512345605", ["+52 01 55 1234 5605", "+52 045 55 1234 5605"]),
    ("+3780549882505", ["+390549882505", "+39549882505", "+378882505", "+378549882505"]),
    ("+3780549882505", ["+378 00549 882505", "+39 (0)549 882505", "0039 0549 882505"]),
    ("+390669812345", ["+39669812345", "+39 (0)6 69812345", "+39 00 6 69812345"]),
    ("+5491123456789", ["+54 11 15 2345 6789", "+54 011 15 2345-6789", "+54 9 (11) 2345-6789"]),
    ("+672322123", ["+6720322123", "+672 00 322123"]),
    ("+261202123456", ["+2610202123456", "+26100202123456"]),
    ("+5531987654321", ["+55 31 8765 4321", "+55 031 98765 4321"]),
    ("+590590123456", ["+33590123456", "+33 0590 12 34 56"]),
    ("+596696123456", ["+33696123456"]),
    ("+262692123456", ["+33692123456"]),
    ("+242061234567", ["+242 6 123 4567"]),
    ("+79161234567", ["+7 8 916 123-45-67"]),
    ("+36301234567", ["+36 06 30 123 4567"]),
    ("+12125550123", ["+1 1 212 555 0123"]),
]
FORMER = ["+22507123405", "+22520304050", "+5698765432", "+22997123456", "+24161123456"]
"""Numbers of plans that were renumbered: old rows hold them."""
LOCAL = [
    *(("555-1234", "US"), ("290-1234", "US"), ("+44 1234", None), ("+49 12", None)),
    *(("+1 555 1234", None), ("12 34 56", "GB"), ("+63 912 3456", None)),
]
"""Numbers without their area codes; St Helena has +290 1234."""


def example(region: str, kind: int) -> str | None:
    found = phonenumbers.example_number_for_type(region, kind)
    return found and phonenumbers.format_number(found, PhoneNumberFormat.E164)


WITH_ZEROS = {"39", "241", "247"}
"""The calling codes under which a number and the one with a zero before it may be two lines."""
EXAMPLES = sorted(
    {number for region in REGIONS for kind in KINDS if (number := example(region, kind))}
)
regions = st.sampled_from([None, *REGIONS])


def canonical(text: str, region: str | None = None) -> str | None:
    try:
        return numbers.normalise(text, region)
    except InvalidNumber:
        return None


@pytest.mark.parametrize(("number", "spellings"), ONE_LINE)
def test_the_spellings_of_a_line_are_one_number(number: str, spellings: list[str]) -> None:
    assert {canonical(spelling) for spelling in spellings} == {number}
    assert numbers.is_valid(number)


@pytest.mark.parametrize("number", FORMER)
def test_a_number_of_a_former_plan_is_at_most_not_in_plan(number: str) -> None:
    assert canonical(number) == number
    assert numbers.is_possible(number)  # whether it is valid depends on the age of the metadata


@pytest.mark.parametrize(("text", "region"), LOCAL)
def test_a_local_number_is_none_of_another_country(text: str, region: str | None) -> None:
    assert canonical(text, region) is None


@pytest.mark.parametrize("number", EXAMPLES)
def test_the_examples_of_all_plans_are_canonical(number: str) -> None:
    known = canonical(number)
    assert known is not None and canonical(known) == known
    assert numbers.is_valid(known)


@given(st.sampled_from(EXAMPLES), st.integers(1, 4), regions)
@settings(deadline=None, max_examples=500)
def test_zeros_lead_to_one_form_of_a_line(number: str, zeros: int, region: str | None) -> None:
    code = numbers.calling_code(number)
    assert code is not None
    spelled = f"+{code}{'0' * zeros}{number.removeprefix(f'+{code}')}"
    found = canonical(spelled)
    assert found is not None and numbers.is_valid(found)
    assert canonical(found) == canonical(found, region) == found
    assert found == canonical(number) or code in WITH_ZEROS


@given(
    st.sampled_from(CODES),
    st.text("0123456789", max_size=14),
    st.text("0 -()", max_size=4),
    regions,
)
@settings(deadline=None, max_examples=1000)
def test_the_canonical_form_of_a_canonical_form_is_itself(
    code: int, digits: str, before: str, region: str | None
) -> None:
    found = canonical(f"+{code}{before}{digits}")
    assert found is None or canonical(found) == canonical(found, region) == found


@given(st.text("+0123456789 -()\n\u200b\u00a0,.;x", max_size=40), regions)
@settings(deadline=None, max_examples=1000)
def test_what_is_refused_is_impossible_and_what_is_kept_of_it_too(
    text: str, region: str | None
) -> None:
    number = canonical(text, region)
    kept = numbers.canonical(text, region)
    assert kept == number if number else not numbers.is_possible(kept)


@pytest.mark.parametrize(
    "text",
    [
        "+46 70 174 06 05" + " " * 30 + "ext 12345",
        "+46701740605\ud800",
        "+4670174\x000605",
        "+46701740605" + "." * 80 + "x",
        "+46701740605\u00b2",
    ],
    ids=ascii,
)
def test_what_is_cut_to_fit_a_column_does_not_become_a_number(text: str) -> None:
    kept = numbers.canonical(text)
    assert len(kept) <= numbers.KEPT_LENGTH
    assert not numbers.is_possible(kept)
    kept.encode()


def test_the_national_form_reads_as_the_number_in_its_country() -> None:
    for region in REGIONS:
        found = phonenumbers.example_number_for_type(region, PhoneNumberType.MOBILE)
        if found is not None:
            national = phonenumbers.format_number(found, PhoneNumberFormat.NATIONAL)
            expected = canonical(phonenumbers.format_number(found, PhoneNumberFormat.E164))
            assert canonical(national, region) == canonical(national, region.lower()) == expected


@pytest.mark.parametrize(
    ("told", "number"),
    [
        *(("+46701740605", "+46701740605"), ("+0701740605", "+46701740605")),
        *(("0046701740605", "+46701740605"), ("+5215512345605", "+525512345605")),
        *(("+541123456789", "+5491123456789"), ("+5491123456789", "+541123456789")),
        *(("+39669812345", "+390669812345"), ("+390549882505", "+3780549882505")),
    ],
)
def test_a_line_is_known_again_in_the_words_of_a_provider(told: str, number: str) -> None:
    assert numbers.is_same_line(told, number)


@pytest.mark.parametrize("told", ["+46701740606", "", "nonsense", "+4670174060"])
def test_another_line_is_another(told: str) -> None:
    assert not numbers.is_same_line(told, "+46701740605")


@pytest.mark.parametrize(
    ("text", "region", "found"),
    [
        ("+46 (0)70", None, {"+4670"}),
        ("06 698 12", "IT", {"+390669812"}),
        ("07 07 12 3", "CI", {"+2250707123"}),
        ("8 916 12", "RU", {"+791612"}),
        ("+521 55 12", None, {"+525512"}),
        ("\u202a0701\u00a0740", "SE", {"+46701740"}),
        ("+999", None, set()),
        ("+", None, set()),
        ("", "SE", set()),
        ("+46701740605123456", None, set()),
        ("Ada", "SE", set()),
    ],
)
def test_the_beginning_of_a_number_is_read_as_the_number(
    text: str, region: str | None, found: Any
) -> None:
    assert numbers.beginnings(text, region) >= found
    assert bool(numbers.beginnings(text, region)) == bool(found)


@pytest.mark.parametrize(
    "value", ["EU", "A1", "T1", "XX", "UK", "unknown", "USA", 46, None, "ß", b"GB"]
)
def test_what_is_no_country_is_none(value: object) -> None:
    assert numbers.known_country(value) is None


@pytest.mark.parametrize("value", ["GB", "gb", " gb\n", "XK", "AQ"])
def test_a_country_is_known_in_any_case(value: str) -> None:
    assert numbers.known_country(value) == value.strip().upper()


NUMBER = "+46701740605"

PASTED = {
    "bidi marks around": "\u202a+46 70 174 06 05\u202c",
    "isolates around": "\u2066+46701740605\u2069",
    "a mark inside": "+4670\u200e1740605",
    "soft hyphens": "+46\u00ad70\u00ad1740605",
    "zero width": "+46\u200b70\u200c17\u200d40\u2060605",
    "a byte order mark": "\ufeff+46701740605",
    "no-break spaces": "+46\u00a070\u00a0174\u00a006\u00a005",
    "narrow spaces": "+46\u202f70\u202f174\u202f06\u202f05",
    "all kinds of spaces": "+46\u200270\u2003174\u200906\u300005",
    "all kinds of hyphens": "+46\u201070\u2011174\u201306\u221205",
    "full-width digits": "\uff0b\uff14\uff16\uff17\uff10\uff11\uff17\uff14\uff10\uff16\uff10\uff15",
    "full-width brackets": "+46\uff080\uff0970\uff0d1740605",
    "Arabic-Indic digits": "+٤٦٧٠١٧٤٠٦٠٥",
    "Persian digits": "+۴۶۷۰۱۷۴۰۶۰۵",
    "Devanagari digits": "+४६७०१७४०६०५",
    "Bengali digits": "+৪৬৭০১৭৪০৬০৫",
    "mixed digits": "+4６7০1740605",
    "a URI": "tel:+46701740605",
    "a URI with hyphens": "TEL:+46-70-174-06-05",
    "a URI with parameters": "tel:+46701740605;phone-context=+46;ext=",
    "a URI with slashes": "tel://+46701740605",
    "a line feed at the end": "+46701740605\n",
    "a line feed before": "\r\n+46701740605\r\n",
    "a comma at the end": "+46701740605,",
    "a period at the end": "+46 70 174 06 05.",
    "a semicolon at the end": "+46701740605;",
    "quotes": "\u201c+46701740605\u201d",
    "an apostrophe": "'+46701740605",
    "angle brackets": "<+46701740605>",
    "square brackets": "[+46] 70 174 06 05",
    "middle dots": "+46\u00b770\u00b7174\u00b706\u00b705",
    "zeros for the plus": "+0046701740605",
    "a variation selector": "+46701740605\ufe0f",
    "blank letters": "\u3164+46701740605\u2800",
}

REFUSED = {
    "a superscript": "+46701740605\u00b2",
    "a circled digit": "+4670174060\u2464",
    "two lines": "+46701740605\n+46701740606",
    "an extension": "tel:+46701740605;ext=12",
    "letters": "+46 70 CALL",
    "NUL": "+4670174\x000605",
    "half a surrogate pair": "+4670174060\ud8005",
    "an emoji": "📞+46701740605",
}


@pytest.mark.parametrize("kind", PASTED)
def test_a_pasted_number_is_the_typed_one(kind: str) -> None:
    assert numbers.normalise(PASTED[kind]) == NUMBER


@pytest.mark.parametrize("kind", REFUSED)
def test_what_may_not_belong_to_the_number_is_refused_and_not_dropped(kind: str) -> None:
    with pytest.raises(InvalidNumber) as caught:
        numbers.normalise(REFUSED[kind])
    assert caught.value.code == "characters"


@pytest.mark.parametrize("text", ["\u200b", "\ufeff \u00a0", ".", "\n", "\u202a\u202c"])
def test_what_shows_nothing_is_nothing(text: str) -> None:
    with pytest.raises(InvalidNumber) as caught:
        numbers.normalise(text)
    assert caught.value.code == "required"


@given(st.characters(categories=["Cf"]))
def test_no_format_character_makes_another_number(char: str) -> None:
    assert numbers.normalise(f"{char}+4670{char}1740605{char}") == NUMBER


@given(st.lists(st.characters(categories=["Nd"]), min_size=7, max_size=12))
def test_a_digit_of_any_script_is_that_digit(digits: list[str]) -> None:
    plain = "".join(str(unicodedata.decimal(digit)) for digit in digits)
    assert spelling.cleaned("+" + "".join(digits)) == f"+{plain}"


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    cleaned = spelling.cleaned(text)
    assert spelling.cleaned(cleaned) == cleaned
    assert spelling.cleaned(spelling.visible(text)) == cleaned
