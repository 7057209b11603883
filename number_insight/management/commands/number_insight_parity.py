"""Compare the verdicts on stored numbers with those that another provider would lead to."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from number_insight import loading
from number_insight.exceptions import Unsupported
from number_insight.management.dates import moment
from number_insight.management.options import require_provider, wrong_option
from number_insight.management.progress import Progress
from number_insight.models import NumberInsightRecord
from number_insight.screening import parity
from number_insight.screening.parity import Report

NUMBERS = 100


class Command(BaseCommand):
    """Ask another provider about stored numbers, and tell which verdicts would change."""

    help = (
        "Asks about numbers that were screened before at another provider, within its budget, and "
        "says how many verdicts would change, because of which rules, and what it cost. No record "
        "is changed. Run it again to go on: what was answered is not paid for twice."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--provider", required=True, help="its name in PROVIDERS")
        parser.add_argument(
            "--numbers",
            type=int,
            default=NUMBERS,
            metavar="N",
            help="how many numbers, the latest first (default: %(default)s)",
        )
        parser.add_argument("--since", metavar="DATE", help="only records made from then on")
        parser.add_argument("--dry-run", action="store_true", help="only count and estimate")
        parser.add_argument("--json", action="store_true", help="print JSON instead of a table")

    def handle(self, **options: Any) -> None:
        provider, report = options["provider"], Report()
        try:
            _check(provider, options["numbers"])
            records = parity.chosen(provider, options["numbers"], moment(options["since"]))
            self._estimate(records, provider)
            stopped = "" if options["dry_run"] else self._compare(records, provider, report)
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(report.as_json(), indent=2))
            if report.unanswered:  # on the other stream, so that JSON stays JSON
                self.stderr.write(_unanswered(report))
        elif not options["dry_run"]:
            self.stdout.write(_table(report))
        if stopped:
            raise CommandError(f"Not all numbers were asked about. {stopped} Run it again then.")

    def _estimate(self, records: list[NumberInsightRecord], provider: str) -> None:
        """Say what is to be asked; on the other stream, so that JSON stays JSON."""
        missing, cost, currency = parity.estimate(records, provider)
        self.stderr.write(
            f"{len(records)} numbers are compared. {missing} of them have to be asked about at "
            f"{provider!r}, which costs at most {cost:.2f} {currency}."
        )

    def _compare(self, records: list[NumberInsightRecord], provider: str, report: Report) -> str:
        """Compare `records` into `report`; return the reason if it stops early."""
        with Progress(self.stderr, len(records)) as progress:
            try:
                for batch in parity.run(records, provider):
                    for found in batch:
                        report.count(found)
                    progress.advance(len(batch))
            except Unsupported as error:
                return str(error)
        return ""


def _check(provider: str, numbers: int) -> None:
    require_provider(provider)
    loading.provider(provider)
    if numbers < 1:
        raise wrong_option("--numbers needs a positive number.")


def _table(report: Report) -> str:
    document = report.as_json()
    lines = [
        f"{report.numbers} numbers compared, {report.changed} verdicts would change.",
        *([_unanswered(report)] if report.unanswered else ()),
    ]
    titles = {
        "matrix": "verdicts",
        "rules": "rules that made the difference",
        "lost": "signals lost",
        "gained": "signals gained",
        "cost": "cost",
    }
    for key, title in titles.items():
        lines += _rows(title, document[key])
    return "\n".join(lines)


def _unanswered(report: Report) -> str:
    return f"{report.unanswered} numbers were not answered."


def _rows(title: str, values: Mapping[str, Any]) -> list[str]:
    return (
        [f"{title}:", *(f"  {name:<24} {value}" for name, value in values.items())]
        if values
        else []
    )
