"""Screen the rows that have no record."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from decimal import Decimal
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from number_insight import loading
from number_insight.exceptions import UnknownPath
from number_insight.lookups import switches
from number_insight.management.options import wrong_option
from number_insight.management.progress import Progress
from number_insight.screening import backfill, planning, signup
from number_insight.screening.backfill import Backfill, Missing

NEW, RESUMED, NO_NUMBER = "new", "resumed", "no number"
"""The kinds of rows to be screened."""
NO_REGION = (
    "They would be denied; if they are in national form, give the field a region or set "
    "PHONENUMBER_DEFAULT_REGION."
)


class Command(BaseCommand):
    """Queue a record for each row whose number was never screened, or not paid for."""

    help = (
        "Screens the rows of a field that have no record, or one of another number, or one that "
        "the budget had no room for. It queues records and says what they will cost at most; "
        "workers or the sweep do the rest. Run it again to go on: a row that has a record is "
        "passed over."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", metavar="app.Model.field", help="where the numbers are")
        parser.add_argument("--dry-run", action="store_true", help="only count and estimate")
        parser.add_argument("--limit", type=int, metavar="N", help="queue at most N rows")
        parser.add_argument(
            "--batch", type=int, default=backfill.BATCH, metavar="N", help="rows in a transaction"
        )

    def handle(self, *, path: str, dry_run: bool, batch: int, **options: Any) -> None:
        limit: int | None = options["limit"]
        if batch < 1 or (limit is not None and limit < 1):
            raise wrong_option("--limit and --batch need positive numbers.")
        try:
            work, price = Backfill(path), planning.highest_price()
        except (UnknownPath, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        found = self._survey(work, batch)
        wanted = found.total() if limit is None else min(limit, found.total())
        self._report(work, found, wanted, price)
        if not dry_run and wanted:
            self._queue(work, wanted, price, batch)

    def _survey(self, work: Backfill, batch: int) -> Counter[str]:
        """Count the rows to be screened by their kind; refuse a field without phone numbers."""
        found = Counter[str]()
        with Progress(self.stderr, work.count()) as progress:
            for looked_at, rows in work.batches(batch):
                found.update(_kind(row) for row in rows)
                progress.advance(looked_at)
        if found and not work.has_numbers:
            raise CommandError(f"No value of {work.label} looks like a phone number.")
        return found

    def _report(self, work: Backfill, found: Counter[str], wanted: int, price: Decimal) -> None:
        currency = loading.provider().currency
        lines = [f"{found[NEW] + found[NO_NUMBER]} of the rows of {work.label} have no record."]
        if found[RESUMED]:
            lines.append(f"{found[RESUMED]} more were judged without an answer, to save money.")
        if found[NO_NUMBER]:
            lines.append(f"{found[NO_NUMBER]} of them hold no number as they stand. {NO_REGION}")
        paid = min(wanted, found.total() - found[NO_NUMBER])
        lines.append(
            f"Screening {wanted} of them costs at most {paid * price:.2f} {currency} "
            f"({price.normalize():f} each)."
        )
        self.stdout.write(" ".join(lines))

    def _queue(self, work: Backfill, wanted: int, price: Decimal, batch: int) -> None:
        obstacle = switches.obstacle()
        if obstacle:
            raise CommandError(f"Nothing would be found out. {obstacle}")
        if signup.is_suspended():
            raise CommandError("Screening is suspended here, so nothing is queued.")
        room = backfill.room(price)
        allowed = wanted if room is None else min(wanted, room)
        queued = 0
        with Progress(self.stderr, allowed) as progress:
            for _looked_at, rows in work.batches(batch):
                if queued >= allowed:
                    break
                count = work.queue(rows[: allowed - queued])
                queued += count
                progress.advance(count)
        self.stdout.write(f"{queued} records queued.")
        if allowed < wanted:
            self.stdout.write(
                f"The budget has no room for the other {wanted - allowed} now. "
                "Run this again when it has; it goes on where it stopped."
            )


def _kind(row: Missing) -> str:
    if row.resumed is not None:
        return RESUMED
    return NEW if row.is_number else NO_NUMBER
