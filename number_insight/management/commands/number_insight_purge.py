"""Erase personal data that is older than ``RETENTION``."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from number_insight.conf import app_settings
from number_insight.management.options import wrong_option
from number_insight.privacy import live, subject


class Command(BaseCommand):
    """Erase personal data that is older than ``RETENTION`` or ``--days``."""

    help = (
        "Erases numbers, IPs, names and answers that are older than RETENTION; verdict, flags, "
        "decision and money stay. It works in batches and may be stopped at any time: the next "
        "run goes on. Run it once a day."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--days", type=float, metavar="N", help="erase what is older than this, not RETENTION"
        )
        parser.add_argument(
            "--batch",
            type=int,
            metavar="N",
            default=subject.BATCH,
            help="rows that are erased in one transaction (default: %(default)s)",
        )
        parser.add_argument("--dry-run", action="store_true", help="only say how much is due")

    def handle(self, **options: Any) -> None:
        if options["batch"] < 1:
            raise wrong_option("--batch needs a positive number of rows.")
        before = _before(options["days"])
        if not options["dry_run"]:
            live.merge_all()
        if before is None:
            self.stdout.write("RETENTION is None: nothing is ever erased.")
            return
        due = {kind: rows.count() for kind, rows in subject.due(before).items()}
        if options["dry_run"]:
            self.stdout.write(f"{_counted(due)} would be erased.")
            return
        try:
            done = self._purge(before, due, options["batch"])
        except KeyboardInterrupt:
            raise CommandError("Stopped; the next run goes on from here.") from None
        self.stdout.write(f"{_counted(done)} erased.")

    def _purge(self, before: datetime, due: dict[str, int], batch: int) -> Counter[str]:
        done = Counter(dict.fromkeys(due, 0))
        for step in subject.purge(before, batch=batch):
            done[step.kind] += step.count
            if step.kind in ("records", "lookups"):
                self.stdout.write(f"{step.kind}: {done[step.kind]} of {due[step.kind]}")
        return done


def _before(days: float | None) -> datetime | None:
    """Return the time before which data is due to be erased, or None if it never is."""
    age = app_settings.RETENTION
    try:
        if days is not None:
            age = timedelta(days=days)
        if age is not None and age < timedelta(0):
            raise ValueError
        return None if age is None else timezone.now() - age
    except (OverflowError, ValueError) as error:
        raise wrong_option("--days needs a number of days, 0 or more.") from error


def _counted(counts: dict[str, int]) -> str:
    *first, last = (f"{count} {kind}" for kind, count in counts.items())
    return f"{', '.join(first)} and {last}"
