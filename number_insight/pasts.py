"""Pasts: what had happened before several signups, in one query for all of them.

`history` asks for one signup. Here the same rows are read for a batch and counted in memory. Where
there are too many for that, each signup asks for itself again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db.models import Q, QuerySet

from number_insight import addresses
from number_insight.models.fingerprints import fingerprints
from number_insight.verdicts.history import (
    BURSTS,
    DAY,
    FEWEST_OF_A_BURST,
    HOUR,
    MOST_COUNTED,
    OF_VISITORS,
    Past,
    most_usual,
)
from number_insight.verdicts.lists import Lists

MOST_READ = 2000
"""Rows of one kind that are read for a batch; where there are more, the database counts them."""

Visit = tuple[int, datetime, str]
"""Key, time and number of an earlier record; or its fingerprint, if no more is left of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A time before each signup, whose visits with one value in a column are counted."""

    column: str
    value: str
    begins: timedelta
    ends: timedelta
    most: int


class Pasts:
    """The pasts of `records`, of which each kind is read when a rule asks for it first."""

    def __init__(self, records: Sequence[NumberInsightRecord]) -> None:
        self._records = {r.pk: r for r in records if r.pk is not None and not r.number_hash}
        self._counts: dict[Window, tuple[int, list[tuple[int, datetime]]] | None] = {}

    def of(self, record: NumberInsightRecord, insight: Insight) -> Past:
        """Return the past of `record`, in the light of `insight`."""
        known = record.pk in self._records and len(self._records) > 1
        return _Shared(self, record, insight) if known else Past(record, insight)

    @cached_property
    def lists(self) -> Lists:
        """The entries in force that may fit one of the records."""
        ips = {addresses.public_ip(record.ip_address) for record in self._records.values()}
        return Lists.around(self._numbers, {ip for ip in ips if ip})

    @cached_property
    def same_numbers(self) -> dict[str, list[tuple[Any, ...]]] | None:
        """The earlier records of each number: key, subject, decision and when it was made."""
        hashes = {hashed: n for n in self._numbers for hashed in fingerprints(n)}
        # SQLite takes the partial index only where its condition is repeated.
        same = Q(number__in=self._numbers) | (Q(number_hash__in=list(hashes)) & ~Q(number_hash=""))
        columns = ("pk", "subject_type", "subject_id", "decision", "decided_at")
        same_ones = NumberInsightRecord.objects.filter(same).order_by()
        rows = same_ones.values_list("number", "number_hash", *columns)[: MOST_READ + 1]
        found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        for number, hashed, *row in rows:
            found[hashes.get(hashed, number)].append(tuple(row))
        return found if sum(map(len, found.values())) <= MOST_READ else None

    @cached_property
    def same_ips(self) -> dict[str, list[Visit]] | None:
        """The visits of the last day from each IP."""
        ips = {record.ip_address for record in self._records.values() if record.ip_address}
        return self._by("ip_address", Q(ip_address__in=ips), DAY) if ips else {}

    @cached_property
    def same_blocks(self) -> dict[str, list[Visit]] | None:
        """The visits of the last hour in each block of 100 numbers."""
        inside = Q()
        for block in {number[:-2] for number in self._numbers}:
            inside |= Q(number__gte=f"{block}00", number__lte=f"{block}99")
        found = self._by("number", inside, HOUR) if self._numbers else {}
        if found is None:
            return None
        blocks: dict[str, list[Visit]] = defaultdict(list)
        for number, visits in found.items():
            blocks[number[:-2]] += visits
        return blocks

    def counted(self, what: Window, record: NumberInsightRecord) -> int | None:
        """Return how many visits of this kind `record` had before it; None if there are too many.

        What lies in the window of all is counted once; what lies in that of some, for each.
        """
        if what not in self._counts:
            self._counts[what] = self._count(what)
        known = self._counts[what]
        if known is None:
            return None
        after, until = record.created_at - what.begins, record.created_at - what.ends
        common, others = known
        return common + sum(1 for pk, at in others if pk < record.pk and after < at <= until)

    def _count(self, what: Window) -> tuple[int, list[tuple[int, datetime]]] | None:
        first, last = self._earliest, max(r.created_at for r in self._records.values())
        if last - first > what.begins - what.ends:
            return None
        rows = self._earlier(Q(**{what.column: what.value})).filter(source__in=OF_VISITORS)
        of_all = Q(created_at__gt=last - what.begins, created_at__lte=first - what.ends)
        before = Q(created_at__gt=first - what.begins, created_at__lte=last - what.begins)
        after = Q(created_at__gt=first - what.ends, created_at__lte=last - what.ends)
        least = min(self._records)
        of_some = rows.filter(before | after | (of_all & Q(pk__gte=least)))
        others = list(of_some.values_list("pk", "created_at")[: MOST_READ + 1])
        if len(others) > MOST_READ:
            return None
        return rows.filter(of_all, pk__lt=least)[: what.most].count(), others

    def _earlier(self, same: Q) -> QuerySet[Any]:
        """Find what is earlier than the last of the records: behind them a long queue may wait."""
        rows: QuerySet[Any] = NumberInsightRecord.objects.filter(same, pk__lt=max(self._records))
        return rows.order_by()

    @property
    def _earliest(self) -> datetime:
        return min(record.created_at for record in self._records.values())

    @property
    def _numbers(self) -> list[str]:
        return sorted({record.number for record in self._records.values() if record.number})

    def _by(self, column: str, same: Q, span: timedelta) -> dict[str, list[Visit]] | None:
        """Return the visits of the last `span`, by `column`; None if there are too many."""
        rows = self._earlier(same).filter(source__in=OF_VISITORS)
        rows = rows.filter(created_at__gt=self._earliest - span)
        found: dict[str, list[Visit]] = defaultdict(list)
        columns = ("pk", "created_at", "number", "number_hash")
        for value, pk, at, number, hashed in rows.values_list(column, *columns)[: MOST_READ + 1]:
            found[value].append((pk, at, number or hashed))
        return found if sum(map(len, found.values())) <= MOST_READ else None


class _Shared(Past):
    """The past of one record, told by what was read for all of the batch."""

    def __init__(self, pasts: Pasts, record: NumberInsightRecord, insight: Insight) -> None:
        super().__init__(record, insight)
        self._pasts = pasts

    def told(self, names: Collection[str]) -> dict[str, Any]:
        return {name: getattr(self, name) for name in names}

    def _alone(self, name: str) -> Any:
        return super().told({name})[name]

    @cached_property
    def number_seen(self) -> int:
        if self._pasts.same_numbers is None:
            return int(self._alone("number_seen"))
        rows = self._pasts.same_numbers.get(self.record.number, [])
        subjects = {(row[1], row[2]) for row in rows if row[0] < self.record.pk and row[1]}
        if self.record.subject_id:
            subjects.discard((self.record.subject_type_id, self.record.subject_id))
        return min(len(subjects), MOST_COUNTED)

    @cached_property
    def ip_seen(self) -> int:
        return int(self._alone("ip_seen"))

    @cached_property
    def number_decision(self) -> str:
        if self._pasts.same_numbers is None:
            return str(self._alone("number_decision"))
        decided = [
            (at, decision)
            for pk, _type, _id, decision, at in self._pasts.same_numbers.get(self.record.number, [])
            if decision and at is not None and at <= self.at and pk != self.record.pk
        ]
        return max(decided)[1] if decided else ""

    @cached_property
    def ip_seen_day(self) -> int:
        if self.ip != self.record.ip_address or self._pasts.same_ips is None:
            return int(self._alone("ip_seen_day"))
        return self._others(self._pasts.same_ips.get(self.ip or "", ()), DAY)

    @cached_property
    def block_seen_hour(self) -> int:
        if self._pasts.same_blocks is None:
            return int(self._alone("block_seen_hour"))
        return self._others(self._pasts.same_blocks.get(self.record.number[:-2], ()), HOUR)

    @cached_property
    def carrier_seen_hour(self) -> int:
        return self._of_the_hour("carrier_seen_hour", "carrier_name", self.carrier)

    @cached_property
    def country_seen_hour(self) -> int:
        return self._of_the_hour("country_seen_hour", "country", self.insight.country or "")

    @property
    def carrier_seen_day(self) -> int:
        return self._usual("carrier_seen_day", "carrier_name", self.carrier)

    @property
    def country_seen_day(self) -> int:
        return self._usual("country_seen_day", "country", self.insight.country or "")

    def _usual(self, name: str, column: str, value: str) -> int:
        in_hour: int = getattr(self, BURSTS[name])
        if in_hour < FEWEST_OF_A_BURST:
            return 0
        window = Window(
            column=column, value=value, begins=DAY + HOUR, ends=HOUR, most=most_usual(MOST_COUNTED)
        )
        found = self._pasts.counted(window, self.record)
        if found is None:
            return int(self._in_days_before({name}, {BURSTS[name]: in_hour})[name])
        return min(found, most_usual(in_hour))

    @property
    def listed(self) -> tuple[Listing, ...]:
        return self._pasts.lists.matching(self.record.number, ip=self.ip, insight=self.insight)

    def _of_the_hour(self, name: str, column: str, value: str) -> int:
        if not value or self.record.source not in OF_VISITORS:
            return 0
        window = Window(
            column=column, value=value, begins=HOUR, ends=timedelta(0), most=MOST_COUNTED
        )
        found = self._pasts.counted(window, self.record)
        return int(self._alone(name)) if found is None else min(found, MOST_COUNTED)

    def _others(self, visits: Iterable[Visit], span: timedelta) -> int:
        if self.record.source not in OF_VISITORS:
            return 0
        numbers = {number for _pk, _at, number in self._before(visits, span)}
        if self.record.number:
            numbers -= {self.record.number, *fingerprints(self.record.number)}
        return min(len(numbers), MOST_COUNTED)

    def _before(self, visits: Iterable[Visit], span: timedelta) -> Iterable[Visit]:
        return (
            visit
            for visit in visits
            if visit[0] < self.record.pk and self.at - span < visit[1] <= self.at
        )
