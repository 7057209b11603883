"""The page on architecture tells of every module and of every state."""

from __future__ import annotations

import re

from number_insight.choices import LookupState
from tests.docs.pages import ROOT, blocks, named, section

PAGE = "docs/architecture.md"


def modules() -> set[str]:
    found = {path.name.removesuffix(".py") for path in (ROOT / "number_insight").iterdir()}
    hidden = {name for name in found if name.startswith("_") or name == "py.typed"}
    return found - hidden - {"migrations", "templates", "static", "locale"}


def test_every_module_has_its_floor_and_the_other_way_round():
    (house,) = (block for block in blocks(PAGE, "text") if block.text.startswith("roof"))
    lines = house.text.splitlines()
    names = {name for line in lines for name in re.findall(r"\w+", line[11:])}
    assert names == modules()


def test_every_state_of_a_lookup_is_told_and_the_other_way_round():
    assert named(section(PAGE, "The states of a lookup")) == LookupState.values


def test_the_modules_that_were_added_are_there():
    assert set(named(section(PAGE, "Changes to the first design"))) <= modules()
