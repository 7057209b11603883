"""Fill the tables with signups that never were, to see how the admin feels with a million."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from shop.models import Customer
from shop.seeding import Population

WIDTH = 30


class Command(BaseCommand):
    """Writes customers with their lookups, records and flags, and shows how far it is."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("count", type=int, help="how many signups, for example 1000000")

    def handle(self, *, count: int, **_options: Any) -> None:
        start = time.monotonic()
        population = Population(Customer(name="Somebody", status="active"), "phone")
        for written in population.write(count):
            self._draw(written, count, time.monotonic() - start)
        self.stdout.write(f"\n{count:,} signups in {time.monotonic() - start:.0f} s.")

    def _draw(self, written: int, count: int, seconds: float) -> None:
        filled = WIDTH * written // count
        left = seconds / written * (count - written)
        bar = f"[{'#' * filled}{'.' * (WIDTH - filled)}] {written:,} of {count:,}"
        self.stdout.write(f"\r{bar}, {left:.0f} s to go ", ending="")
        self.stdout.flush()
