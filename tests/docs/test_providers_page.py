"""The page on providers and the code say the same."""

from __future__ import annotations

import inspect

import pytest

from number_insight.providers import identity, identity_statuses, kpn, meanings, statuses, vonage
from number_insight.providers.base import Provider
from number_insight.providers.fake import Fake
from tests.support.pages import read, rows, section

PAGE = read("docs/providers.md")
ROWS = rows(PAGE)
SUCCESSOR = "Identity Insights"


@pytest.mark.parametrize("table", [statuses.STATUSES, statuses.HTTP_STATUSES])
def test_every_status_is_told_with_its_sentence(table: dict[int, meanings.Meaning]) -> None:
    for status, meaning in table.items():
        assert [str(status), f"`{meaning.error.__name__}`", meaning.sentence] in ROWS


@pytest.mark.parametrize(
    "meaning",
    [
        statuses.OTHER_STATUS,
        meanings.OTHER_REFUSAL,
        meanings.REDIRECT,
        meanings.OTHER_HTTP,
        meanings.UNREADABLE,
    ],
)
def test_every_other_error_is_on_the_page_with_its_sentence(meaning: meanings.Meaning) -> None:
    assert [f"`{meaning.error.__name__}`", meaning.sentence] in [row[1:] for row in ROWS]


def test_no_status_is_told_that_there_is_not() -> None:
    told = {int(row[0]) for row in ROWS if row and row[0].isdigit()}
    assert told == {*statuses.STATUSES, *statuses.HTTP_STATUSES}


@pytest.mark.parametrize("sentence", [m.sentence for m in statuses.STATUSES.values()])
def test_a_sentence_says_what_happened_and_what_to_do(sentence: str) -> None:
    assert sentence.endswith(".")
    assert sentence.count(".") == 1
    assert ";" in sentence


@pytest.mark.parametrize(
    "provider", [vonage.NumberInsight, kpn.NumberInsight, identity.IdentityInsights, Fake]
)
def test_every_option_is_told(provider: type[Provider]) -> None:
    for name in list(inspect.signature(provider).parameters):
        assert f"`{name}`" in PAGE, name
    assert provider.__module__.rpartition(".")[2] + f".{provider.__name__}`" in PAGE


def test_defaults_are_told_as_they_are() -> None:
    assert vonage.BASE_URL in PAGE
    assert kpn.BASE_URL in PAGE
    assert kpn.TOKEN_URL in PAGE
    assert identity.BASE_URL in PAGE
    for level, price in vonage.NumberInsight.default_prices.items():
        assert f'"{level}": "{price}"' in PAGE
    assert str(vonage.NumberInsight.retires_on) in PAGE


def test_every_insight_is_told_with_what_is_reserved() -> None:
    table = [row for row in rows(section("docs/providers.md", SUCCESSOR)) if len(row) == 4]
    told = {row[0].strip("`"): row[2] for row in table}
    for name in identity.INSIGHTS:
        assert told[name] == identity.IdentityInsights.default_prices[name]


def test_every_code_of_an_insight_is_told_with_its_reason() -> None:
    codes = rows(section("docs/providers.md", "What the codes of its insights mean"))
    told = {row[0].strip("`"): row[1].strip("`") for row in codes if len(row) == 2}
    assert told == {**identity_statuses.REASONS, "any other": "failed"}


OF_IDENTITY = [
    identity_statuses.REFUSED,
    identity_statuses.ALL_FAILED,
    identity_statuses.NONE_AUTHORIZED,
    identity_statuses.LOW_BALANCE,
    *(
        meaning
        for code, meaning in identity_statuses.HTTP_STATUSES.items()
        if meanings.USUAL.get(code) != meaning
    ),
]


@pytest.mark.parametrize("meaning", OF_IDENTITY)
def test_every_error_of_identity_insights_is_told_with_its_sentence(
    meaning: meanings.Meaning,
) -> None:
    assert [f"`{meaning.error.__name__}`", meaning.sentence] in [row[1:] for row in ROWS]
    assert meaning.sentence.endswith(".")
    assert meaning.sentence.count(".") == 1
    assert ";" in meaning.sentence
