"""The budget: reserved before a call, settled after it, exact under concurrency.

All functions run inside the caller's transaction. Amounts are kept as whole numbers
(hundred-millionths of the currency), since SQLite has no exact decimals.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import F

from number_insight import clock, signals
from number_insight.conf import app_settings
from number_insight.models import Spending
from number_insight.transactions import after_commit, lock_or_create

logger = logging.getLogger("number_insight.lookups.budget")

ALERTS = (50, 80, 100)
"""Per cent of a budget at which the operator is told."""
UNIT = Decimal("0.00000001")


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What was reserved on a day, and the `amount` that was really paid."""

    amount: Decimal
    reserved: Decimal
    booked_on: date | None


def reserve(amounts: Sequence[Decimal]) -> tuple[date, list[bool]]:
    """Reserve those of `amounts` that every period has room for, one after the other.

    Return the day they are booked on, and which of them fit.
    """
    today, caps = clock.today(), app_settings.BUDGET
    keys = _periods(today)
    rows = _rows(keys.values()) if caps else {}
    left = [_left(rows[keys[period]], cap) for period, cap in caps.items()]
    total, fits = 0, []
    for units in map(_units, amounts):
        fits.append(all(total + units <= room for room in left))
        total += units if fits[-1] else 0
    if any(fits):
        _add(keys.values(), reserved=total)
    for period, cap in caps.items() if any(fits) else ():
        _alert(rows[keys[period]], total, cap)
    return today, fits


def _rows(keys: Collection[str]) -> dict[str, Spending]:
    """Return the rows of these periods, locked; the first of a period makes its row."""
    rows = Spending.objects.filter(period__in=keys)
    created = [Spending(period=key) for key in keys]
    return {row.period: row for row in lock_or_create(rows, created, order="period")}


def _add(keys: Iterable[str], *, reserved: int = 0, spent: int = 0) -> None:
    """Add to the books of these periods."""
    added = {"reserved": F("reserved") + reserved, "spent": F("spent") + spent}
    # One after the other, the day first, as they are locked: else two could wait in a ring.
    for key in keys:
        rows = Spending.objects.filter(period=key)
        if not rows.update(**added):
            lock_or_create(rows, [Spending(period=key)])
            rows.update(**added)


def _left(row: Spending, cap: Decimal) -> int:
    """Return what is left: what is spent and reserved may reach the cap and not pass it."""
    return _units(cap) - row.spent - row.reserved


def _alert(row: Spending, added: int, cap: Decimal) -> None:
    """Tell once a period, after commit, that a share of its budget is gone."""
    gone = 100 * (row.spent + row.reserved + added) // max(_units(cap), 1)
    share = max((share for share in ALERTS if share <= gone), default=0)
    if share > row.alerted and Spending.objects.filter(pk=row.pk, alerted__lt=share).update(
        alerted=share
    ):
        after_commit(_tell, row.period, share, cap)


def _tell(key: str, share: int, cap: Decimal) -> None:
    logger.warning("%s %% of the budget of %s for %s is spent or reserved.", share, cap, key)
    signals.budget_alert.send_robust(Spending, period=key, percent=share, budget=cap)


def settle(payments: Iterable[Payment]) -> None:
    """Turn what was reserved for `payments` into what was really paid.

    The last step of a transaction, since every worker writes these rows.
    """
    reserved, spent = Counter[str](), Counter[str]()
    for payment in payments:
        for key in _periods(payment.booked_on).values() if payment.booked_on else ():
            reserved[key] += _units(payment.reserved)
            spent[key] += _units(payment.amount)
    for key in sorted(reserved):  # days before months, as all who lock them
        if reserved[key] or spent[key]:
            _add([key], reserved=-reserved[key], spent=spent[key])


def book(amount: Decimal) -> None:
    """Book `amount` as spent today, without asking the budget (a person ordered it)."""
    _add(running().values(), spent=_units(amount))


def spent(period: str = "day") -> tuple[Decimal, Decimal]:
    """Return what is spent and what is reserved in the running day or month."""
    key = running()[period]
    row = Spending.objects.filter(period=key).first()
    return (row.spent * UNIT, row.reserved * UNIT) if row else (Decimal(0), Decimal(0))


def running() -> dict[str, str]:
    """Return the keys of the running day and month."""
    return _periods(clock.today())


def _periods(day: date) -> dict[str, str]:
    return {"day": f"day:{day:%Y-%m-%d}", "month": f"month:{day:%Y-%m}"}


def _units(amount: Decimal) -> int:
    return int((amount / UNIT).to_integral_value())
