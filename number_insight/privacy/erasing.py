"""Erasure of the personal data in settled rows.

Verdict, score, flags, decision and money stay for statistics, under the fingerprint of the number.
Pending rows (a waiting record, an open lookup) are never erased, since a worker may be using them.
"""

from __future__ import annotations

import logging
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, transaction
from django.db.models import Q

from number_insight import numbers
from number_insight.exceptions import place
from number_insight.insight import UNKNOWN
from number_insight.models import Lookup, NumberInsightRecord, RiskFlag, ShadowComparison
from number_insight.models.choices import OPEN_STATES, UNFINISHED_STATES, RecordState
from number_insight.models.fingerprints import fingerprint
from number_insight.models.subjects import existing
from number_insight.privacy import histories, live
from number_insight.privacy.scrubbing import patterns_of, scrubbed
from number_insight.transactions import lock, retry_deadlock

logger = logging.getLogger("number_insight.privacy.erasing")

RECORD_BLANKS: dict[str, Any] = {
    "number": "",
    "number_masked": "",
    "ip_address": None,
    "ip_range": "",
    "declared_name": "",
    "caller_name": "",
    "decision_reason": "",
    # Live data is erased even if STORE_LIVE is True: it locates a person on a certain day.
    "reachable": UNKNOWN,
    "roaming_status": UNKNOWN,
    "roaming_country": "",
    "live_until": None,
}
LOOKUP_BLANKS: dict[str, Any] = {
    "number": "",
    "ip_address": None,
    "request_id": "",
    "insight": None,
    "raw": None,
}
SETTLED_RECORDS = (Q(number_hash="") | ~Q(number_masked="")) & ~Q(state__in=UNFINISHED_STATES)
SETTLED_LOOKUPS = Q(number_hash="") & ~Q(state__in=OPEN_STATES)
"""The rows that may be erased and are not erased yet."""


@retry_deadlock
def erase_records(ids: tuple[int, ...]) -> int:
    """Erase the settled ones of the records, in one transaction; return their number."""
    with transaction.atomic():
        records = lock(NumberInsightRecord.objects.filter(SETTLED_RECORDS, pk__in=ids))
        live.merge(record.pk for record in records)
        _scrub_flags(records)
        for record in records:
            record.note = scrubbed(record.note, patterns_of(record))
            record.number_hash = record.number_hash or fingerprint(record.number)
        NumberInsightRecord.objects.bulk_update(records, ("number_hash", "note"))
        written = NumberInsightRecord.objects.filter(pk__in=[record.pk for record in records])
        written.update(**RECORD_BLANKS)
        histories.erase_free_text([record.pk for record in records])
        ShadowComparison.objects.filter(record__in=records).delete()
    return len(records)


def mask(record: NumberInsightRecord) -> None:
    """Turn `record` into that of a refusal, without number and name.

    Runs inside the caller's transaction. Support can recognise the masked number and explain the
    refusal. The IP stays until the record is erased, since refusals of one IP are limited.
    """
    live.merge([record.pk])
    _scrub_flags([record])
    masked = {
        "state": RecordState.REFUSED,
        "number": "",
        "number_hash": fingerprint(record.number),
        "number_masked": numbers.recognisable(record.number),
        "declared_name": "",
        "caller_name": "",
        "live_until": None,
        "note": scrubbed(record.note, patterns_of(record)),
    }
    for name, value in masked.items():
        setattr(record, name, value)
    record.save(update_fields=list(masked))


@retry_deadlock
def erase_lookups(ids: tuple[int, ...]) -> int:
    """Erase the settled ones of the lookups, in one transaction; return their number."""
    with transaction.atomic():
        # A record that still waits will soon be judged on the answer.
        rows = Lookup.objects.filter(SETTLED_LOOKUPS, pk__in=ids)
        lookups = lock(rows.exclude(records__state=RecordState.WAITING))
        for lookup in lookups:
            lookup.error = scrubbed(lookup.error, patterns_of(lookup))
            lookup.number_hash = fingerprint(lookup.number)
        Lookup.objects.bulk_update(lookups, ("number_hash", "error"))
        written = Lookup.objects.filter(pk__in=[lookup.pk for lookup in lookups])
        written.update(**LOOKUP_BLANKS)
    return len(lookups)


def _scrub_flags(records: list[NumberInsightRecord]) -> None:
    """Erase personal texts that a project's own rules may have written into flags."""
    patterns = {record.pk: patterns_of(record) for record in records}
    changed = []
    for flag in RiskFlag.objects.filter(record__in=patterns):
        message = scrubbed(flag.message, patterns[flag.record_id])
        evidence = scrubbed(flag.evidence, patterns[flag.record_id])
        if (message, evidence) != (flag.message, flag.evidence):
            flag.message, flag.evidence = message, evidence
            changed.append(flag)
    RiskFlag.objects.bulk_update(changed, ("message", "evidence"))


def unlink(ids: tuple[int, ...]) -> int:
    """Unlink erased records from subjects that no longer exist; return their number.

    While the subject exists, its record discloses no more than the subject itself. Without the link
    its number would count as never screened, and be bought again.
    """
    rows = NumberInsightRecord.objects.filter(pk__in=ids).exclude(number_hash="")
    linked: dict[int, dict[int, str]] = {}
    found = rows.exclude(subject_type=None).values_list("subject_type", "pk", "subject_id")
    for kind, record_id, subject_id in found:
        linked.setdefault(kind, {})[record_id] = subject_id
    orphaned = [pk for kind, subjects in linked.items() for pk in _orphaned(kind, subjects)]
    return rows.filter(pk__in=orphaned).update(subject_type=None, subject_id="")


def _orphaned(kind: int, subjects: dict[int, str]) -> list[int]:
    """Return the records (the keys of `subjects`) whose subject no longer exists."""
    model = ContentType.objects.get_for_id(kind).model_class()
    if model is None:
        return list(subjects)
    try:
        there = existing(model, subjects.values())
    except DatabaseError as error:  # a table that is gone, or cannot be reached, ends no purge
        logger.error("The rows of %s could not be read (%s).", model._meta.label, place(error))
        return []
    return [record_id for record_id, subject_id in subjects.items() if subject_id not in there]
