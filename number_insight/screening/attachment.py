"""Attachment: a record is linked to the subject whose number it is."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, models, router, transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from number_insight.models import NumberInsightRecord
from number_insight.models.choices import Source
from number_insight.models.subjects import is_same, key_of, key_text
from number_insight.screening import signup, visitor
from number_insight.screening.reporting import report_failure

COPIED = (
    "number",
    "subject_type",
    "subject_id",
    "field",
    "source",
    "ip_address",
    "level",
    "declared_country",
    "declared_name",
)
"""The columns of a record that tell of its signup."""


@sensitive_variables()
def attach(
    subject: models.Model,
    *,
    record: NumberInsightRecord | None = None,
    number: str | None = None,
) -> NumberInsightRecord | None:
    """Link a record that is older than its subject; return the record, or None if there is none.

    Without `record`, it is the newest record of `number` without a subject, from this request or
    from the last day. A database error is logged and signalled instead of raised. Raise
    `BadArgument` if `subject` has no key yet.
    """
    key_of(subject)  # whether there is a record or not
    try:
        if record is None and number is not None:
            record = _orphan(signup.canonical(number), subject)
        if record is None or record.pk is None:
            return None
        record.subject = subject
        return record if signup.save_link(record) else _made_anew(record)
    except DatabaseError as error:
        report_failure(error, subject=subject, source=record.source if record else Source.API)
        return None


@sensitive_variables()
async def aattach(
    subject: models.Model,
    *,
    record: NumberInsightRecord | None = None,
    number: str | None = None,
) -> NumberInsightRecord | None:
    """Link a record from async code; see `attach`."""
    return await sync_to_async(attach)(subject, record=record, number=number)


@sensitive_variables()
def _made_anew(record: NumberInsightRecord) -> NumberInsightRecord | None:
    """Return a new record in place of one that was rolled back; None if its number is unknown."""
    if not record.number:
        return None
    again = NumberInsightRecord(**{name: getattr(record, name) for name in COPIED})
    return signup.screened_before(again, visitor.recall(again.number)) or signup.insert(again, None)


@sensitive_variables()
def _orphan(number: str, subject: models.Model) -> NumberInsightRecord | None:
    """Return the newest record of `number` that has no subject, or got this one just now."""
    with transaction.atomic(using=router.db_for_write(NumberInsightRecord)):
        for known in visitor.recall(number):
            if _may_get(known, subject) and signup.row_of(known).exists():
                return known
        orphans = NumberInsightRecord.objects.awaiting_subject()
        return orphans.filter(number=number).order_by("-pk").first()


def _may_get(record: NumberInsightRecord, subject: models.Model) -> bool:
    kind = ContentType.objects.get_for_model(subject).pk
    theirs = record.subject_type_id, record.subject_id
    return not record.subject_id or is_same(*theirs, kind, key_text(subject.pk))


def label(subject: models.Model, fraud: bool | None) -> int:
    """Label the records of a subject, or one record, as fraud or not; return their number.

    Labels change no verdict: ``number_insight_replay --quality`` measures the rules by them. The
    last label counts, and None removes it.
    """
    if isinstance(subject, NumberInsightRecord):
        records = NumberInsightRecord.objects.filter(pk=subject.pk)
    else:
        records = NumberInsightRecord.objects.for_subject(subject)
    return records.update(fraud=fraud, labelled_at=None if fraud is None else timezone.now())
