"""Print the health of the screenings."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError

from number_insight import health

APART = ("budgets", "notices", "problems", "healthy")
"""The parts of the document that have a form of their own in the table."""


class Command(BaseCommand):
    """Print the health of the screenings; the exit status is 1 if there is a problem."""

    help = (
        "Prints sweep, queue, circuits, budget and broker at a glance, and every problem with "
        "what to do about it. The exit status is 0 only if there is none."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print JSON for your monitoring")

    def handle(self, **options: Any) -> None:
        try:
            document = health.examine().as_json()
        except DatabaseError as error:
            problem = f"The database did not answer ({type(error).__name__})."
            document = {"problems": [problem], "healthy": False}
        self.stdout.write(json.dumps(document, indent=2) if options["json"] else _table(document))
        if not document["healthy"]:
            raise SystemExit(1)


def _table(document: dict[str, Any]) -> str:
    rows = [(key.replace("_", " "), _format(value)) for key, value in _facts(document).items()]
    rows += [_budget(balance) for balance in document.get("budgets", ())]
    lines = [f"{label:<17} {text}" for label, text in rows]
    notices = [f"* {notice}" for notice in document.get("notices", ())]
    return "\n".join([*lines, *notices, *(f"! {problem}" for problem in document["problems"])])


def _facts(document: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in APART}


def _budget(balance: dict[str, Any]) -> tuple[str, str]:
    bound = "no limit" if balance["budget"] is None else f"of {balance['budget']}"
    text = f"{balance['spent']} spent, {balance['reserved']} reserved, {bound}"
    return f"{balance['period']} {balance['currency']}", text


def _format(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(value) or "-"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {part}" for key, part in value.items()) or "-"
    return "-" if value in (None, "") else str(value)
