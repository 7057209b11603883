"""The statement of a month: the lookups asked, the money paid, and the money saved.

Money is that of the lookups, each counted for its first record; savings are what the dearest
question would have cost each record, less its own cost. Amounts of two currencies are never added.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Case, CharField, Count, F, OuterRef, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce

from number_insight import clock, loading
from number_insight.lookups import budget
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.models.choices import Basis
from number_insight.providers.base import Provider, Question

NUMBER = "+46701740605"
"""A number to ask prices for, which the caller name's does not depend on."""
SHARED = "shared"
"""The saving of records that wait for one lookup, of which one pays."""
SAVED_BY = {
    SHARED: "saved_by_reuse",
    Basis.REUSED: "saved_by_reuse",
    Basis.LISTED: "saved_by_lists",
    Basis.FREE: "saved_by_auto",
    Basis.COUNTRY: "saved_by_auto",
    Basis.ANSWER: "saved_by_auto",
}
"""The column in which the saving on a verdict of each basis is told."""
ZERO = Decimal(0)
Key = tuple[str, str, str, str]


@dataclass(slots=True, kw_only=True)
class Line:
    """The sums for one provider, currency, source and field; amounts are in `currency`."""

    provider: str
    currency: str
    source: str
    """The source of the records; empty for a lookup that a person ordered anew."""
    field: str
    asked: int = 0
    """Lookups that were sent."""
    paid: Decimal = ZERO
    refunded: Decimal = ZERO
    held: Decimal = ZERO
    """The amounts reserved for lookups that may have been paid."""
    saved_by_reuse: Decimal = ZERO
    saved_by_auto: Decimal = ZERO
    saved_by_lists: Decimal = ZERO

    def as_json(self) -> dict[str, Any]:
        """Return plain types; amounts are decimal strings."""
        values = {column.name: getattr(self, column.name) for column in fields(self)}
        return {name: told(value) for name, value in values.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """A price that a provider charged, and another that its ``prices`` say."""

    provider: str
    level: str
    currency: str
    charged: Decimal
    listed: Decimal
    lookups: int

    @property
    def sentence(self) -> str:
        """The difference with its remedy."""
        return (
            f"{self.provider} charged {told(self.charged)} {self.currency} for {self.level}, "
            f"{self.lookups} times; its prices say {told(self.listed)}: correct them in OPTIONS."
        )


def told(value: Any) -> Any:
    """Return an amount as text without trailing zeros; other values as they are."""
    return f"{value.quantize(budget.UNIT).normalize():f}" if isinstance(value, Decimal) else value


def lines(month: date) -> list[Line]:
    """Return the lines of the month that begins on `month`, in ``TIME_ZONE``."""
    found: dict[Key, Line] = {}
    for row in _asked(month):
        line = _line(found, row["provider"], row["currency"], row["by_source"], row["by_field"])
        line.asked += row["asked"]
        line.paid += row["paid"] or ZERO
        line.refunded += row["refunded"] or ZERO
        line.held += row["held"] or ZERO
    for name, row in _saved(month):
        provider = _provider(name)
        if provider is None:
            continue
        line = _line(found, name, provider.currency, row["source"], row["field"])
        column = SAVED_BY[row["kind"]]
        saved = max(row["records"] * dearest(provider) - (row["costs"] or ZERO), ZERO)
        setattr(line, column, getattr(line, column) + saved)
    return [found[key] for key in sorted(found)]


def _line(found: dict[Key, Line], *key: str) -> Line:
    provider, currency, source, field = key
    if key not in found:
        line = Line(provider=provider, currency=currency, source=source, field=field)
        found[provider, currency, source, field] = line
    return found[provider, currency, source, field]


def _asked(month: date) -> Any:
    """Return the sums over the lookups of `month`, by provider, currency and first record."""
    first = NumberInsightRecord.objects.filter(lookup=OuterRef("pk")).order_by("pk")
    lookups = Lookup.objects.filter(called_at__gte=_begin(month), called_at__lt=_end(month))
    named = lookups.annotate(
        by_source=Coalesce(Subquery(first.values("source")[:1]), Value("")),
        by_field=Coalesce(Subquery(first.values("field")[:1]), Value("")),
    )
    return named.values("provider", "currency", "by_source", "by_field").annotate(
        asked=Count("pk"), paid=Sum("price"), refunded=Sum("refund"), held=Sum("reserved")
    )


def _saved(month: date) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the provider and the counts of the records of `month`, by the kind of the saving."""
    records = NumberInsightRecord.objects.filter(
        created_at__gte=_begin(month), created_at__lt=_end(month), basis__in=list(SAVED_BY)
    )
    shared = When(basis=Basis.ANSWER, cost=0, lookup__price__gt=0, then=Value(SHARED))
    kind = Case(shared, default=F("basis"), output_field=CharField())
    grouped = records.annotate(kind=kind).values("lookup__provider", "source", "field", "kind")
    for row in grouped.annotate(records=Count("pk"), costs=Sum("cost")):
        yield row["lookup__provider"] or loading.DEFAULT_PROVIDER, row


def drifts(month: date) -> list[Drift]:
    """Return the prices that providers said in `month`, where they differ from the configured."""
    lookups = Lookup.objects.filter(called_at__gte=_begin(month), called_at__lt=_end(month))
    priced = lookups.filter(price__isnull=False)
    charged = priced.values("provider", "level", "cnam", "price", "currency")
    counts: dict[tuple[str, str, Decimal, Decimal], int] = defaultdict(int)
    for row in charged.annotate(count=Count("pk")).order_by("provider", "level", "price"):
        provider = _provider(row["provider"])
        if provider is not None and _says_prices(provider, row["level"], row["currency"]):
            listed = provider.price(_question(row["level"], cnam=row["cnam"]))
            if listed != row["price"]:
                counts[row["provider"], row["level"], row["price"], listed] += row["count"]
    return [
        Drift(
            provider=name,
            level=level,
            currency=loading.provider(name).currency,
            charged=price,
            listed=listed,
            lookups=count,
        )
        for (name, level, price, listed), count in counts.items()
    ]


def _says_prices(provider: Provider, level: str, currency: str) -> bool:
    """Return whether `provider` said the price, and not another one that had its name before."""
    is_its_own = level in provider.levels and currency == provider.currency
    return is_its_own and not provider.computes_price


def dearest(provider: Provider) -> Decimal:
    """Return the price of the dearest question that `provider` answers."""
    return provider.price(_question(provider.levels[-1]))


def _question(level: str, *, cnam: bool = False) -> Question:
    return Question(number=NUMBER, level=level, cnam=cnam)


def _provider(name: str) -> Provider | None:
    try:
        return loading.provider(name)
    except ImproperlyConfigured:  # it has left the settings
        return None


def _begin(month: date) -> datetime:
    return clock.stored(clock.midnight(month))


def _end(month: date) -> datetime:
    return clock.stored(clock.midnight((month + timedelta(days=31)).replace(day=1)))
