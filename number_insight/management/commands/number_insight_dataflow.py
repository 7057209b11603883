"""Print the personal data that leaves the site, for a privacy notice."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import fields
from typing import Any

from django.core.management.base import BaseCommand

from number_insight.privacy import dataflow
from number_insight.privacy.dataflow import Flow, Register

COLUMNS = tuple(field.name for field in fields(Flow))


class Command(BaseCommand):
    """Print the data-out register, as a Markdown table or as JSON; nothing is asked or stored."""

    help = (
        "Prints which data goes to which vendor, host and region, and for which purpose, under "
        "the active settings."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, **options: Any) -> None:
        found = dataflow.register()
        as_text = json.dumps(found.as_json(), indent=2) if options["json"] else _markdown(found)
        self.stdout.write(as_text)


def _markdown(found: Register) -> str:
    lines = [_row(COLUMNS), _row(["---"] * len(COLUMNS))]
    lines += [_row(str(getattr(flow, name)) or "all" for name in COLUMNS) for flow in found.flows]
    return "\n".join([*lines, "", *(f"* {note}" for note in found.notes)])


def _row(cells: Any) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
