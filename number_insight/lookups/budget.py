"""The budget: reserved before a call, settled after it, exact under concurrency.

Each currency has a budget of its own, and two are never added. The functions that write run inside
the caller's transaction. Amounts are stored as integers (hundred-millionths of the currency), since
SQLite has no exact decimals.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.exceptions import ImproperlyConfigured
from django.db import connections, router

from number_insight import clock, loading, signals
from number_insight.conf import SHADOW_PURSE, app_settings
from number_insight.models import Lookup, Spending
from number_insight.transactions import after_commit, lock_or_create

logger = logging.getLogger("number_insight.lookups.budget")

ALERTS = (50, 80, 100)
"""The percentages of a budget at which the operator is alerted."""
UNIT = Decimal("0.00000001")
"""The unit of stored amounts."""
ADD = (
    f"UPDATE {Spending._meta.db_table} SET reserved = reserved + %s, spent = spent + %s"  # noqa: S608
    " WHERE period = %s AND currency = %s"
)
"""Every lookup runs it four times, and the ORM would build it anew each time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """The amount paid for a lookup, the amount reserved for it, and the day of the reservation."""

    currency: str
    amount: Decimal
    reserved: Decimal
    booked_on: date | None
    purse: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """The money of one currency in the current day or month; an unlimited `budget` is None."""

    period: str
    currency: str
    spent: Decimal
    reserved: Decimal
    budget: Decimal | None

    @property
    def left(self) -> Decimal:
        """The amount that may still be reserved."""
        return (
            Decimal("Infinity") if self.budget is None else self.budget - self.spent - self.reserved
        )

    @property
    def is_spent(self) -> bool:
        """Whether the budget has nothing left."""
        return self.left <= 0


def reserve(
    amounts: Sequence[Decimal], currency: str, *, purse: str = ""
) -> tuple[date, list[bool]]:
    """Reserve `amounts` in order, each of them if every period of the budget has room for it.

    Return the day of the reservation, and for each amount whether it was reserved. A transaction
    that reserves in several currencies does so in their alphabetical order, as `settle` does.
    """
    day, caps = clock.today(), app_settings.purse(purse, currency)
    keys = _periods(day, purse)
    rows = _lock_periods(keys.values(), currency) if caps else {}
    books = [(rows[keys[period]], cap) for period, cap in caps.items()]
    left = [units(cap) - row.spent - row.reserved for row, cap in books]
    total, fits = 0, []
    for amount in map(units, amounts):
        fits.append(all(total + amount <= room for room in left))
        total += amount if fits[-1] else 0
    if any(fits):
        _add(keys.values(), currency, reserved=total)
        for row, cap in books:
            _alert(row, total, cap)
    return day, fits


def _lock_periods(keys: Collection[str], currency: str) -> dict[str, Spending]:
    """Lock the rows of these periods, creating missing ones; return them by key."""
    rows = Spending.objects.filter(period__in=keys, currency=currency)
    created = [Spending(period=key, currency=currency) for key in keys]
    return {row.period: row for row in lock_or_create(rows, created, key="period", order="period")}


def _add(keys: Iterable[str], currency: str, *, reserved: int = 0, spent: int = 0) -> None:
    """Add amounts to the rows of these periods."""
    with connections[router.db_for_write(Spending)].cursor() as cursor:
        # In the order of `_lock_periods`, the day first, so that no two transactions deadlock.
        for key in keys:
            values = (reserved, spent, key, currency)
            cursor.execute(ADD, values)
            if not cursor.rowcount:
                rows = Spending.objects.filter(period=key, currency=currency)
                lock_or_create(rows, [Spending(period=key, currency=currency)], key="period")
                cursor.execute(ADD, values)


def _alert(row: Spending, added: int, cap: Decimal) -> None:
    """Alert the operator after commit, once for each percentage in a period and currency."""
    used = 100 * (row.spent + row.reserved + added) // max(units(cap), 1)
    percent = max((percent for percent in ALERTS if percent <= used), default=0)
    if percent > row.alerted and Spending.objects.filter(pk=row.pk, alerted__lt=percent).update(
        alerted=percent
    ):
        after_commit(_send_alert, row.period, percent, cap, row.currency)


def _send_alert(key: str, percent: int, cap: Decimal, currency: str) -> None:
    text = "%s %% of the budget of %s %s for %s is spent or reserved."
    logger.warning(text, percent, cap, currency, key)
    signals.budget_alert.send_robust(
        Spending, period=key, percent=percent, budget=cap, currency=currency
    )


def released(lookup: Lookup, amount: Decimal) -> Payment:
    """Clear the reservation of `lookup`; return its payment of `amount`."""
    payment = Payment(
        currency=lookup.currency,
        amount=amount,
        reserved=lookup.reserved,
        booked_on=lookup.reserved_on,
        purse=lookup.purse,
    )
    lookup.reserved, lookup.reserved_on = Decimal(0), None
    return payment


def settle(payments: Iterable[Payment]) -> None:
    """Replace the reservations of `payments` by the amounts paid.

    It is the last step of a transaction, since every worker writes these rows.
    """
    reserved, spent = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for payment in payments:
        day = payment.booked_on
        for key in _periods(day, payment.purse).values() if day else ():
            reserved[payment.currency, key] += units(payment.reserved)
            spent[payment.currency, key] += units(payment.amount)
    # One currency after the other, and in each days before months: the order of all locks.
    for currency, key in sorted(reserved):
        added, freed = spent[currency, key], reserved[currency, key]
        if added or freed:
            _add([key], currency, reserved=-freed, spent=added)


def book(amount: Decimal, currency: str) -> None:
    """Book `amount` as spent today, even beyond the budget, since a person ordered it."""
    _add(current_periods().values(), currency, spent=units(amount))


def spent(period: str = "day", currency: str | None = None) -> tuple[Decimal, Decimal]:
    """Return the amounts spent and reserved in the current day or month, in one currency.

    `period` is "day" or "month", of ``TIME_ZONE``; `currency` (ISO 4217) is that of the default
    provider unless another is named. Raise `KeyError` for another period.
    """
    balance = balance_of(period, currency or loading.currencies()[0])
    return balance.spent, balance.reserved


def balance_of(period: str, currency: str, *, purse: str = "") -> Balance:
    """Return the balance of the current day or month in `currency`, of the budget `purse`."""
    key = _periods(clock.today(), purse)[period]
    row = Spending.objects.filter(period=key, currency=currency).first()
    return _balance(period, currency, row, purse=purse)


def _balance(period: str, currency: str, row: Spending | None, *, purse: str = "") -> Balance:
    return Balance(
        period=period,
        currency=currency,
        spent=row.spent * UNIT if row else Decimal(0),
        reserved=row.reserved * UNIT if row else Decimal(0),
        budget=app_settings.purse(purse, currency).get(period),
    )


def has_room(amount: Decimal, currency: str) -> bool:
    """Return whether `amount` fits the budgets of `currency` now, without reserving it."""
    balances = (balance_of(period, currency) for period in app_settings.budget_of(currency))
    return not amount or all(balance.left >= amount for balance in balances)


def balances() -> list[Balance]:
    """Return the balances of day and month, for each currency of a provider or with money."""
    periods = current_periods()
    rows = Spending.objects.filter(period__in=periods.values())
    known = {(row.period, row.currency): row for row in rows}
    currencies = dict.fromkeys((*loading.currencies(), *(currency for _key, currency in known)))
    return [
        _balance(period, currency, known.get((key, currency)))
        for currency in currencies
        for period, key in periods.items()
    ]


def shadow_balances() -> list[Balance]:
    """Return the balances of the budget that ``SHADOW`` has, in its provider's currency."""
    name = (app_settings.SHADOW or {}).get("provider")
    if name not in app_settings.PROVIDERS:
        return []
    try:
        currency = loading.provider(name).currency
    except ImproperlyConfigured:  # reported by the checks
        return []
    bounds = app_settings.purse(SHADOW_PURSE, currency)
    return [balance_of(period, currency, purse=SHADOW_PURSE) for period in bounds]


def current_periods() -> dict[str, str]:
    """Return the keys of the current day and month."""
    return _periods(clock.today())


def _periods(day: date, purse: str = "") -> dict[str, str]:
    prefix = f"{purse}-" if purse else ""
    return {"day": f"{prefix}day:{day:%Y-%m-%d}", "month": f"{prefix}month:{day:%Y-%m}"}


def units(amount: Decimal) -> int:
    """Return `amount` as it is stored, in multiples of `UNIT`."""
    return int((amount / UNIT).to_integral_value())
