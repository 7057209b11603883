"""The page on reliability names every test that breaks something, and none that there is not."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
PAGE = TESTS.parent / "docs" / "reliability.md"


def defined() -> set[str]:
    """Return the names of all tests."""
    files = TESTS.rglob("test_*.py")
    return {
        name for file in files for name in re.findall(r"^def (test_\w+)", file.read_text(), re.M)
    }


def test_every_row_that_is_tested_is_on_the_page_and_the_other_way_round() -> None:
    named = set(re.findall(r"`(test_\w+)`", PAGE.read_text()))
    assert named <= defined()
    assert {name for name in defined() if re.match(r"test_rows?_\d", name)} <= named
