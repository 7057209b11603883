"""`Ledger`: the requests to the sandbox, and their prices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from decimal import Decimal
from threading import Lock
from typing import Any

ZERO = Decimal(0)
EUR = "EUR"
SECRET_PARAMS = frozenset({"api_key", "api_secret", "sig", "client_id", "client_secret"})
"""The parameters that are left out of the ledger, and so of its page."""


class OutOfCredit(Exception):
    """The balance is lower than the price; nothing was booked."""


@dataclass(slots=True, kw_only=True)
class CallbackAttempt:
    """One attempt to deliver a callback; `status` is None without an HTTP response."""

    kind: str
    status: int | None = None
    error: str = ""
    at: datetime = field(default_factory=lambda: datetime.now(timezone.utc))

    def as_json(self) -> dict[str, Any]:
        return {
            "at": self.at.isoformat(),
            "kind": self.kind,
            "status": self.status,
            "error": self.error,
        }


@dataclass(slots=True, kw_only=True)
class Entry:
    """One request with its answer and its price, in `currency`."""

    deployment: str
    level: str
    number: str
    params: Mapping[str, str] = field(default_factory=dict)
    is_async: bool = False
    status: int | None = None
    fault: str = ""
    request_id: str = ""
    price: Decimal = ZERO
    refund: Decimal = ZERO
    balance: Decimal = ZERO
    currency: str = EUR
    callbacks: list[CallbackAttempt] = field(default_factory=list)
    at: datetime = field(default_factory=lambda: datetime.now(timezone.utc))

    @property
    def net(self) -> Decimal:
        """The price less the refund."""
        return self.price - self.refund

    def as_json(self) -> dict[str, Any]:
        return {
            "at": self.at.isoformat(),
            "deployment": self.deployment,
            "level": self.level,
            "async": self.is_async,
            "number": self.number,
            "params": dict(self.params),
            "status": self.status,
            "fault": self.fault,
            "request_id": self.request_id,
            "price": str(self.price),
            "refund": str(self.refund),
            "net": str(self.net),
            "balance": str(self.balance),
            "currency": self.currency,
            "callbacks": [attempt.as_json() for attempt in list(self.callbacks)],
        }


class Ledger:
    """The account: a balance in each currency, and an entry for every request.

    No two currencies are ever added. Safe to share among threads.
    """

    def __init__(self, balance: Decimal) -> None:
        self._lock = Lock()
        self._opening = balance
        self._start = balance
        self._balances: dict[str, Decimal] = {}
        self._entries: list[Entry] = []

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every request so far, the oldest first."""
        with self._lock:
            return tuple(self._entries)

    @property
    def balance(self) -> Decimal:
        """The balance in EUR."""
        return self.balance_in(EUR)

    @property
    def charged(self) -> Decimal:
        """The price of all requests in EUR less their refunds."""
        return self.charged_in(EUR)

    @property
    def currencies(self) -> list[str]:
        """The currencies of all requests, and EUR before them."""
        return list(dict.fromkeys([EUR, *(entry.currency for entry in self.entries)]))

    def balance_in(self, currency: str) -> Decimal:
        """Return the balance in `currency`."""
        with self._lock:
            return self._balances.get(currency, self._start)

    def charged_in(self, currency: str) -> Decimal:
        """Return the price of all requests in `currency` less their refunds."""
        return sum((entry.net for entry in self.entries if entry.currency == currency), ZERO)

    def count(self, number: str | None = None, level: str | None = None) -> int:
        """Return the number of requests, about `number` and at `level` if given."""
        return sum(
            (number is None or _digits(entry.number) == _digits(number))
            and (level is None or entry.level == level)
            for entry in self.entries
        )

    def book(self, entry: Entry, *, price: Decimal = ZERO, refund: Decimal = ZERO) -> Entry:
        """Charge and add `entry` atomically; raise `OutOfCredit` if the balance is too low."""
        with self._lock:
            balance = self._balances.get(entry.currency, self._start)
            if price > balance:
                raise OutOfCredit
            balance += refund - price
            self._balances[entry.currency] = balance
            entry.price, entry.refund, entry.balance = price, refund, balance
            self._entries.append(entry)
        return entry

    def set_balance(self, balance: Decimal) -> None:
        """Set the balance in each currency."""
        with self._lock:
            self._balances.clear()
            self._start = balance

    def reset(self) -> None:
        """Delete all entries and restore the opening balance."""
        with self._lock:
            self._entries.clear()
            self._balances.clear()
            self._start = self._opening

    def as_json(self) -> dict[str, Any]:
        entries = self.entries
        return {
            "balance": str(self.balance),
            "charged": str(self.charged),
            "accounts": {currency: self._account(currency) for currency in self.currencies},
            "requests": len(entries),
            "entries": [entry.as_json() for entry in entries],
        }

    def _account(self, currency: str) -> dict[str, str]:
        return {
            "balance": str(self.balance_in(currency)),
            "charged": str(self.charged_in(currency)),
        }


def shown_params(params: Mapping[str, str]) -> dict[str, str]:
    """Return `params` without secrets; a callback URL is cut to its origin, for its path is one."""
    shown = {name: value for name, value in params.items() if name not in SECRET_PARAMS}
    if "callback" in shown:
        shown["callback"] = _origin(shown["callback"])
    return shown


def _origin(url: str) -> str:
    return "/".join([*url.split("/")[:3], "…"])


def _digits(parts: Iterable[str]) -> str:
    return "".join(char for char in parts if char.isdigit())
