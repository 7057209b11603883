"""Amounts, codes and texts become sane values that fit any database."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from number_insight.providers import scalars
from number_insight.providers.wire import read_answer
from tests.providers.test_wire_json import read


@pytest.mark.parametrize(
    ("price", "expected"),
    [
        *(("0.03000000", "0.03000000"), ("0.04", "0.04"), (0.005, "0.005"), (0, "0")),
        *(("1E+2", "100.00000000"), ("0.123456789012", "0.12345679"), ("-0.00", "0.00")),
    ],
)
def test_an_amount_may_be_text_or_a_number(price: Any, expected: str) -> None:
    found = read(request_price=price).price
    assert str(found) == expected


@pytest.mark.parametrize(
    "price",
    ["-0.01", "NaN", "Infinity", "sNaN", "1e999", "", None, "free", True, [], {}, 10**40, "9" * 99],
)
def test_what_is_no_amount_is_none(price: Any) -> None:
    assert read(request_price=price).price is None


def test_numbers_that_are_no_json_do_no_harm() -> None:
    body = b'{"status": 0, "request_price": NaN, "remaining_balance": 1e999, "country_prefix": 1e9}'
    insight = read_answer(body)
    assert (insight.price, insight.balance) == (None, None)
    assert insight.raw == {
        "status": 0,
        "request_price": None,
        "remaining_balance": "1e999",
        "country_prefix": "1e9",
    }


def test_a_number_of_ten_thousand_digits_does_no_harm() -> None:
    body = b'{"status": 0, "lookup_outcome": ' + b"9" * 10_000 + b"}"
    assert read_answer(body).outcome is None


@pytest.mark.parametrize(("told", "expected"), [(0, 0), ("0", 0), ("1", 1), (2.0, 2), (3, None)])
def test_the_outcome_may_be_text(told: Any, expected: int | None) -> None:
    assert read(lookup_outcome=told).outcome == expected


@pytest.mark.parametrize("status", [0, "0", 0.0, "0.0", " 0 "])
def test_the_status_may_be_text(status: Any) -> None:
    assert read(status=status).status == 0


@pytest.mark.parametrize(
    "status", ["1e-9", "0.5", "0.0000000001", "1_0", "٠", "\uff10", "0x0", "-1", "1e5", "", "null"]
)
def test_a_status_is_not_rounded_and_not_guessed(status: str) -> None:
    assert read(status=status).status is None


@pytest.mark.parametrize("price", ["1_0", "\uff11", "٣", "0x1", "1,5"])
def test_an_amount_has_the_digits_of_json(price: str) -> None:
    assert read(request_price=price).price is None


@pytest.mark.parametrize("code", ["gb", " GB ", "Gb"])
def test_country_codes_are_upper_case(code: str) -> None:
    assert read(country_code=code).country == "GB"


@pytest.mark.parametrize("code", ["GBR", "4", "unknown", None, 44, "G1", "éé"])
def test_what_is_no_country_code_is_none(code: Any) -> None:
    assert read(country_code=code).country is None


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("447700900000", "+447700900000"),
        ("+44 7700 900000", "+447700900000"),
        (447700900000, "+447700900000"),
        ("914 XXX XXX", ""),
        ("1" * 16, ""),
        (None, ""),
    ],
)
def test_the_number_has_its_plus(told: Any, expected: str) -> None:
    assert read(international_format_number=told).number == expected


def test_texts_are_fit_for_any_database() -> None:
    insight = read(country_name="Uni\x00ted \ud800Kingdom\udfff " + "x" * 500)
    assert insight.country_name is not None
    assert insight.country_name.startswith("United Kingdom x")
    assert len(insight.country_name) == scalars.MAX_TEXT
    assert insight.raw is not None
    assert insight.raw["country_name"] == insight.country_name


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1"])
def test_an_answer_is_read_in_whatever_encoding_it_comes(encoding: str) -> None:
    body = '{"status": 0, "country_name": "Åland"}'.encode(encoding)
    assert read_answer(body).country_name == "Åland"


def test_the_providers_words_are_kept_without_the_number() -> None:
    text = "Lookup of [ 447700900000 ] or +44 7700 900-000, that is 07700900000, failed"
    insight = read(status=44, status_message=text)
    assert insight.status_text == "Lookup of [ … ] or …, that is …, failed"


def test_either_name_of_the_providers_words_will_do() -> None:
    assert read(status_message=..., error_text="Success").status_text == "Success"


AT = datetime(2026, 11, 20, 9, 30, 27, 504000, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("told", "at"),
    [
        ("2026-11-20T09:30:27.504Z", AT),
        ("2026-11-20t09:30:27.5040001z", AT),
        ("2026-11-20 10:30:27.504+01:00", AT),
        ("2026-11-20T09:30:27Z", AT.replace(microsecond=0)),
        ("2026-11-20", AT.replace(hour=0, minute=0, second=0, microsecond=0)),
        ("9999-12-31T23:59:59-14:00", None),
        ("2026-02-30T00:00:00Z", None),
        ("20 November", None),
        ("null", None),
        (None, None),
        ({"at": "2026"}, None),
    ],
)
def test_a_time_is_read_in_utc(told: Any, at: datetime | None) -> None:
    assert scalars.moment(told) == at
