"""The page on the move says which verdicts change, and goes by settings and commands that exist."""

from __future__ import annotations

from number_insight.providers.personas import PERSONAS, promise
from number_insight.providers.personas.promises import NAMES
from tests.support.pages import blocks, read, rows, section

PAGE = "docs/move.md"


def test_the_personas_whose_verdicts_change_are_on_the_page() -> None:
    expected = []
    for persona in PERSONAS:
        promised = [promise(persona, provider) for provider in NAMES]
        if len({each.verdict for each in promised}) > 1:
            expected.append([f"`{persona.name}`", *map(str, promised)])
    table = rows(section(PAGE, "What is lost, and what is gained"))
    head = ["persona", *NAMES.values()]
    assert table[-len(expected) :] == expected
    assert " | ".join(head) in section(PAGE, "What is lost, and what is gained")


def test_the_steps_are_those_that_the_front_page_names() -> None:
    headings = [line for line in read(PAGE).splitlines() if line.startswith("## ")]
    steps = [line.partition(". ")[2] for line in headings if line[3].isdigit()]
    words = ["add", "check", "compare", "shadow", "share", "default", "remove"]
    assert len(steps) == len(words)
    assert all(word in step.lower() for word, step in zip(words, steps, strict=True))
    notice = section("README.md", "Vonage switches Number Insight off")
    assert ", ".join(words) in notice.replace("\n", " ")


def test_each_step_says_what_to_type() -> None:
    typed = [line for block in blocks(PAGE, "console") for line in block.commands]
    for command in ("check", "number_insight_lookup", "number_insight_parity", "shell"):
        assert any(line.startswith(f"python manage.py {command}") for line in typed)
