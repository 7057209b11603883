"""Personal data: its export and its erasure, on request or when its retention is over.

Erasure keeps verdict, score, flags, decision and money for statistics, under the fingerprint of the
number. Pending rows (a waiting record, an open lookup) are never erased, since a worker may be
using them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone

from number_insight import numbers
from number_insight.conf import app_settings
from number_insight.exceptions import InvalidNumber
from number_insight.models import NUMBER_LENGTH, ListEntry, Lookup, NumberInsightRecord, Usage
from number_insight.models.choices import OPEN_STATES, UNFINISHED_STATES, ListMatch
from number_insight.models.fingerprints import fingerprints
from number_insight.models.lists import unkept_value
from number_insight.models.managers import same_number
from number_insight.privacy import erasing

__all__ = ["Held", "Step", "due", "erase", "export", "fingerprints", "held", "purge"]

BATCH = 1000
"""The rows that are erased in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The keys of the rows about one number or one subject."""

    numbers: frozenset[str] = field(repr=False)
    """The numbers of the rows that are not erased, and the requested one."""
    record_ids: tuple[int, ...]
    lookup_ids: tuple[int, ...]

    @property
    def records(self) -> QuerySet[NumberInsightRecord]:
        return NumberInsightRecord.objects.filter(pk__in=self.record_ids).order_by("pk")

    @property
    def lookups(self) -> QuerySet[Lookup]:
        return Lookup.objects.filter(pk__in=self.lookup_ids).order_by("pk")

    @property
    def pending(self) -> int:
        """The number of pending rows, which cannot be erased yet."""
        waiting = self.records.filter(state__in=UNFINISHED_STATES).count()
        return waiting + self.lookups.filter(state__in=OPEN_STATES).count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A finished batch of a purge; `kind` is "records", "lookups", "links" or "counters"."""

    kind: str
    count: int


def held(*, number: str | None = None, subject: models.Model | None = None) -> Held:
    """Return the rows about `number`, in any spelling, or about `subject`.

    For a subject they include attempts with the same numbers that have no subject. Pass an unsaved
    instance with its key for a subject that no longer exists. Raise `InvalidNumber` if `number` is
    not a phone number, and `ValueError` unless exactly one of the two is given.
    """
    if number is not None and subject is None:
        known: set[str] = {number[:NUMBER_LENGTH], _canonical(number)}
        same = same_number(*known)
        records = NumberInsightRecord.objects.filter(same)
    elif subject is not None and subject.pk is not None and number is None:
        theirs = NumberInsightRecord.objects.for_subject(subject)
        known, hashes = _numbers_of(theirs)
        same = same_number(*known, hashes=hashes)
        records = NumberInsightRecord.objects.filter(
            Q(pk__in=_ids(theirs)) | Q(same, subject_type=None)
        )
    else:
        raise ValueError("Give either a number or a subject with a key.")
    linked = set(records.exclude(lookup=None).values_list("lookup", flat=True))
    lookups = Lookup.objects.filter(Q(pk__in=linked) | same)
    return Held(numbers=frozenset(known), record_ids=_ids(records), lookup_ids=_ids(lookups))


def _canonical(text: str) -> str:
    """Return `text` as it is stored: in E.164, or as text if a row holds it in that form."""
    try:
        return numbers.normalise(text, app_settings.default_region)
    except InvalidNumber:
        typed = numbers.canonical(text)
        if typed and NumberInsightRecord.objects.filter(same_number(typed)).exists():
            return typed
        raise


def _ids(rows: QuerySet[Any], limit: int | None = None) -> tuple[int, ...]:
    return tuple(rows.order_by("pk").values_list("pk", flat=True)[:limit])


def _numbers_of(records: QuerySet[Any]) -> tuple[set[str], set[str]]:
    """Return the numbers of `records`, and the fingerprints of the erased ones."""
    rows = list(records.order_by().values_list("number", "number_hash"))
    return {number for number, _ in rows if number}, {hashed for _, hashed in rows if hashed}


def export(*, number: str | None = None, subject: models.Model | None = None) -> dict[str, Any]:
    """Return all rows about `number` or `subject`, in plain types; see `held`.

    The keys are "records", "lookups" and "list_entries"; moments are ISO 8601, amounts are texts.
    Raise `InvalidNumber` and `ValueError` as `held` does.
    """
    found = held(number=number, subject=subject)
    records = found.records.select_related("subject_type").prefetch_related("flags", "events")
    document = {
        "records": [_exported_record(record) for record in records],
        "lookups": [_columns(lookup) for lookup in found.lookups],
        "list_entries": [_columns(entry) for entry in _list_entries(found)],
    }
    plain: dict[str, Any] = json.loads(json.dumps(document, cls=DjangoJSONEncoder))
    return plain


def _list_entries(found: Held) -> QuerySet[ListEntry]:
    ips = set(found.records.exclude(ip_address=None).values_list("ip_address", flat=True))
    signs = {sign for number in found.numbers for sign in fingerprints(number)}
    values = {*found.numbers, *map(unkept_value, signs)}
    on_list = Q(match=ListMatch.NUMBER, value__in=values) | Q(match=ListMatch.IP, value__in=ips)
    return ListEntry.objects.filter(on_list).order_by("pk")


def _exported_record(record: NumberInsightRecord) -> dict[str, Any]:
    columns = _columns(record)
    kind = record.subject_type
    columns["subject_type"] = f"{kind.app_label}.{kind.model}" if kind else None
    columns["events"] = [_columns(event) for event in record.events.all()]
    columns["flags"] = [{**_columns(flag), "text": flag.text} for flag in record.flags.all()]
    compared = record.shadow_comparisons.all()
    columns["shadow_comparisons"] = [_columns(comparison) for comparison in compared]
    return columns


def _columns(row: models.Model) -> dict[str, Any]:
    """Return all columns of `row`, so that none added later is left out."""
    return {column.name: getattr(row, column.attname) for column in row._meta.concrete_fields}


def erase(*, number: str | None = None, subject: models.Model | None = None) -> Held:
    """Erase all rows about `number` or `subject` at once, as `purge` would one day.

    Return the rows; their `pending` is the number of rows that could not be erased yet. Raise
    `InvalidNumber` and `ValueError` as `held` does.
    """
    found = held(number=number, subject=subject)
    for ids, work in (
        (found.record_ids, erasing.erase_records),
        (found.lookup_ids, erasing.erase_lookups),
    ):
        for start in range(0, len(ids), BATCH):
            work(ids[start : start + BATCH])
    for start in range(0, len(found.record_ids), BATCH):
        erasing.unlink(found.record_ids[start : start + BATCH])
    return found


def due(before: datetime) -> dict[str, QuerySet[Any]]:
    """Return the rows that `purge` would erase or delete now, by kind."""
    return {
        "records": NumberInsightRecord.objects.filter(
            erasing.SETTLED_RECORDS, created_at__lt=before
        ),
        "lookups": Lookup.objects.filter(erasing.SETTLED_LOOKUPS, created_at__lt=before),
        "counters": Usage.objects.filter(ends_at__lt=timezone.now()),
    }


def purge(before: datetime, *, batch: int = BATCH) -> Iterator[Step]:
    """Erase rows created `before` a time, and yield each finished batch.

    A batch is a transaction, so an interrupted purge loses nothing and can be resumed. Links to
    deleted subjects and expired counters are removed as well.
    """
    waiting = due(before)
    erased = NumberInsightRecord.objects.exclude(number_hash="").exclude(subject_type=None)
    works: tuple[tuple[str, QuerySet[Any], Callable[[tuple[int, ...]], int]], ...] = (
        ("records", waiting["records"], erasing.erase_records),
        ("lookups", waiting["lookups"], erasing.erase_lookups),
        ("links", erased, erasing.unlink),
    )
    for kind, rows, work in works:
        for ids in _batches(rows, batch):
            yield Step(kind=kind, count=work(ids))
    yield Step(kind="counters", count=waiting["counters"].delete()[0])


def _batches(rows: QuerySet[Any], size: int) -> Iterator[tuple[int, ...]]:
    last = 0
    while ids := _ids(rows.filter(pk__gt=last), size):
        yield ids
        last = ids[-1]
