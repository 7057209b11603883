"""`Ledger`: what was asked of the sandbox, and what it cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from decimal import Decimal
from threading import Lock
from typing import Any

ZERO = Decimal(0)
SECRET_PARAMS = frozenset({"api_key", "api_secret", "sig", "client_id", "client_secret"})
"""What never enters the ledger, nor the page that shows it."""


class OutOfCredit(Exception):
    """The balance does not cover the price; nothing was booked."""


@dataclass(slots=True, kw_only=True)
class CallbackAttempt:
    """One try to deliver a callback; `status` is None where there was no HTTP answer."""

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
    """One request: who was asked about, what was answered, what it cost."""

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
    callbacks: list[CallbackAttempt] = field(default_factory=list)
    at: datetime = field(default_factory=lambda: datetime.now(timezone.utc))

    @property
    def net(self) -> Decimal:
        """What was really paid: the price less the refund."""
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
            "callbacks": [attempt.as_json() for attempt in list(self.callbacks)],
        }


class Ledger:
    """The account: a balance, and an entry for every request. Safe to share among threads."""

    def __init__(self, balance: Decimal) -> None:
        self._lock = Lock()
        self._opening = balance
        self._balance = balance
        self._entries: list[Entry] = []

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Every request so far, the oldest first."""
        with self._lock:
            return tuple(self._entries)

    @property
    def balance(self) -> Decimal:
        with self._lock:
            return self._balance

    @property
    def charged(self) -> Decimal:
        """What all requests together have really cost."""
        return sum((entry.net for entry in self.entries), ZERO)

    def count(self, number: str | None = None, level: str | None = None) -> int:
        """Return how many requests there were, about `number` and at `level` if these are given."""
        return sum(
            (number is None or _digits(entry.number) == _digits(number))
            and (level is None or entry.level == level)
            for entry in self.entries
        )

    def book(self, entry: Entry, *, price: Decimal = ZERO, refund: Decimal = ZERO) -> Entry:
        """Pay for `entry` and add it, as one step; raise `OutOfCredit` if the balance is short."""
        with self._lock:
            if price > self._balance:
                raise OutOfCredit
            self._balance += refund - price
            entry.price, entry.refund, entry.balance = price, refund, self._balance
            self._entries.append(entry)
        return entry

    def set_balance(self, balance: Decimal) -> None:
        """Top the account up, or drain it."""
        with self._lock:
            self._balance = balance

    def reset(self) -> None:
        """Forget every request and restore the opening balance."""
        with self._lock:
            self._entries.clear()
            self._balance = self._opening

    def as_json(self) -> dict[str, Any]:
        entries = self.entries
        return {
            "balance": str(self.balance),
            "charged": str(sum((entry.net for entry in entries), ZERO)),
            "requests": len(entries),
            "entries": [entry.as_json() for entry in entries],
        }


def shown_params(params: Mapping[str, str]) -> dict[str, str]:
    """Return `params` without secrets; of a callback URL only its origin, for its path is one."""
    shown = {name: value for name, value in params.items() if name not in SECRET_PARAMS}
    if "callback" in shown:
        shown["callback"] = _origin(shown["callback"])
    return shown


def _origin(url: str) -> str:
    return "/".join([*url.split("/")[:3], "…"])


def _digits(parts: Iterable[str]) -> str:
    return "".join(char for char in parts if char.isdigit())
