"""Erasing: blanking what points to a person, in rows that are settled.

What stays is what a project may go on counting: verdict, score, flags, decision and money, under
the fingerprint of the number. What is still on its way (a record that waits, a lookup that is
open) is never erased under the hands of a worker.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q

from number_insight import numbers
from number_insight.choices import OPEN_STATES, RecordState
from number_insight.fingerprints import fingerprint
from number_insight.insight import UNKNOWN
from number_insight.models import Lookup, NumberInsightRecord, RiskFlag
from number_insight.transactions import lock

ERASED = "…"
"""What stands in the place of a name or a number that somebody's rule has written down."""
SHORTEST = 4
"""Characters from which on a text points to a person wherever it stands."""

PENDING = (RecordState.QUEUED, RecordState.WAITING)
RECORD_BLANKS: dict[str, Any] = {
    "number": "",
    "number_masked": "",
    "ip_address": None,
    "declared_name": "",
    "caller_name": "",
    "decision_reason": "",
    # Where a phone was on a certain day is nobody's business after it, STORE_LIVE or not.
    "reachable": UNKNOWN,
    "roaming_status": UNKNOWN,
    "roaming_country": "",
}
LOOKUP_BLANKS: dict[str, Any] = {
    "number": "",
    "ip_address": None,
    "open_key": None,
    "request_id": "",
    "insight": None,
    "raw": None,
}
SETTLED_RECORDS = (Q(number_hash="") | ~Q(number_masked="")) & ~Q(state__in=PENDING)
SETTLED_LOOKUPS = Q(number_hash="") & ~Q(state__in=OPEN_STATES)
"""What may be erased, and was not yet."""


def erase_records(ids: tuple[int, ...]) -> int:
    """Erase those of the records that may be; return how many, in a transaction of its own."""
    with transaction.atomic():
        records = lock(NumberInsightRecord.objects.filter(SETTLED_RECORDS, pk__in=ids))
        _scrub_flags(records)
        for record in records:
            record.note = _scrubbed(record.note, _words(record))
            record.number_hash = record.number_hash or fingerprint(record.number)
        NumberInsightRecord.objects.bulk_update(records, ("number_hash", "note"))
        written = NumberInsightRecord.objects.filter(pk__in=[record.pk for record in records])
        written.update(**RECORD_BLANKS)
    return len(records)


def mask(record: NumberInsightRecord) -> None:
    """Turn `record` into that of a refusal, inside the caller's transaction.

    Support can recognise the number and say why; the IP stays until it is erased, since one that
    was refused often is told no more. Whoever never signed up is not kept by number and name.
    """
    _scrub_flags([record])
    masked = {
        "state": RecordState.REFUSED,
        "number": "",
        "number_hash": fingerprint(record.number),
        "number_masked": numbers.recognisable(record.number),
        "declared_name": "",
        "caller_name": "",
        "note": _scrubbed(record.note, _words(record)),
    }
    for name, value in masked.items():
        setattr(record, name, value)
    record.save(update_fields=list(masked))


def erase_lookups(ids: tuple[int, ...]) -> int:
    """Erase those of the lookups that may be; return how many, in a transaction of its own."""
    with transaction.atomic():
        # Who still waits for an answer that is there is judged on it soon.
        rows = Lookup.objects.filter(SETTLED_LOOKUPS, pk__in=ids)
        lookups = lock(rows.exclude(records__state=RecordState.WAITING))
        for lookup in lookups:
            lookup.error = _scrubbed(lookup.error, _words(lookup))
            lookup.number_hash = fingerprint(lookup.number)
        Lookup.objects.bulk_update(lookups, ("number_hash", "error"))
        written = Lookup.objects.filter(pk__in=[lookup.pk for lookup in lookups])
        written.update(**LOOKUP_BLANKS)
    return len(lookups)


def _words(row: NumberInsightRecord | Lookup) -> list[str]:
    """Return the texts that point to the person behind `row`, the longest first."""
    number = row.number
    words = {number, number.removeprefix("+"), numbers.international(number), row.ip_address}
    words |= {numbers.national(number)}
    if isinstance(row, NumberInsightRecord):
        words |= {row.declared_name, row.caller_name}
    return sorted((word for word in words if word), key=len, reverse=True)


def _scrub_flags(records: list[NumberInsightRecord]) -> None:
    """Take the person out of what a project's own rules may have written into flags."""
    words = {record.pk: _words(record) for record in records}
    changed = []
    for flag in RiskFlag.objects.filter(record__in=words):
        message = _scrubbed(flag.message, words[flag.record_id])
        evidence = _scrubbed(flag.evidence, words[flag.record_id])
        if (message, evidence) != (flag.message, flag.evidence):
            flag.message, flag.evidence = message, evidence
            changed.append(flag)
    RiskFlag.objects.bulk_update(changed, ("message", "evidence"))


def _scrubbed(value: Any, words: Iterable[str]) -> Any:
    """Return `value` (JSON) with "…" in the place of each of `words`."""
    if isinstance(value, dict):
        return {key: _scrubbed(part, words) for key, part in value.items()}
    if isinstance(value, list):
        return [_scrubbed(part, words) for part in value]
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return value
    text = str(value)
    for word in words:
        if text.casefold() == word.casefold():
            return ERASED
        if len(word) >= SHORTEST:
            text = re.sub(re.escape(word), ERASED, text, flags=re.IGNORECASE)
    return text if isinstance(value, str) or text != str(value) else value


def unlink(ids: tuple[int, ...]) -> int:
    """Take the link away from those erased records whose subject is gone; return how many.

    While the subject is there, its record says no more than the subject itself; and without the
    link, its number would be taken for one that was never screened, and be bought again.
    """
    rows = NumberInsightRecord.objects.filter(pk__in=ids).exclude(number_hash="")
    linked: dict[int, dict[int, str]] = {}
    found = rows.exclude(subject_type=None).values_list("subject_type", "pk", "subject_id")
    for kind, record_id, subject_id in found:
        linked.setdefault(kind, {})[record_id] = subject_id
    gone = [pk for kind, subjects in linked.items() for pk in _gone(kind, subjects)]
    return rows.filter(pk__in=gone).update(subject_type=None, subject_id="")


def _gone(kind: int, subjects: dict[int, str]) -> list[int]:
    """Return the records (the keys of `subjects`) whose subject does not exist any more."""
    model = ContentType.objects.get_for_id(kind).model_class()
    if model is None:
        return list(subjects)
    keys = list(_keys(model, subjects.values()))
    rows = model._base_manager.filter(pk__in=keys)
    there = {str(key) for key in rows.values_list("pk", flat=True)}
    return [record_id for record_id, subject_id in subjects.items() if subject_id not in there]


def _keys(model: type[models.Model], texts: Iterable[str]) -> Iterator[Any]:
    for text in texts:
        try:
            yield model._meta.pk.to_python(text)
        except ValidationError:
            continue
