"""Hindsight: what the rules may know of many records, in a few queries for all of them.

What `history` asks the database for one record is counted here while the records pass by, in the
order of their keys. What that cannot give exactly is left to `history`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from number_insight import addresses
from number_insight.insight import Insight
from number_insight.models import NumberInsightRecord
from number_insight.models.fingerprints import fingerprints
from number_insight.rules.base import COSTLY, Signup
from number_insight.verdicts.history import MOST_COUNTED, pasts
from number_insight.verdicts.lists import Lists
from number_insight.visits import OF_THE_HOUR, Visits

OF_THE_NUMBER = frozenset({"number_seen", "number_decision"})


class Hindsight:
    """Knows the past of records that are shown to it batch by batch, in the order of their keys.

    It remembers the visits of the last day and a bit, and one batch; never all records.
    """

    def __init__(self, reads: Collection[str]) -> None:
        self._reads = COSTLY.intersection(reads)
        of_the_hour = self._reads & OF_THE_HOUR
        self._visits = Visits(of_the_hour) if of_the_hour else None
        self._counted = of_the_hour
        self._left = self._reads - OF_THE_HOUR - OF_THE_NUMBER - {"listed"}
        self._numbers: dict[str, list[tuple[Any, ...]]] = {}
        self._lists = Lists() if "listed" in self._reads else None
        self._zone = timezone.get_current_timezone()

    def look_at(self, records: Sequence[Any]) -> None:
        """Load what concerns the next batch of `records`, rows in the order of their keys."""
        if not records:
            return
        if self._visits is not None:
            self._visits.load(records)
        if self._reads & OF_THE_NUMBER:
            self._numbers = _same_numbers(records)

    def signup_of(self, record: Any, insight: Insight) -> Signup:
        """Return what `gathering.signup_of` would, with the IP's country as it was kept."""
        ip = addresses.public_ip(record.ip_address)
        return Signup(
            at=record.created_at.astimezone(self._zone),
            number=record.number,
            ip=ip,
            ip_country=record.ip_country or None,
            country=record.declared_country or None,
            name=record.declared_name or None,
            **self._costly(record, ip, insight),
        )

    def _costly(self, record: Any, ip: str | None, insight: Insight) -> dict[str, Any]:
        known: dict[str, Any] = {}
        to_be_asked = self._left
        if self._visits is not None:
            counted = self._visits.counted(record, ip, insight)
            if counted is None:
                to_be_asked = to_be_asked | self._counted
            else:
                known.update(counted)
        if self._reads & OF_THE_NUMBER:
            known |= self._of_the_number(record)
        if self._lists is not None:
            known["listed"] = self._lists.matching(record.number, ip=ip, insight=insight)
        if to_be_asked:
            known |= pasts([(record, insight)], to_be_asked)[0]
        return known

    def _of_the_number(self, record: Any) -> dict[str, Any]:
        rows = self._numbers.get(record.number)
        if not rows:
            return {}
        found: dict[str, Any] = {}
        if "number_seen" in self._reads:
            found["number_seen"] = _subjects(rows, record)
        if "number_decision" in self._reads:
            found["number_decision"] = _decision(rows, record, record.created_at)
        return found


def _same_numbers(records: Sequence[Any]) -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of the numbers that have more than one, erased ones among them, by number."""
    known = set(_that_come_back(records))
    same, hashes = Q(number__in=known), {}
    if NumberInsightRecord.objects.exclude(number_hash="").exists():
        numbers = {record.number for record in records}
        hashes = {hashed: number for number in numbers for hashed in fingerprints(number)}
        same |= Q(number_hash__in=hashes)
    columns = ("subject_type", "subject_id", "decision", "decided_at")
    rows = NumberInsightRecord.objects.filter(same).order_by("pk")
    found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for number, hashed, *row in rows.values_list("number", "number_hash", "pk", *columns):
        found[number or hashes.get(hashed, "")].append(tuple(row))
    return found


def _that_come_back(records: Sequence[Any]) -> Iterator[str]:
    """Yield the numbers of `records` that other records have as well."""
    others = NumberInsightRecord.objects.filter(number=OuterRef("number"))
    rows = (
        NumberInsightRecord.objects.filter(pk__gte=records[0].pk, pk__lte=records[-1].pk)
        .exclude(number="")
        .order_by()
        # Not a filter: for one PostgreSQL might read the whole table, batch by batch.
        .annotate(comes_back=Exists(others.exclude(pk=OuterRef("pk"))))
    )
    for number, comes_back in rows.values_list("number", "comes_back"):
        if comes_back:
            yield number


def _subjects(rows: Iterable[tuple[Any, ...]], record: Any) -> int:
    subjects = {(row[1], row[2]) for row in rows if row[0] < record.pk and row[1] is not None}
    if record.subject_id:
        subjects.discard((record.subject_type_id, record.subject_id))
    return min(len(subjects), MOST_COUNTED)


def _decision(rows: Iterable[tuple[Any, ...]], record: Any, at: datetime) -> str:
    decided = [
        (row[4], row[3])
        for row in rows
        if row[3] and row[4] is not None and row[4] <= at and row[0] != record.pk
    ]
    return max(decided)[1] if decided else ""
