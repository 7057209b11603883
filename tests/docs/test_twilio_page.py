"""The pages on Twilio agree with the provider and the sandbox."""

from __future__ import annotations

import inspect
from decimal import Decimal

import pytest

from number_insight.providers import twilio, twilio_errors
from number_insight.providers.meanings import USUAL
from number_insight.providers.twilio import Lookup
from number_insight.providers.twilio_packages import SIGNALS
from number_insight.sandbox.twilio_packages import PRICES
from tests.support.pages import rows, section

SECTION = section("docs/providers.md", "Twilio Lookup")
ROWS = rows(SECTION)


def test_every_option_is_told_with_its_default() -> None:
    for name in inspect.signature(Lookup).parameters:
        assert f"`{name}`" in SECTION, name
    assert f"`{twilio.BASE_URL}`" in SECTION
    assert '`["line_status"]`' in SECTION
    assert list(twilio.DEFAULT_PACKAGES) == ["line_status"]


def test_every_package_is_told_with_its_signals_and_its_price() -> None:
    told = {row[0].strip("`"): row for row in ROWS if row[0].strip("`") in SIGNALS}
    assert set(told) == set(SIGNALS)
    for name, row in told.items():
        assert row[2] == Lookup.default_prices[name]
        assert all(f"`{signal}`" in row[1] for signal in SIGNALS[name])


def test_every_error_of_a_package_is_told() -> None:
    told = {row[0].strip("`"): row[1:] for row in ROWS}
    for code, about in twilio_errors.PACKAGE_ERRORS.items():
        reason = f"`{about.reason}`" if about.reason else "told all the same"
        error = f"`{about.error.__name__}`" if about.error else "an insight"
        assert told[str(code)] == [reason, error, "yes" if about.is_paid else "no"]


@pytest.mark.parametrize("meaning", [*twilio_errors.CODES.values(), twilio_errors.INVALID])
def test_every_error_of_the_whole_is_told_with_its_sentence(meaning: object) -> None:
    assert [f"`{meaning.error.__name__}`", meaning.sentence] in [row[1:] for row in ROWS]  # type: ignore[attr-defined]


def test_what_differs_from_the_table_of_all_is_told() -> None:
    for status, meaning in twilio_errors.HTTP_STATUSES.items():
        if USUAL.get(status) is not meaning:
            told = [f"HTTP {status}, no such code", f"`{meaning.error.__name__}`", meaning.sentence]
            assert told in ROWS
    for error, sentence in twilio_errors.NOTHING_ANSWERED.items():
        assert [f"`{error.__name__}`", sentence] in ROWS


@pytest.mark.parametrize(
    "sentence",
    [
        *(meaning.sentence for meaning in twilio_errors.CODES.values()),
        *twilio_errors.NOTHING_ANSWERED.values(),
        twilio_errors.HTTP_STATUSES[403].sentence,
        twilio_errors.HTTP_STATUSES[503].sentence,
        twilio_errors.INVALID.sentence,
    ],
)
def test_a_sentence_says_what_happened_and_what_to_do(sentence: str) -> None:
    assert sentence.endswith(".")
    assert sentence.count(".") == 1
    assert ";" in sentence


def test_the_prices_of_the_sandbox_are_on_its_page() -> None:
    table = rows(section("docs/sandbox.md", "Twilio Lookup"))
    assert {row[0].strip("`"): Decimal(row[1]) for row in table} == PRICES
