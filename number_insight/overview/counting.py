"""Counting: the figures of one day, from its records, flags, lookups, decisions and spending."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce

from number_insight import clock, loading
from number_insight.conf import SHADOW_PURSE
from number_insight.lookups import budget
from number_insight.models import (
    DailyTally,
    DecisionEvent,
    Lookup,
    NumberInsightRecord,
    RiskFlag,
    Spending,
)
from number_insight.models.choices import (
    ANSWERED_STATES,
    LACKING_NOTHING,
    ON_AN_ANSWER,
    Act,
    Decision,
    RecordState,
)
from number_insight.models.tallies import Money, TallyKind
from number_insight.overview import spread
from number_insight.providers.base import Question
from number_insight.rules.live import LIVE_CODE

SECOND_WORDS: dict[str, str] = {
    Act.SECOND_RELEASE: Decision.RELEASED,
    Act.SECOND_REFUSE: Decision.REFUSED,
}
"""The second word of another reviewer -> the decision that it agrees with."""
NO_AMOUNT = Decimal(0)


@dataclass(slots=True)
class Figure:
    """A count with the decisions of people in it."""

    count: int = 0
    decisions: Counter[str] = field(default_factory=Counter)

    def add(self, count: int, decision: str) -> None:
        self.count += count
        self.decisions[decision] += count

    def row(self, day: date, kind: str, name: str, detail: str = "", **more: Any) -> DailyTally:
        """Return the figure as an unsaved row."""
        return DailyTally(
            day=day,
            kind=kind,
            name=name[:100],
            detail=detail,
            count=self.count,
            refused=self.decisions[Decision.REFUSED],
            released=self.decisions[Decision.RELEASED],
            **more,
        )


Figures = defaultdict[Any, Figure]
Amounts = Counter[tuple[str, str]]
"""Purpose and currency -> units of money."""


def count(day: date) -> list[DailyTally]:
    """Return the figures of `day` as unsaved rows; the one of the kind "day" is the first."""
    records = _records(day)
    asked, refunds = _lookups(day)
    total = DailyTally(day=day, kind=TallyKind.DAY, count=sum(row["count"] for row in records))
    return [
        total,
        *_signups(day, records),
        *_places(day, records),
        *(_flags(day) if records else ()),
        *asked,
        *_money(day, _spent(day) + refunds + (_saved(day) if records else Counter())),
        *_decisions(day),
        *_second_looks(day),
    ]


def _of(day: date, column: str = "created_at") -> dict[str, Any]:
    """Return the condition for the rows whose `column` lies in `day`."""
    start, end = clock.midnight(day), clock.midnight(day + timedelta(days=1))
    return {f"{column}__gte": clock.stored(start), f"{column}__lt": clock.stored(end)}


def _records(day: date) -> list[dict[str, Any]]:
    """Return the day's records in groups."""
    columns = ("state", "verdict", "decision", "country", "ip_country")
    rows = NumberInsightRecord.objects.filter(**_of(day)).order_by().values(*columns)
    return list(rows.annotate(count=Count("pk")))


def _signups(day: date, records: Iterable[dict[str, Any]]) -> Iterator[DailyTally]:
    found = Figures(Figure)
    for row in records:
        kind = TallyKind.FORM if _is_refusal(row) else TallyKind.SIGNUP
        found[kind, row["verdict"]].add(row["count"], row["decision"])
    for (kind, verdict), figure in found.items():
        yield figure.row(day, kind, verdict)


def _is_refusal(row: dict[str, Any]) -> bool:
    return bool(row["state"] == RecordState.REFUSED)


def _places(day: date, records: Iterable[dict[str, Any]]) -> Iterator[DailyTally]:
    found = Counter[str]()
    for row in records:
        if not _is_refusal(row):
            found[f"{row['country']}-{row['ip_country']}"] += row["count"]
    if found:
        yield Figure(found.total()).row(day, TallyKind.PLACE, "", spread=dict(found))


def _flags(day: date) -> Iterator[DailyTally]:
    rows = RiskFlag.objects.filter(**_of(day, "record__created_at"))
    rows = rows.exclude(record__state=RecordState.REFUSED).order_by()
    found = Figures(Figure)
    groups = rows.values_list("code", "live", "counted", "shadow", "record__decision")
    for code, live, counted, shadow, decision, count in groups.annotate(
        records=Count("record", distinct=True)
    ):
        code = LIVE_CODE if live else code  # a tally outlives what may be kept of the finding
        if counted or shadow:
            kind = TallyKind.SHADOW if shadow else TallyKind.FLAG
            found[kind, code].add(count, decision)
    for (kind, code), figure in found.items():
        yield figure.row(day, kind, code)


def _lookups(day: date) -> tuple[list[DailyTally], Amounts]:
    """Return the day's lookups as unsaved rows, and their refunds."""
    columns = ("provider", "state", "called_at", "answered_at", "currency", "refund")
    rows = Lookup.objects.filter(**_of(day)).order_by().values_list(*columns)
    counts, refunds = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    durations = defaultdict[Any, list[timedelta]](list)
    for provider, state, called_at, answered_at, currency, refund in rows.iterator():
        counts[provider, state] += 1
        refunds[Money.REFUNDED, currency] += _units(refund)
        if called_at and answered_at and answered_at >= called_at:
            durations[provider, state].append(answered_at - called_at)
    found = [
        Figure(number).row(day, TallyKind.LOOKUP, *key, spread=spread.of(durations[key]))
        for key, number in counts.items()
    ]
    return found, refunds


def _money(day: date, amounts: Amounts) -> Iterator[DailyTally]:
    for (purpose, currency), units in amounts.items():
        if units > 0:
            yield DailyTally(
                day=day, kind=TallyKind.MONEY, name=purpose, currency=currency, amount=units
            )


def _spent(day: date) -> Amounts:
    """Return the sums booked on `day` in each currency, those of ``SHADOW`` by themselves."""
    key = f"day:{day:%Y-%m-%d}"
    purposes = {key: Money.SPENT, f"{SHADOW_PURSE}-{key}": Money.SHADOW}
    rows = Spending.objects.filter(period__in=purposes)
    return Counter({(purposes[row.period], row.currency): row.spent for row in rows})


def _saved(day: date) -> Amounts:
    """Return the savings by reuse in each currency, and those by asking less."""
    default, dearest = _dearest_question()
    amounts = Counter({(Money.REUSED, currency): _units(sum) for currency, sum in _shared(day)})
    number, paid = _judged_without_want(day, default)
    less = _units(number * dearest - paid) - max(amounts[Money.REUSED, default], 0)
    return amounts + Counter({(Money.AUTO, default): less})


def _dearest_question() -> tuple[str, Decimal]:
    """Return the currency of the default provider, and the price of its dearest level."""
    try:
        provider = loading.provider()
        return provider.currency, provider.price(Question(number="", level=provider.levels[-1]))
    except ImproperlyConfigured:  # reported by the checks
        return "", NO_AMOUNT


def _judged_without_want(day: date, currency: str) -> tuple[int, Decimal]:
    """Return the number of records whose verdict lacked nothing, and their cost in `currency`.

    Those that were paid for in another currency are left out: they cannot be compared.
    """
    rows = NumberInsightRecord.objects.filter(**_of(day), basis__in=LACKING_NOTHING)
    rows = rows.exclude(state=RecordState.REFUSED).filter(Q(cost=0) | Q(lookup__currency=currency))
    found = rows.order_by().aggregate(number=Count("pk"), paid=Sum("cost"))
    return found["number"], found["paid"] or NO_AMOUNT


def _shared(day: date) -> Iterable[tuple[str, Decimal]]:
    """Return the cost of the answers that records did not pay for themselves, by currency."""
    rows = NumberInsightRecord.objects.filter(
        **_of(day), basis__in=ON_AN_ANSWER, lookup__state__in=ANSWERED_STATES
    )
    price = Coalesce("lookup__price", NO_AMOUNT) - Coalesce("lookup__refund", NO_AMOUNT)
    columns = rows.exclude(state=RecordState.REFUSED).order_by().values_list("lookup__currency")
    return list(columns.annotate(amount=Sum(price - F("cost"))))


def _units(amount: Decimal | None) -> int:
    return budget.units(amount or NO_AMOUNT)


def _decisions(day: date) -> Iterator[DailyTally]:
    rows = NumberInsightRecord.objects.filter(**_of(day, "decided_at")).order_by()
    columns = ("decided_by", "decision", "created_at", "decided_at")
    found, waited = Figures(Figure), defaultdict[Any, list[timedelta]](list)
    for reviewer, decision, created_at, decided_at in rows.exclude(
        decision=Decision.NONE
    ).values_list(*columns):
        found[reviewer].add(1, decision)
        waited[reviewer].append(max(decided_at - created_at, timedelta(0)))
    for reviewer, figure in found.items():
        name = "" if reviewer is None else str(reviewer)
        more = {"reviewer_id": reviewer, "spread": spread.of(waited[reviewer])}
        yield figure.row(day, TallyKind.DECISION, name, **more)


def _second_looks(day: date) -> Iterator[DailyTally]:
    rows = DecisionEvent.objects.filter(**_of(day, "at"), act__in=SECOND_WORDS).order_by()
    found = Figures(Figure)
    for reviewer, act, previous in rows.values_list("record__decided_by", "act", "previous"):
        word = "agreed" if SECOND_WORDS[act] == previous else "disagreed"
        found[reviewer, word].add(1, previous)
    for (reviewer, word), figure in found.items():
        name = "" if reviewer is None else str(reviewer)
        yield figure.row(day, TallyKind.SECOND_LOOK, name, word, reviewer_id=reviewer)
