"""Print what a month has cost, and what was saved."""

from __future__ import annotations

import csv
import json
from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import fields
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand

from number_insight import clock
from number_insight.screening import statement
from number_insight.screening.statement import Line

COLUMNS = tuple(field.name for field in fields(Line))


def month(text: str) -> date:
    """Return the first day of the month in `text` ("2026-11")."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no month; write it as 2026-11.") from None


class Command(BaseCommand):
    """Print the statement of a month, as a table, as JSON or as CSV."""

    help = (
        "Prints what was asked, paid, refunded and saved in a month, for each provider, currency, "
        "source and field, and warns where a charged price differs from the configured one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--month", type=month, metavar="YYYY-MM", help="the month; the present one by default"
        )
        formats = parser.add_mutually_exclusive_group()
        formats.add_argument("--json", action="store_true", help="print JSON")
        formats.add_argument("--csv", action="store_true", help="print CSV for a spreadsheet")

    def handle(self, *, month: date | None, **options: Any) -> None:
        month = month or clock.today().replace(day=1)
        lines, drifts = statement.lines(month), statement.drifts(month)
        rows = [line.as_json() for line in lines]
        if options["json"]:
            told = [drift.sentence for drift in drifts]
            document = {"month": f"{month:%Y-%m}", "lines": rows, "price_drift": told}
            self.stdout.write(json.dumps(document, indent=2))
        elif options["csv"]:
            writer = csv.DictWriter(self.stdout, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        else:
            self._print_table(month, rows)
        if not options["json"]:
            for drift in drifts:
                self.stderr.write(drift.sentence)

    def _print_table(self, month: date, rows: list[dict[str, Any]]) -> None:
        if not rows:
            self.stdout.write(f"Nothing was asked or saved in {month:%Y-%m}.")
            return
        cells = [[name.replace("_", " ") for name in COLUMNS]]
        cells += [[str(row[name]) or "-" for name in COLUMNS] for row in rows]
        widths = [max(len(row[place]) for row in cells) for place in range(len(COLUMNS))]
        for row in cells:
            padded = [text.ljust(width) for text, width in zip(row, widths, strict=True)]
            self.stdout.write("  ".join(padded).rstrip())
