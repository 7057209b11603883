"""Visits: how many numbers came from where, counted while the records pass by."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce, NullIf

from number_insight.insight import Insight
from number_insight.models import NumberInsightRecord
from number_insight.models.fingerprints import LENGTH, fingerprints
from number_insight.verdicts.history import (
    DAY,
    FEWEST_OF_A_BURST,
    HOUR,
    MOST_COUNTED,
    OF_VISITORS,
    most_usual,
)

SPAN = DAY + HOUR
SLACK = HOUR
"""How far records may be out of order and still be counted here."""
OFTEN = 4
"""What is too old is forgotten when a fourth of what is known has come anew."""
LAST = "\U0010ffff"
"""After every number."""
OF_THE_HOUR = frozenset(
    {
        "ip_seen_day",
        "block_seen_hour",
        "carrier_seen_hour",
        "carrier_seen_day",
        "country_seen_hour",
        "country_seen_day",
    }
)
_VISITORS = frozenset(source.value for source in OF_VISITORS)


class Visits:
    """The visitors' records of the last day, counted by IP, block, carrier and country.

    `reads` names what of `OF_THE_HOUR` is wanted.
    """

    def __init__(self, reads: Collection[str]) -> None:
        self._nothing = dict.fromkeys(OF_THE_HOUR.intersection(reads), 0)
        self._ips = Numbers() if "ip_seen_day" in reads else None
        self._blocks = Numbers() if "block_seen_hour" in reads else None
        self._carriers, self._countries = _times_of("carrier", reads), _times_of("country", reads)
        self._waiting: deque[tuple[Any, ...]] = deque()
        self._last = self._taken = 0
        self._horizon: datetime | None = None

    def load(self, records: Sequence[Any]) -> None:
        """Load the visits up to the last of `records`, and forget what is too old for them."""
        earliest = min(record.created_at for record in records) - SPAN
        if self._horizon is None:
            self._horizon = earliest
        elif self._taken * OFTEN > sum(len(kind) for kind in self._kinds()):
            self._forget(earliest - SLACK)
        others = self._others_of(records) if self._has_gaps(records) else ()
        self._waiting += sorted((*others, *_visits_of(records)))
        self._last = records[-1].pk

    def _has_gaps(self, records: Sequence[Any]) -> bool:
        """Whether there may be records up to the last of `records` that are not among them."""
        return bool(records[-1].pk - self._last != len(records))

    def _others_of(self, records: Sequence[Any]) -> QuerySet[Any]:
        """Return the visits up to the last of `records` that are not among them."""
        rows: QuerySet[Any] = NumberInsightRecord.objects.filter(source__in=OF_VISITORS)
        rows = rows.filter(pk__gt=self._last, pk__lt=records[-1].pk, created_at__gt=self._horizon)
        rows = rows.exclude(pk__in=[record.pk for record in records]).order_by()
        rows = rows.annotate(known=Coalesce(NullIf("number", Value("")), "number_hash"))
        return rows.values_list(
            "pk", "created_at", "known", "ip_address", "carrier_name", "country"
        )

    def _kinds(self) -> Iterator[Numbers | Times]:
        for kind in (self._ips, self._blocks, self._carriers, self._countries):
            if kind is not None:
                yield kind

    def _forget(self, before: datetime) -> None:
        assert self._horizon is not None
        if before <= self._horizon:
            return
        self._horizon, self._taken = before, 0
        for kind in self._kinds():
            kind.forget(before)

    def _take_in(self, before: int) -> None:
        """Count what was made before the record with the key `before`."""
        waiting = self._waiting
        while waiting and waiting[0][0] < before:
            _pk, at, number, ip, carrier, country = waiting.popleft()
            self._taken += 1
            if self._ips is not None and ip:
                self._ips.add(ip, at, number)
            if self._blocks is not None and number:
                self._blocks.add(number[:-2], at, number)
            if self._carriers is not None and carrier:
                self._carriers.add(carrier, at)
            if self._countries is not None and country:
                self._countries.add(country, at)

    def counted(self, record: Any, ip: str | None, insight: Insight) -> dict[str, int] | None:
        """Return the counts that are read; None if `record` is older than what is known."""
        self._take_in(record.pk)
        at = record.created_at
        assert self._horizon is not None
        if at - SPAN < self._horizon:
            return None
        if record.source not in _VISITORS:
            return self._nothing
        found = {}
        if self._ips is not None:
            found["ip_seen_day"] = self._ips.others(ip or "", record.number, at - DAY, at)
        if self._blocks is not None:
            block = record.number[:-2]
            found["block_seen_hour"] = self._blocks.others(block, record.number, at - HOUR, at)
        if self._carriers is not None:
            carrier = insight.current_carrier
            name = (carrier.name or "")[:200] if carrier else ""
            found |= self._carriers.burst(name, at)
        if self._countries is not None:
            found |= self._countries.burst(insight.country or "", at)
        return found


def _visits_of(records: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    for it in records:
        if it.source in _VISITORS:
            known = it.number or it.number_hash
            yield (it.pk, it.created_at, known, it.ip_address, it.carrier_name, it.country)


class Numbers:
    """Which numbers came when, by where they came from; some are known by fingerprints only."""

    def __init__(self) -> None:
        self._known: dict[str, list[tuple[datetime, str]]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def add(self, key: str, at: datetime, number: str) -> None:
        known = self._known.get(key)
        if known is None:
            self._known[key] = [(at, number)]
        else:
            insort(known, (at, number))

    def others(self, key: str, number: str, after: datetime, until: datetime) -> int:
        """Count the numbers but `number` that came from `key` after one time until another."""
        known = self._known.get(key)
        if known is None:
            return 0
        reach = slice(bisect_right(known, (after, LAST)), bisect_right(known, (until, LAST)))
        numbers = {other for _at, other in known[reach]}
        numbers -= {"", number}
        if any(len(other) == LENGTH for other in numbers):
            numbers.difference_update(fingerprints(number))
        return min(len(numbers), MOST_COUNTED)

    def forget(self, before: datetime) -> None:
        for known in self._known.values():
            del known[: bisect_right(known, (before, LAST))]
        self._known = {key: known for key, known in self._known.items() if known}


class Times:
    """When somebody came, by the carrier or country of the number."""

    def __init__(self, of_hour: str, of_day: str) -> None:
        self._of_hour, self._of_day = of_hour, of_day
        self._known: dict[str, list[datetime]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def add(self, key: str, at: datetime) -> None:
        known = self._known.setdefault(key, [])
        if known and at < known[-1]:
            insort(known, at)
        else:
            known.append(at)

    def burst(self, key: str, at: datetime) -> dict[str, int]:
        """Return how many came within an hour, and in the day before it if those were many."""
        known = self._known.get(key, ())
        until, hour_ago = bisect_right(known, at), bisect_right(known, at - HOUR)
        in_hour = min(until - hour_ago, MOST_COUNTED)
        in_day = 0
        if in_hour >= FEWEST_OF_A_BURST:
            in_day = min(hour_ago - bisect_right(known, at - SPAN), most_usual(in_hour))
        return {self._of_hour: in_hour, self._of_day: in_day}

    def forget(self, before: datetime) -> None:
        for known in self._known.values():
            del known[: bisect_right(known, before)]
        self._known = {key: known for key, known in self._known.items() if known}


def _times_of(kind: str, reads: Collection[str]) -> Times | None:
    names = (f"{kind}_seen_hour", f"{kind}_seen_day")
    return Times(*names) if not set(names).isdisjoint(reads) else None
