"""Ring for everything that is due, or do the work here."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from threading import TIMEOUT_MAX
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, close_old_connections

from number_insight.conf import app_settings
from number_insight.management.options import wrong_option
from number_insight.models import NumberInsightRecord
from number_insight.models.choices import UNFINISHED_STATES
from number_insight.screening import sweeps


class Command(BaseCommand):
    """Sweep once or in a loop, without the grace period of the sweep task."""

    help = (
        "Rings for every record and lookup that is due, ends what has waited too long, "
        "and tells receivers what they have missed. With --inline, or "
        "where DOORBELL is None, it does the work itself, so that a small site needs no broker."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--inline", action="store_true", help="do the work here instead of ringing"
        )
        parser.add_argument(
            "--loop", type=float, metavar="SECONDS", help="sweep for ever, this often"
        )

    def handle(
        self, *, inline: bool, loop: float | None, verbosity: int = 1, **_options: Any
    ) -> None:
        if loop is not None and not 0 < loop <= TIMEOUT_MAX:
            raise wrong_option("--loop needs a positive number of seconds.")
        if loop is None:
            self._sweep(inline)
            return
        try:
            self._loop(loop, inline, verbosity)
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")

    def _loop(self, pause: float, inline: bool, verbosity: int) -> None:
        while True:
            close_old_connections()
            try:
                self._sweep(inline, is_quiet=verbosity < 2)
            except DatabaseError as error:
                self.stderr.write(f"The database failed ({type(error).__name__}); going on.")
            time.sleep(pause)

    def _sweep(self, inline: bool, *, is_quiet: bool = False) -> None:
        """Sweep, and tell how many records it was for; a quiet one tells of no idle sweep."""
        count = sweeps.sweep(inline=inline)
        if count or not is_quiet:
            is_inline = inline or app_settings.DOORBELL is None
            self.stdout.write(_of_work(count) if is_inline else _of_rings(count))


def _of_rings(count: int) -> str:
    return f"{_records(count)} announced to the workers."


def _of_work(count: int) -> str:
    """Return the sentence on `count` records that were due, and on those without a verdict."""
    unfinished = NumberInsightRecord.objects.filter(state__in=UNFINISHED_STATES).count()
    if not unfinished:
        return f"{_records(count)} screened."
    was, wait = "was" if count == 1 else "were", "waits" if unfinished == 1 else "wait"
    return f"{_records(count)} {was} due, and {unfinished} still {wait} for a verdict."


def _records(count: int) -> str:
    return f"{count} record{'' if count == 1 else 's'}"
