"""Parity: how many verdicts on stored numbers would change at another provider."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from number_insight import loading
from number_insight.lookups import prices
from number_insight.models import NumberInsightRecord
from number_insight.models.choices import ON_AN_ANSWER, RecordState
from number_insight.screening import comparison
from number_insight.screening.comparison import Comparison

BATCH_SIZE = 16
"""The numbers that are asked about concurrently."""


@dataclass(slots=True, kw_only=True)
class Report:
    """The sum of comparisons; `unanswered` numbers are in none of them."""

    numbers: int = 0
    unanswered: int = 0
    matrix: Counter[tuple[str, str]] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    gained: Counter[str] = field(default_factory=Counter)
    cost: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    @property
    def changed(self) -> int:
        """The number of verdicts that would change."""
        return sum(count for (before, now), count in self.matrix.items() if before != now)

    def count(self, found: Comparison | None) -> None:
        """Count one number; None if the other provider has not answered."""
        if found is None:
            self.unanswered += 1
            return
        self.numbers += 1
        self.matrix[found.record.verdict, found.verdict] += 1
        if found.is_changed:
            self.rules.update((*found.rules_lost, *found.rules_gained))
        self.lost.update(found.signals_lost)
        self.gained.update(found.signals_gained)
        self.cost[found.answer.lookup.currency] += comparison.cost_of(found.answer)

    def as_json(self) -> dict[str, Any]:
        """Return the documented JSON form."""
        return {
            "numbers": self.numbers,
            "changed": self.changed,
            "matrix": {f"{old}->{new}": n for (old, new), n in sorted(self.matrix.items())},
            "rules": dict(self.rules.most_common()),
            "lost": dict(self.lost.most_common()),
            "gained": dict(self.gained.most_common()),
            "cost": {currency: f"{amount:f}" for currency, amount in sorted(self.cost.items())},
        }


def chosen(provider: str, count: int, since: datetime | None) -> list[NumberInsightRecord]:
    """Return the latest records of up to `count` numbers that another provider has answered."""
    rows = NumberInsightRecord.objects.filter(
        state=RecordState.SCREENED,
        basis__in=ON_AN_ANSWER,
        number_hash="",
        lookup__insight__isnull=False,
    ).exclude(lookup__provider=provider)
    if since is not None:
        rows = rows.filter(created_at__gte=since)
    found: dict[str, NumberInsightRecord] = {}
    for record in rows.select_related("lookup").order_by("-pk").iterator():
        found.setdefault(record.number, record)
        if len(found) == count:
            break
    return list(found.values())


def estimate(records: Sequence[NumberInsightRecord], provider: str) -> tuple[int, Decimal, str]:
    """Return how many of `records` have to be asked about, the highest cost, and its currency."""
    asked = [comparison.question_on(record, provider) for record in records]
    answers = comparison.known(asked, provider)
    missing = [question for question, answer in zip(asked, answers, strict=True) if not answer]
    cost = sum(prices.reserves(provider, missing), Decimal(0))
    return len(missing), cost, loading.provider(provider).currency


def run(records: Sequence[NumberInsightRecord], provider: str) -> Iterator[list[Comparison | None]]:
    """Compare `records` in batches, buying what is not known yet within the budget.

    Raise `Unsupported`, with the reason, once nothing can be asked any more. What was answered is
    kept for `FRESHNESS`, so that another run goes on from there and pays for nothing twice.
    """
    for start in range(0, len(records), BATCH_SIZE):
        batch = records[start : start + BATCH_SIZE]
        asked = [comparison.question_on(record, provider) for record in batch]
        answers = comparison.ask(asked, provider)
        yield [
            None if answer is None else comparison.compare(record, answer)
            for record, answer in zip(batch, answers, strict=True)
        ]
