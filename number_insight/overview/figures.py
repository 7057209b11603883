"""The figures of a period, added up from the daily tally."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, Sum

from number_insight import clock
from number_insight.lookups import budget
from number_insight.models import DailyTally
from number_insight.models.choices import ANSWERED_STATES
from number_insight.models.tallies import Money, TallyKind
from number_insight.overview import spread

BY_WEEK = 100
"""Days of a period from which its plots show weeks."""
WEEK = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """The last `days` days, today included; plots show them in steps of `step` days."""

    days: int
    last: date = field(default_factory=clock.today)

    @property
    def first(self) -> date:
        return self.last - timedelta(days=self.days - 1)

    @property
    def step(self) -> int:
        return 1 if self.days < BY_WEEK else WEEK

    @property
    def starts(self) -> list[date]:
        """The first day of each step. The last step ends today, the first one has what is over."""
        later = range(self.days // self.step - 1, 0, -1)
        end = self.last + timedelta(days=1)
        return [self.first, *(end - timedelta(days=self.step * left) for left in later)]

    def start_of(self, day: date) -> date:
        """Return the first day of the step that `day` is in."""
        start = self.last - timedelta(days=self._back(day) * self.step + self.step - 1)
        return start if self._back(start) < self.days // self.step - 1 else self.first

    def _back(self, day: date) -> int:
        """Return the number of whole steps between `day` and today."""
        return (self.last - day).days // self.step


@dataclass(frozen=True, slots=True, kw_only=True)
class Signups:
    """The signups of one step of a period, by verdict, and the refusals in the form apart."""

    start: date
    verdicts: Counter[str]
    in_form: int

    @property
    def count(self) -> int:
        return sum(self.verdicts.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """The money of one step of a period, by purpose, in one currency."""

    start: date
    amounts: dict[str, Decimal]

    def of(self, purpose: str) -> Decimal:
        return self.amounts.get(purpose, Decimal(0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged:
    """The records with one flag, and the decisions of people on them."""

    code: str
    count: int
    refused: int
    released: int

    @property
    def share_refused(self) -> float | None:
        """The share of refusals among the decided, or None without any."""
        decided = self.refused + self.released
        return self.refused / decided if decided else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The lookups of one provider in one state, and the time to their answers."""

    provider: str
    state: str
    count: int
    spread: Counter[str]

    @property
    def is_answered(self) -> bool:
        return self.state in ANSWERED_STATES

    def quantile(self, share: float) -> timedelta | None:
        return spread.quantile(self.spread, share)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """The decisions of one reviewer; `reviewer` is None for those of code or of deleted users."""

    reviewer: Any
    count: int
    refused: int
    released: int
    spread: Counter[str]
    agreed: int = 0
    disagreed: int = 0

    @property
    def median(self) -> timedelta | None:
        """The median time from a signup to its decision."""
        return spread.quantile(self.spread, 0.5)

    @property
    def looks(self) -> int:
        """The number of second looks at the decisions."""
        return self.agreed + self.disagreed

    @property
    def agreement(self) -> float | None:
        """The share of second looks that agreed, or None without any."""
        return self.agreed / self.looks if self.looks else None


def tallies(period: Period, *kinds: str) -> QuerySet[DailyTally]:
    """Return the rows of these kinds in `period`, unordered."""
    rows = DailyTally.objects.filter(kind__in=kinds, day__gte=period.first, day__lte=period.last)
    return rows.order_by()


def kept_at() -> datetime | None:
    """Return the moment at which the sweep last counted a day, or None if it never did."""
    newest = DailyTally.objects.filter(kind=TallyKind.DAY).order_by("-day")
    return newest.values_list("tallied_at", flat=True).first()


def signups(period: Period) -> list[Signups]:
    """Return the signups of each step of `period`."""
    verdicts, in_form = defaultdict[date, Counter[str]](Counter), Counter[date]()
    rows = tallies(period, TallyKind.SIGNUP, TallyKind.FORM)
    for day, kind, verdict, count in rows.values_list("day", "kind", "name", "count"):
        start = period.start_of(day)
        if kind == TallyKind.FORM:
            in_form[start] += count
        else:
            verdicts[start][verdict] += count
    return [
        Signups(start=start, verdicts=verdicts[start], in_form=in_form[start])
        for start in period.starts
    ]


def money(period: Period) -> dict[str, list[Amounts]]:
    """Return the money of each step of `period`, by currency."""
    starts, found = period.starts, dict[str, dict[date, dict[str, Decimal]]]()
    rows = tallies(period, TallyKind.MONEY).values_list("currency", "day", "name", "amount")
    for currency, day, purpose, units in rows:
        if currency not in found:
            found[currency] = {start: {} for start in starts}
        amounts = found[currency][period.start_of(day)]
        amounts[purpose] = amounts.get(purpose, Decimal(0)) + units * budget.UNIT
    return {
        currency: [Amounts(start=start, amounts=amounts) for start, amounts in steps.items()]
        for currency, steps in sorted(found.items())
    }


def total(steps: Iterable[Amounts], purpose: Money) -> Decimal:
    """Return the sum of the amounts for one purpose."""
    return sum((step.of(purpose) for step in steps), Decimal(0))


def flags(period: Period, kind: TallyKind = TallyKind.FLAG) -> list[Flagged]:
    """Return the flags of `period` that count, or those on trial, the most frequent first."""
    rows = tallies(period, kind).values_list("name").annotate(*_sums())
    found = [
        Flagged(code=code, count=count, refused=refused, released=released)
        for code, count, refused, released in rows
    ]
    return sorted(found, key=lambda flag: (-flag.count, flag.code))


def places(period: Period) -> dict[tuple[str, str], int]:
    """Return the number of records by the countries of number and IP."""
    rows = tallies(period, TallyKind.PLACE).values_list("spread", flat=True)
    return {pair_of(key): count for key, count in spread.total(rows).items()}


def pair_of(key: str) -> tuple[str, str]:
    """Return the countries of number and IP in a key of the places; "" is an unknown one."""
    country, _, ip = key.partition("-")
    return country, ip


def lookups(period: Period) -> list[Asked]:
    """Return the lookups of `period` by provider and state, the most frequent first."""
    counts, spreads = Counter[tuple[str, str]](), defaultdict[Any, list[dict[str, int]]](list)
    rows = tallies(period, TallyKind.LOOKUP).values_list("name", "detail", "count", "spread")
    for provider, state, count, seconds in rows:
        counts[provider, state] += count
        spreads[provider, state].append(seconds)
    return [
        Asked(
            provider=provider,
            state=state,
            count=count,
            spread=spread.total(spreads[provider, state]),
        )
        for (provider, state), count in sorted(counts.items(), key=lambda it: (-it[1], it[0]))
    ]


def reviewers(period: Period) -> list[Decided]:
    """Return the decisions of `period` by reviewer, the busiest first."""
    columns = ("kind", "detail", "reviewer", "count", "refused", "released", "spread")
    rows = tallies(period, TallyKind.DECISION, TallyKind.SECOND_LOOK).values_list(*columns)
    grouped, looks = defaultdict[Any, list[Any]](list), defaultdict[Any, Counter[str]](Counter)
    for kind, word, reviewer, count, *figures in rows:
        if kind == TallyKind.SECOND_LOOK:
            looks[reviewer][word] += count
        else:
            grouped[reviewer].append((count, *figures))
    found = [_decided(reviewer, rows_of, looks[reviewer]) for reviewer, rows_of in grouped.items()]
    return sorted(found, key=lambda one: (-one.count, str(one.reviewer)))


def _decided(reviewer: Any, rows: Sequence[Any], looks: Counter[str]) -> Decided:
    counts, refused, released, spreads = zip(*rows, strict=True)
    return Decided(
        reviewer=reviewer,
        count=sum(counts),
        refused=sum(refused),
        released=sum(released),
        spread=spread.total(spreads),
        agreed=looks["agreed"],
        disagreed=looks["disagreed"],
    )


def quantiles(spreads: Iterable[Mapping[str, int]], *shares: float) -> list[timedelta | None]:
    """Return the durations that these `shares` of all in `spreads` do not exceed."""
    everything = spread.total(spreads)
    return [spread.quantile(everything, share) for share in shares]


def _sums() -> Iterator[Sum]:
    return (Sum(column) for column in ("count", "refused", "released"))
