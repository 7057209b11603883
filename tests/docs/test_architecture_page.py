"""The pages on architecture and states tell of every package, every floor and every state."""

from __future__ import annotations

import re

from number_insight.models.choices import LookupState
from tests.support.pages import ROOT, blocks, named, quoted, read, rows, section

PAGE = "docs/architecture.md"
MOST_LINES = 140


def floors() -> list[str]:
    """Return the modules in the order in which `make imports` piles them up."""
    layers = read("pyproject.toml").split("layers = [")[1].split("\n]")[0]
    return [name for line in re.findall(r'"(.+)"', layers) for name in re.findall(r"\w+", line)]


def test_the_floors_on_the_page_are_those_that_are_checked():
    (house,) = (block for block in blocks(PAGE, "text") if block.text.startswith("faces"))
    lines = house.text.splitlines()
    assert [name for line in lines for name in re.findall(r"\w+", line[17:])] == floors()


def test_every_package_is_in_the_table_of_rooms_and_the_other_way_round():
    told = {name for first, *_rest in rows(section(PAGE, "The rooms")) for name in quoted(first)}
    folders = {path.parent.name for path in (ROOT / "number_insight").glob("*/__init__.py")}
    assert told == folders - {"migrations"}


def test_the_page_stays_short():
    assert len(read(PAGE).splitlines()) <= MOST_LINES


def test_every_state_of_a_lookup_is_told_and_the_other_way_round():
    assert named(read("docs/states.md")) == LookupState.values
