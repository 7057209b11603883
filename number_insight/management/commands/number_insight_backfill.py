"""Screen the rows that have no record."""

from __future__ import annotations

from argparse import ArgumentParser
from decimal import Decimal
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from number_insight import loading
from number_insight.exceptions import UnknownPath
from number_insight.lookups import switches
from number_insight.management.progress import Progress
from number_insight.screening import backfill, signup
from number_insight.screening.backfill import Backfill, Missing


class Command(BaseCommand):
    """Queue a record for each row whose number was never screened."""

    help = (
        "Screens the rows of a field that have no record, or one of another number. It queues "
        "records and says what they will cost at most; workers or the sweep do the rest. Run it "
        "again to go on: a row that has a record is passed over."
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
            raise CommandError("--limit and --batch need positive numbers.")
        try:
            work = Backfill(path)
            missing, price = self._estimate(work, batch)
        except (UnknownPath, ImproperlyConfigured) as error:
            raise CommandError(str(error)) from error
        wanted = missing if limit is None else min(limit, missing)
        self._report(work, wanted, missing, price)
        if not dry_run and wanted:
            self._queue(work, wanted, price, batch)

    def _estimate(self, work: Backfill, batch: int) -> tuple[int, Decimal]:
        missing, sample = 0, list[Missing]()
        with Progress(self.stderr, work.count()) as progress:
            for looked_at, rows in work.batches(batch):
                missing += len(rows)
                sample += rows[: backfill.SAMPLE - len(sample)]
                progress.advance(looked_at)
        return missing, work.price(sample)

    def _report(self, work: Backfill, wanted: int, missing: int, price: Decimal) -> None:
        currency = loading.provider().currency
        self.stdout.write(
            f"{missing} of the rows of {work.label} have no record. Screening {wanted} of them "
            f"costs at most {wanted * price:.2f} {currency} ({price.normalize():f} each)."
        )

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
