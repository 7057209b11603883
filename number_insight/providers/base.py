"""The base class of a provider: a backend that answers questions about numbers.

A provider owns both directions: `Provider.lookup` asks and waits, `Provider.submit` asks for an
answer at a callback URL, and `Provider.read_callback` reads the answer posted there. Each makes at
most one request that costs money, without redirects and without retries.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from number_insight.amounts import is_amount
from number_insight.exceptions import Unsupported
from number_insight.insight import LEVELS, Insight
from number_insight.providers.http import host_of

BASIC_SIGNALS = frozenset({"country"})
STANDARD_SIGNALS = BASIC_SIGNALS | {"line_type", "carrier", "ported", "caller"}
ADVANCED_SIGNALS = STANDARD_SIGNALS | {"valid_number", "reachable", "roaming", "ip_match"}
DEFAULT_TIMEOUT = 20.0
LONGEST_TIMEOUT = 3600
"""A timeout above this one, in seconds, is taken for a mistake."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question about one number. `number` is E.164, `country` alpha-2."""

    number: str = field(repr=False)
    level: str
    ip: str | None = field(default=None, repr=False)
    country: str | None = None
    cnam: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """A provider's promise to answer at the callback URL.

    `price` and `balance` are in the provider's currency, and None if not told yet.
    """

    request_id: str = ""
    price: Decimal | None = None
    balance: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One wrong option of a provider; `number_insight.checks` reports it under its id.

    An id that begins with W is a warning, and stops nothing.

    `deploy` marks what only matters in production (a missing credential: a build without
    secrets must still migrate).
    """

    id: str
    message: str
    hint: str
    deploy: bool = False


class Provider(ABC):
    """Base class of a provider.

    Every option is a keyword argument with a default. `prices` maps the names of `price_names` to
    amounts in `currency`, which are reserved before asking. Methods raise only the exceptions of
    `number_insight.exceptions`; `NumberRefused` is what marks a refused number, whatever its
    status.

    `signals`, `currency` and `price_names` may depend on the options: then set them on the
    instance.
    """

    levels: ClassVar[tuple[str, ...]] = LEVELS
    signals: Mapping[str, frozenset[str]] = {
        "basic": BASIC_SIGNALS,
        "standard": STANDARD_SIGNALS,
        "advanced": ADVANCED_SIGNALS,
    }
    """The signals of each level; a rule that needs another signal is not evaluable. An answer says
    in `Insight.missing` which of them it does not tell."""
    supports_callback: ClassVar[bool] = False
    supports_ip: ClassVar[bool] = False
    supports_cnam: ClassVar[bool] = False
    currency: str = "EUR"
    retires_on: ClassVar[date | None] = None
    """The day on which the vendor switches the service off, if announced."""
    default_prices: ClassVar[Mapping[str, str]] = {}
    price_names: Collection[str] = (*LEVELS, "cnam")
    """The names that `prices` may hold: levels, or parts that the vendor sells by themselves."""
    computes_price: ClassVar[bool] = False
    """Whether the price of an answer is computed from `prices`, so that it proves none wrong."""
    live_keys: ClassVar[frozenset[str] | None] = None
    """The top-level keys of `Insight.raw` that hold roaming or reachability. None means unknown:
    the raw answer is then stored only if live data may be."""
    callback_types: tuple[str, ...] = ("application/json",)
    """The content types of the callbacks; others are refused unread."""
    uses_transport: ClassVar[bool] = False
    """Whether it sends by `number_insight.providers.transport` alone, which knows whether a byte
    was sent. Without it whatever a provider raises by mistake may have been paid."""
    timeout: float = DEFAULT_TIMEOUT
    """The longest time that one call may take, in seconds."""

    title: ClassVar[str] = ""
    """The name of the service, as the admin's pages call it; empty for the one in ``PROVIDERS``."""
    vendor: str = ""
    """The company that is asked, as a privacy notice names it; empty means that it is not told."""
    regions: ClassVar[Mapping[str, str]] = {}
    """Host -> the region in which the vendor says that it answers there."""

    def __init__(self, *, prices: Mapping[str, Any] | None = None) -> None:
        self.prices = {**self.default_prices}
        self._has_prices = prices is None or isinstance(prices, Mapping)
        if isinstance(prices, Mapping):
            self.prices |= prices

    def __repr__(self) -> str:
        # Options may hold secrets, and a repr ends up in error reports.
        return f"<{type(self).__module__}.{type(self).__qualname__}>"

    @abstractmethod
    def lookup(self, question: Question) -> Insight:
        """Ask `question`, wait, and return the answer."""

    def submit(self, question: Question, callback_url: str) -> Acknowledgement:
        """Ask for the answer to be posted to `callback_url`; return the acknowledgement."""
        raise Unsupported(f"{self!r} has no callbacks; set DELIVERY to 'sync'.")

    def read_callback(self, body: bytes) -> Insight:
        """Return the answer in the posted `body`; raise `BadCallback` if it holds none.

        A final refusal is raised as in `lookup` (`NumberRefused`, `NoAnswer`), an intermediate
        answer as `IntermediateCallback`.
        """
        raise Unsupported(f"{self!r} has no callbacks.")

    def price(self, question: Question) -> Decimal:
        """Return the highest price of `question`, in `currency`; it is reserved before asking."""
        return self.amount(question.level) + self.amount("cnam" if question.cnam else "")

    def amount(self, name: str, *, absent: str = "0") -> Decimal:
        """Return the amount under `name` in `prices`, or `absent`.

        If it is no amount, which `check` reports, it is the higher one of `absent` and that of
        `default_prices`: a mistake must not make anything look free.
        """
        given = self.prices.get(name, absent)
        if is_amount(given):
            return Decimal(str(given))
        return max(Decimal(absent), Decimal(self.default_prices.get(name, absent)))

    @property
    def seconds(self) -> float:
        """The timeout in seconds; 20 if the option is no number above zero."""
        is_number = isinstance(self.timeout, int | float) and not isinstance(self.timeout, bool)
        fits = is_number and 0 < self.timeout <= LONGEST_TIMEOUT
        return self.timeout if fits else DEFAULT_TIMEOUT

    def destination(self) -> str:
        """Return the host that is asked, or "" if it is not known; it may be shown."""
        return host_of(getattr(self, "base_url", ""))

    def parts(self, level: str) -> Mapping[str, tuple[str, ...]]:
        """Return the parts that a request at `level` names, each with the names of its parameters.

        Parts are what the vendor sells by themselves; most vendors have none.
        """
        return {}

    def check(self) -> Iterable[Fault]:
        """Yield the faults of the options, without touching the network or the database."""
        if not self._has_prices:
            yield Fault(
                id="E012",
                message="prices is not a mapping of names to amounts.",
                hint=f"A price may be given for {', '.join(self.price_names)}.",
            )
        for name, price in self.prices.items():
            if name not in self.price_names:
                yield Fault(
                    id="E012",
                    message=f"prices names {name!r}, which is not sold.",
                    hint=f"A price may be given for {', '.join(self.price_names)}.",
                )
            elif not is_amount(price):
                yield Fault(
                    id="E012",
                    message=f"the price of {name!r} is not an amount: {price!r}.",
                    hint='Write amounts as strings, for example "0.03".',
                )
