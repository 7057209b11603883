"""The pages on sandbox and personas name all that there is, and nothing else."""

from __future__ import annotations

import re
from argparse import ArgumentParser

from number_insight.numbers import international
from number_insight.providers.personas import PERSONAS, promise
from number_insight.providers.personas.promises import NAMES
from number_insight.sandbox.behaviour import CALLBACK_MODES, DIALECTS
from number_insight.sandbox.faults import FAULTS
from number_insight.sandbox.identity import PRICES
from number_insight.sandbox.options import add_options
from tests.support.pages import rows, section


def table(heading: str) -> dict[str, str]:
    """Return the first two columns of the table under a heading of the page on the sandbox."""
    return {row[0].strip('`"'): row[1] for row in rows(section("docs/sandbox.md", heading))}


def test_the_page_on_personas_is_what_they_are() -> None:
    assert rows(section("docs/personas.md", "Everybody")) == [
        [
            f"`{persona.ending}`",
            international(persona.number),
            persona.title,
            f"`{persona.name}`",
            *(str(promise(persona, provider)) for provider in NAMES),
        ]
        for persona in PERSONAS
    ]


def test_the_personas_table_names_the_providers() -> None:
    lines = section("docs/personas.md", "Everybody").splitlines()
    head = next(line for line in lines if line.startswith("|")).strip("|")
    assert [cell.strip() for cell in head.split("|")][4:] == [*NAMES.values()]


def test_every_fault_and_callback_mode_is_on_the_page() -> None:
    assert table("Faults") == FAULTS
    assert table("Callbacks") == CALLBACK_MODES
    assert tuple(table("Dialects")) == DIALECTS


def test_every_option_is_on_the_page() -> None:
    parser = ArgumentParser(add_help=False)
    add_options(parser)
    options = {name for action in parser._actions for name in action.option_strings}
    assert options == set(re.findall(r"--[a-z-]+", " ".join(table("Start it"))))


def test_every_insight_has_its_price_on_the_page() -> None:
    assert table("Identity Insights") == {name: str(price) for name, price in PRICES.items()}
