"""The page on architecture tells of every floor and of every state."""

from __future__ import annotations

import re

from number_insight.models.choices import LookupState
from tests.docs.pages import ROOT, blocks, named, read, section

PAGE = "docs/architecture.md"


def floors() -> list[str]:
    """Return the modules in the order in which `make imports` piles them up."""
    layers = read("pyproject.toml").split("layers = [")[1].split("\n]")[0]
    return [name for line in re.findall(r'"(.+)"', layers) for name in re.findall(r"\w+", line)]


def modules() -> set[str]:
    return {path.name.removesuffix(".py") for path in (ROOT / "number_insight").iterdir()}


def test_the_house_on_the_page_is_the_one_that_is_checked():
    (house,) = (block for block in blocks(PAGE, "text") if block.text.startswith("roof"))
    lines = house.text.splitlines()
    assert [name for line in lines for name in re.findall(r"\w+", line[11:])] == floors()


def test_every_state_of_a_lookup_is_told_and_the_other_way_round():
    assert named(section(PAGE, "The states of a lookup")) == LookupState.values


def test_the_modules_that_were_added_are_there():
    assert set(named(section(PAGE, "Changes to the first design"))) <= modules()
