"""The pages on sandbox and personas name all that there is, and nothing else."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path

from number_insight.numbers import international
from number_insight.providers.personas import PERSONAS
from number_insight.sandbox.behaviour import CALLBACK_MODES, DIALECTS
from number_insight.sandbox.faults import FAULTS
from number_insight.sandbox.options import add_options

DOCS = Path(__file__).parents[2] / "docs"


def rows(page: str, heading: str) -> list[list[str]]:
    """Return the cells of the first table under `heading`, without its head."""
    text = (DOCS / page).read_text(encoding="utf-8")
    section = re.split(rf"^#+ {re.escape(heading)}$", text, flags=re.MULTILINE)[1]
    lines = re.split(r"^#", section, flags=re.MULTILINE)[0].splitlines()
    table = [line for line in lines if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[2:]]


def table(page: str, heading: str) -> dict[str, str]:
    return {cells[0].strip('`"'): cells[1] for cells in rows(page, heading)}


def test_the_page_on_personas_is_what_they_are() -> None:
    assert rows("personas.md", "Everybody") == [
        [
            f"`{persona.ending}`",
            international(persona.number),
            persona.title,
            f"`{persona.name}`",
            persona.verdict,
            str(persona.score) if persona.is_judged else "–",
        ]
        for persona in PERSONAS
    ]


def test_every_fault_and_callback_mode_is_on_the_page() -> None:
    assert table("sandbox.md", "Faults") == FAULTS
    assert table("sandbox.md", "Callbacks") == CALLBACK_MODES
    assert tuple(table("sandbox.md", "Dialects")) == DIALECTS


def test_every_option_is_on_the_page() -> None:
    parser = ArgumentParser(add_help=False)
    add_options(parser)
    options = {name for action in parser._actions for name in action.option_strings}
    assert options == set(_named(cells[0] for cells in rows("sandbox.md", "Start it")))


def _named(cells: Iterable[str]) -> list[str]:
    return re.findall(r"--[a-z-]+", " ".join(cells))
