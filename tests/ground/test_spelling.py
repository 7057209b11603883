"""What people paste reads as what they would have typed."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from number_insight import numbers, spelling
from number_insight.exceptions import InvalidNumber

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
