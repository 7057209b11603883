"""The page on settings names every key and its default, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from number_insight.checks.settings import CHOICES, PARTS
from number_insight.conf import PERIODS, AppSettings
from number_insight.defaults import DEFAULTS
from number_insight.lookups.limits import KINDS
from tests.support.pages import named, quoted, read, rows, section

PAGE = "docs/settings.md"
TABLE = rows(read(PAGE).split("\n## ")[0])


def defaults() -> dict[str, object]:
    return {
        quoted(key)[0]: eval(quoted(default)[0], {"timedelta": timedelta})
        for key, _type, default, _meaning in TABLE
    }


def test_every_key_and_its_default_are_on_the_page_and_the_other_way_round():
    assert defaults() == DEFAULTS


def test_every_key_that_is_read_is_on_the_page():
    read_ones = {name for name in vars(AppSettings) if name.isupper()}
    assert read_ones == set(defaults())


@pytest.mark.parametrize("key", CHOICES)
def test_a_choice_is_on_the_page(key):
    (meaning,) = (row[3] for row in TABLE if quoted(row[0]) == [key])
    assert {f'"{choice}"' for choice in CHOICES[key]} - set(quoted(meaning)) <= missing(key)


def missing(key: str) -> set[str]:
    """The choices of verdicts are told once."""
    return {'"allow"', '"review"', '"deny"'} if key == "ON_BUDGET" else set()


def test_the_parts_of_dicts_are_on_the_page():
    assert set(named(section(PAGE, "CLIENT_IP"))) == set(PARTS["CLIENT_IP"])
    assert set(named(section(PAGE, "LIMITS"))) == set(KINDS)
    words = {word.strip('"') for word in quoted(read(PAGE))}
    assert words >= PERIODS
