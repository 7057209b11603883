"""Wait until every number is judged, and print what was found."""

from __future__ import annotations

import json
import time
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from shop.models import Customer

from number_insight.models import NumberInsightRecord

PAUSE = 0.25
TODAY = timedelta(hours=6)
"""The age of a record up to which it is of the crowd; the seeded history is a day old and more."""


class Command(BaseCommand):
    """Prints JSON lines: how many are pending, again and again, and at last one a record."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--timeout", type=float, default=60, help="seconds to wait at most")

    def handle(self, *, timeout: float, **_options: Any) -> None:
        deadline = time.monotonic() + timeout
        while pending := _pending():
            self._print({"pending": pending})
            if time.monotonic() > deadline:
                break
            time.sleep(PAUSE)
        records = NumberInsightRecord.objects.filter(created_at__gte=timezone.now() - TODAY)
        for record in records.order_by("pk").prefetch_related("flags"):
            self._print(_row(record))

    def _print(self, row: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(row))
        self.stdout.flush()


def _pending() -> int:
    """Count what is not judged, and the accounts that do not know yet that they are open."""
    records = NumberInsightRecord.objects
    held = Customer.objects.filter(status=Customer.Status.HELD)
    behind = [one for one in held if records.for_subject(one).filter(verdict="allow").exists()]
    return records.filter(verdict="pending").count() + len(behind)


def _row(record: NumberInsightRecord) -> dict[str, Any]:
    subject = record.subject
    flags = record.flags.all()
    return {
        "number": record.number,
        "email": getattr(subject, "email", ""),
        "account": getattr(subject, "status", ""),
        "verdict": record.verdict,
        "score": record.score,
        "flags": [[flag.code, flag.weight] for flag in flags if flag.counted],
        "cost": str(record.cost),
    }
