"""The page on commands names every command and option, and nothing else."""

from __future__ import annotations

import re
from argparse import ArgumentParser

import pytest
from django.core.management import BaseCommand, load_command_class

from tests.support.pages import ROOT, Block, blocks, named, pages, read, section

PAGE = "docs/commands.md"
COMMANDS = sorted(
    path.stem for path in (ROOT / "number_insight/management/commands").glob("number_insight_*.py")
)


def parser_of(command: str) -> ArgumentParser:
    return load_command_class("number_insight", command).create_parser("manage.py", command)


def options(parser: ArgumentParser) -> set[str]:
    return {name for name in parser._option_string_actions if name.startswith("--")}


def own_options(command: str) -> set[str]:
    """Return the options that no other command of Django has."""
    common = BaseCommand().create_parser("manage.py", command)
    return options(parser_of(command)) - options(common) - {"--skip-checks"}


def typed() -> list[tuple[Block, list[str]]]:
    found = [
        (block, line.split())
        for page in pages()
        for block in blocks(page, "console")
        for line in block.commands
    ]
    return [
        (block, words)
        for block, words in found
        if words[1:2] == ["manage.py"] and words[2].startswith("number_insight")
    ]


def test_every_command_is_on_the_page_and_the_other_way_round():
    assert sorted(re.findall(r"^## (.+)$", read(PAGE), flags=re.MULTILINE)) == COMMANDS


@pytest.mark.parametrize("command", [name for name in COMMANDS if "sandbox" not in name])
def test_every_option_is_on_the_page_and_the_other_way_round(command):
    assert set(named(section(PAGE, command))) == own_options(command)


@pytest.mark.parametrize(("block", "words"), typed(), ids=str)
def test_what_a_page_types_is_a_command_with_its_options(block, words):
    assert words[2] in COMMANDS
    assert {word for word in words if word.startswith("--")} <= options(parser_of(words[2]))
