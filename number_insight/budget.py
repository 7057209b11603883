"""The budget: reserved before a call, settled after it, exact under concurrency.

All functions run inside the caller's transaction. Amounts are kept as whole numbers
(hundred-millionths of the currency), since SQLite has no exact decimals.
"""

from __future__ import annotations

import logging
from datetime import date
from decimal import Decimal
from functools import partial

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from number_insight import signals
from number_insight.conf import app_settings
from number_insight.models import Spending

logger = logging.getLogger("number_insight.budget")

ALERTS = (50, 80, 100)
"""Per cent of a budget at which the operator is told."""
UNIT = Decimal("0.00000001")


def reserve(amount: Decimal) -> date | None:
    """Reserve `amount` in every period that has a budget; return the day it is booked on.

    Return None, having changed nothing that the caller's rollback does not undo, if it does not
    fit: then the caller rolls back.
    """
    today = timezone.localdate()
    units, caps = _units(amount), app_settings.BUDGET
    for period, key in _periods(today).items():
        if not _reserve(key, units, caps.get(period)):
            return None
        if period in caps:
            _alert(key, caps[period])
    return today


def _reserve(key: str, units: int, cap: Decimal | None) -> bool:
    rows = Spending.objects.filter(period=key)
    if cap is not None:
        # What is spent and reserved already, and this, may reach the cap and not pass it.
        rows = rows.filter(reserved__lte=_units(cap) - units - F("spent"))
    if rows.update(reserved=F("reserved") + units):
        return True
    # The first of a period makes its row; a second failure means that the money is gone.
    Spending.objects.bulk_create([Spending(period=key)], ignore_conflicts=True)
    return bool(rows.update(reserved=F("reserved") + units))


def _alert(key: str, cap: Decimal) -> None:
    """Tell once a period, after commit, that a share of its budget is gone."""
    row = Spending.objects.get(period=key)
    gone = 100 * (row.spent + row.reserved) // max(_units(cap), 1)
    share = max((share for share in ALERTS if share <= gone), default=0)
    if share > row.alerted and Spending.objects.filter(pk=row.pk, alerted__lt=share).update(
        alerted=share
    ):
        transaction.on_commit(partial(_tell, key, share, cap), robust=True)


def _tell(key: str, share: int, cap: Decimal) -> None:
    logger.warning("%s %% of the budget of %s for %s is spent or reserved.", share, cap, key)
    signals.budget_alert.send_robust(Spending, period=key, percent=share, budget=cap)


def settle(amount: Decimal, *, reserved: Decimal, booked_on: date | None) -> None:
    """Turn what was `reserved` on the day `booked_on` into the `amount` that was really paid."""
    if booked_on is None:
        return
    # One after the other, in the order that `reserve` takes them in: else two could deadlock.
    for key in _periods(booked_on).values():
        Spending.objects.filter(period=key).update(
            reserved=F("reserved") - _units(reserved), spent=F("spent") + _units(amount)
        )


def book(amount: Decimal) -> None:
    """Book `amount` as spent today, without asking the budget (a person ordered it)."""
    for key in _periods(timezone.localdate()).values():
        Spending.objects.bulk_create([Spending(period=key)], ignore_conflicts=True)
        Spending.objects.filter(period=key).update(spent=F("spent") + _units(amount))


def spent(period: str = "day") -> tuple[Decimal, Decimal]:
    """Return what is spent and what is reserved in the running day or month."""
    key = running()[period]
    row = Spending.objects.filter(period=key).first()
    return (row.spent * UNIT, row.reserved * UNIT) if row else (Decimal(0), Decimal(0))


def running() -> dict[str, str]:
    """Return the keys of the running day and month."""
    return _periods(timezone.localdate())


def _periods(day: date) -> dict[str, str]:
    return {"day": f"day:{day:%Y-%m-%d}", "month": f"month:{day:%Y-%m}"}


def _units(amount: Decimal) -> int:
    return int((amount / UNIT).to_integral_value())
