"""Hindsight: what the rules may know of many records, in a few queries for all of them.

What `gathering` asks the database for each record is counted here while the records pass by, in
the order of their keys. What that cannot give exactly is left to `gathering`.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from number_insight.fingerprints import fingerprints
from number_insight.gathering import (
    DAY,
    FEWEST_OF_A_BURST,
    HOUR,
    MOST_COUNTED,
    OF_VISITORS,
    Past,
)
from number_insight.insight import Insight
from number_insight.listing import Lists
from number_insight.models import NumberInsightRecord
from number_insight.rules.base import COSTLY, Signup

SPAN = DAY + HOUR
SLACK = HOUR
"""How far records may be out of order and still be counted here."""
LAST = "\U0010ffff"
"""After every number."""
OF_THE_NUMBER = frozenset({"number_seen", "number_decision"})
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


class Hindsight:
    """Knows the past of records that are shown to it batch by batch, in the order of their keys.

    It remembers the visits of the last day and a bit, and one batch; never all records.
    """

    def __init__(self, reads: Collection[str]) -> None:
        self._reads = COSTLY.intersection(reads)
        self._visits = Visits() if self._reads & OF_THE_HOUR else None
        self._numbers: dict[str, list[tuple[Any, ...]]] = {}
        self._lists = Lists() if "listed" in self._reads else None

    def look_at(self, records: Sequence[NumberInsightRecord]) -> None:
        """Load what concerns the next batch."""
        if self._visits is not None and records:
            self._visits.load(records)
        if self._reads & OF_THE_NUMBER:
            self._numbers = _same_numbers({record.number for record in records})

    def signup_of(self, record: NumberInsightRecord, insight: Insight) -> Signup:
        """Return what `gathering.signup_of` would, with the IP's country as it was kept."""
        past = Past(record, insight)
        return Signup(
            at=timezone.localtime(past.at),
            number=record.number,
            ip=past.ip,
            ip_country=record.ip_country or None,
            country=record.declared_country or None,
            name=record.declared_name or None,
            **self._costly(record, past),
        )

    def _costly(self, record: NumberInsightRecord, past: Past) -> dict[str, Any]:
        known: dict[str, Any] = {}
        if self._visits is not None:
            known |= self._visits.counted(record, past)
        if self._reads & OF_THE_NUMBER:
            rows = self._numbers.get(record.number, [])
            known["number_seen"] = _subjects(rows, record)
            known["number_decision"] = _decision(rows, record, past.at)
        if self._lists is not None:
            known["listed"] = self._lists.matching(record.number, ip=past.ip, insight=past.insight)
        return {n: known[n] if n in known else getattr(past, n) for n in self._reads}


def _same_numbers(known: set[str]) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of the numbers `known`, erased ones among them, by number."""
    same, hashes = Q(number__in=known), {}
    if NumberInsightRecord.objects.exclude(number_hash="").exists():
        hashes = {hashed: number for number in known for hashed in fingerprints(number)}
        same |= Q(number_hash__in=hashes)
    columns = ("subject_type", "subject_id", "decision", "decided_at")
    rows = NumberInsightRecord.objects.filter(same).order_by("pk")
    found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for number, hashed, *row in rows.values_list("number", "number_hash", "pk", *columns):
        found[number or hashes.get(hashed, "")].append(tuple(row))
    return found


def _subjects(rows: Iterable[tuple[Any, ...]], record: NumberInsightRecord) -> int:
    subjects = {(row[1], row[2]) for row in rows if row[0] < record.pk and row[1] is not None}
    if record.subject_id:
        subjects.discard((record.subject_type_id, record.subject_id))
    return min(len(subjects), MOST_COUNTED)


def _decision(rows: Iterable[tuple[Any, ...]], record: NumberInsightRecord, at: datetime) -> str:
    decided = [
        (row[4], row[3])
        for row in rows
        if row[3] and row[4] is not None and row[4] <= at and row[0] != record.pk
    ]
    return max(decided)[1] if decided else ""


class Visits:
    """The visitors' records of the last day, counted by IP, block, carrier and country."""

    def __init__(self) -> None:
        self._times: dict[tuple[str, str], list[tuple[datetime, str]]] = {}
        self._waiting: list[tuple[Any, ...]] = []
        self._last = 0
        self._horizon: datetime | None = None

    def load(self, records: Sequence[NumberInsightRecord]) -> None:
        """Load the visits up to the last of `records`, and forget what is too old for them."""
        earliest = min(record.created_at for record in records) - SPAN
        if self._horizon is None:
            self._horizon = earliest
        else:
            self._forget(earliest - SLACK)
        rows = NumberInsightRecord.objects.filter(
            source__in=OF_VISITORS, pk__gt=self._last, pk__lt=records[-1].pk
        ).filter(created_at__gt=self._horizon)
        columns = ("pk", "created_at", "number", "ip_address", "carrier_name", "country")
        self._waiting += rows.order_by("pk").values_list(*columns)
        self._last = records[-1].pk - 1

    def _forget(self, before: datetime) -> None:
        assert self._horizon is not None
        if before <= self._horizon:
            return
        self._horizon = before
        for key, times in list(self._times.items()):
            del times[: bisect_right(times, (before, LAST))]
            if not times:
                del self._times[key]

    def _take_in(self, before: int) -> None:
        """Count what was made before the record with the key `before`."""
        taken = 0
        for pk, at, number, ip, carrier, country in self._waiting:
            if pk >= before:
                break
            taken += 1
            keys = (("ip", ip), ("block", number[:-2]), ("carrier", carrier), ("country", country))
            for key in keys:
                if key[1]:
                    insort(self._times.setdefault(key, []), (at, number))
        del self._waiting[:taken]

    def counted(self, record: NumberInsightRecord, past: Past) -> dict[str, int]:
        """Return the counts of `OF_THE_HOUR`; none if `record` is older than what is known."""
        self._take_in(record.pk)
        assert self._horizon is not None
        if past.at - SPAN < self._horizon:
            return {}
        if record.source not in OF_VISITORS:
            return dict.fromkeys(OF_THE_HOUR, 0)
        carrier = past.insight.current_carrier
        name = ("carrier", (carrier.name or "")[:200] if carrier else "")
        country = ("country", past.insight.country or "")
        found = {
            "ip_seen_day": self._others(("ip", past.ip or ""), record, DAY),
            "block_seen_hour": self._others(("block", record.number[:-2]), record, HOUR),
        }
        for kind, key in (("carrier", name), ("country", country)):
            in_hour = min(self._count(key, past.at - HOUR, past.at), MOST_COUNTED)
            found[f"{kind}_seen_hour"] = in_hour
            found[f"{kind}_seen_day"] = self._usual(key, past.at, in_hour)
        return found

    def _reach(self, key: tuple[str, str], after: datetime, until: datetime) -> slice:
        times = self._times.get(key, [])
        return slice(bisect_right(times, (after, LAST)), bisect_right(times, (until, LAST)))

    def _count(self, key: tuple[str, str], after: datetime, until: datetime) -> int:
        found = self._reach(key, after, until)
        return int(found.stop - found.start)

    def _others(self, key: tuple[str, str], record: NumberInsightRecord, span: timedelta) -> int:
        found = self._reach(key, record.created_at - span, record.created_at)
        numbers = {number for _at, number in self._times.get(key, [])[found]}
        numbers -= {"", record.number}
        return min(len(numbers), MOST_COUNTED)

    def _usual(self, key: tuple[str, str], at: datetime, in_hour: int) -> int:
        if in_hour < FEWEST_OF_A_BURST:
            return 0
        return min(self._count(key, at - SPAN, at - HOUR), in_hour * 24 + 24)
