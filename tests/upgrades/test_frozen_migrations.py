"""A migration that was released stays as it is: databases were made by it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from number_insight import migrations
from tests.support.pages import section

FOLDER = Path(migrations.__path__[0])
RELEASED = {
    "0001_initial": "3deaf39493c0d81bf33c69f58af3fbaaf2829ff5579a758fdc96de16e571f213",
}
"""The digest of each released migration; a release adds those that are new in it."""


@pytest.mark.parametrize("name", RELEASED)
def test_a_released_migration_is_not_changed(name: str) -> None:
    text = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
    assert hashlib.sha256(text.encode()).hexdigest() == RELEASED[name], (
        f"{name} is released, and databases were made by it: put it back as it was, and write "
        f"the change as a migration of its own, beginning with {len(RELEASED) + 1:04d}."
    )


def test_a_migration_that_follows_has_the_next_figure() -> None:
    names = sorted(path.stem for path in FOLDER.glob("[0-9]*.py"))
    assert names[: len(RELEASED)] == sorted(RELEASED)
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


def test_the_page_on_upgrades_names_the_first_migration() -> None:
    assert "`0001_initial`" in section("docs/upgrading.md", "Migrations")
