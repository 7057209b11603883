"""Write a fortnight of earlier signups with their decisions, and count them for the overview."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone

from number_insight import reviewing
from number_insight.lookups.budget import UNIT
from number_insight.models import Lookup, NumberInsightRecord, Spending
from number_insight.testing import LookupFactory, RecordFactory, RiskFlagFactory
from tools.demo.history import DAYS, Past, past

PRICE = Decimal("0.03")
REASON_OF = {"released": "confirmed", "refused": "throwaway"}


class Command(BaseCommand):
    """Writes the signups of earlier days as the factories make them; nothing is asked or paid."""

    help = __doc__

    def handle(self, **_options: Any) -> None:
        reviewer, _made = get_user_model().objects.get_or_create(
            username="history", defaults={"is_active": False}
        )
        signups = past()
        for one in signups:
            _write(one, reviewer)
        for day, number in Counter((_noon() - one.age).date() for one in signups).items():
            _spend(day, number * PRICE)
        call_command("number_insight_sweep", verbosity=0)
        self.stdout.write(f"{len(signups)} signups of {DAYS} days, and their tally.")


def _write(one: Past, reviewer: Any) -> None:
    then = _noon() - one.age
    lookup = LookupFactory(number=one.number, price=PRICE, currency="EUR")
    Lookup.objects.filter(pk=lookup.pk).update(
        created_at=then, called_at=then, answered_at=then + one.took
    )
    record = RecordFactory(
        number=one.number,
        verdict=one.verdict,
        announced_verdict=one.verdict,
        score=one.score,
        ip_country=one.ip_country,
        level="advanced",
        lookup=lookup,
        cost=PRICE,
        screened_at=then + one.took,
    )
    for code, weight in one.flags:
        RiskFlagFactory(record=record, code=code, group=code, weight=weight, message=code)
    NumberInsightRecord.objects.filter(pk=record.pk).update(created_at=then)
    if one.decision:
        act = reviewing.release if one.decision == "released" else reviewing.refuse
        act(record, user=reviewer, reason_code=REASON_OF[one.decision])
        decided = then + timedelta(minutes=20)
        NumberInsightRecord.objects.filter(pk=record.pk).update(decided_at=decided)


def _noon() -> datetime:
    return timezone.localtime().replace(hour=12, minute=0)


def _spend(day: date, amount: Decimal) -> None:
    Spending.objects.create(period=f"day:{day}", currency="EUR", spent=int(amount / UNIT))
