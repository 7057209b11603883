"""Say how the screenings fare."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError

from number_insight import health


class Command(BaseCommand):
    """Print what an operator has to know; the exit status is 1 if something is wrong."""

    help = (
        "Prints sweep, queue, circuits, budget and broker at a glance, and every problem with "
        "what to do about it. The exit status is 0 only if there is none."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON for your monitoring")

    def handle(self, **options: Any) -> None:
        try:
            found = health.examine().as_json()
        except DatabaseError as error:
            problem = f"The database did not answer ({type(error).__name__})."
            found = {"problems": [problem], "healthy": False}
        self.stdout.write(json.dumps(found, indent=2) if options["json"] else _table(found))
        if not found["healthy"]:
            raise SystemExit(1)


def _table(found: dict[str, Any]) -> str:
    facts = {key: value for key, value in found.items() if key not in ("problems", "healthy")}
    lines = [f"{key.replace('_', ' '):<17} {_shown(value)}" for key, value in facts.items()]
    return "\n".join([*lines, *(f"! {problem}" for problem in found["problems"])])


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(value) or "-"
    return "-" if value in (None, "") else str(value)
