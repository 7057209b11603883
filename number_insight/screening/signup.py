"""The screening of a signup: one record, inserted together with it.

`screen` does nothing else; all that may be slow or fail happens after the commit, in a worker.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial

from asgiref.sync import sync_to_async
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, models, router, transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from number_insight import addresses, numbers, signals
from number_insight.conf import app_settings
from number_insight.models import NumberInsightRecord
from number_insight.models.choices import RecordState, Source
from number_insight.models.subjects import key_of
from number_insight.screening import arguments, tasks, visitor
from number_insight.transactions import after_commit

logger = logging.getLogger("number_insight.screening.signup")

_suspended: ContextVar[bool] = ContextVar("number_insight_suspended", default=False)


@sensitive_variables()
def screen(
    number: str,
    *,
    ip: str | None = None,
    subject: models.Model | None = None,
    level: str | None = None,
    country: str | None = None,
    name: str | None = None,
    source: str = Source.API,
    using: str | None = None,
    field: str = "",
    region: str | None = None,
) -> NumberInsightRecord:
    """Screen `number` and return its record, which is judged after the commit.

    `region` (alpha-2) is that of a number without a country code; it defaults to
    ``PHONENUMBER_DEFAULT_REGION``.
    `ip` defaults to the visitor's, if the middleware is installed. `country` (alpha-2) and `name`
    are the person's own statements. A text that is no number is recorded as it is, and denied. A
    database error is logged and signalled (`screening_failed`) instead of raised; the returned
    record then has no ``pk``. Raise `BadArgument` for a blank number, an unknown `level`,
    `source` or `region`, or a `subject` without a key.
    """
    arguments.check_number(number)
    arguments.check_level(level)
    arguments.check_source(source)
    arguments.check_region(region)
    record = NumberInsightRecord(
        number=canonical(number, region),
        ip_address=known_ip(ip, source),
        level=level or app_settings.LEVEL,
        declared_country=_alpha2(country),
        declared_name=_storable(str(name or ""), 200),
        source=source,
        field=field,
    )
    if subject is not None:
        _link(record, subject)
    if _suspended.get():
        return record
    _insert(record, using)
    return record


async def ascreen(number: str, **options: object) -> NumberInsightRecord:
    """Screen from async code; see `screen`."""
    return await sync_to_async(screen)(number, **options)  # type: ignore[arg-type]


def canonical(number: object, region: str | None = None) -> str:
    """Return `number` in E.164, or as storable text that the rules will deny."""
    return numbers.canonical(number, region or app_settings.default_region)


def _storable(text: str, length: int) -> str:
    """Return `text` cut to `length`, without NUL and lone surrogates, which no column can hold."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:length]


def known_ip(ip: str | None, source: str) -> str | None:
    """Return the public IP to store: the given one, or else the visitor's."""
    if ip is not None:
        return addresses.public_ip(ip)
    current = visitor.current()
    if current is None or source in (Source.ADMIN, Source.BACKFILL):
        return None
    return current.ip


def _alpha2(country: object) -> str:
    return numbers.known_country(str(country)) or ""


def _link(record: NumberInsightRecord, subject: models.Model) -> None:
    record.subject_id = key_of(subject)
    record.subject_type = ContentType.objects.get_for_model(subject)


def _insert(record: NumberInsightRecord, using: str | None) -> None:
    """Insert the record with the signup and ring on commit; report a database error."""
    alias = using or router.db_for_write(NumberInsightRecord)
    if not router.allow_migrate_model(alias, NumberInsightRecord):
        alias = router.db_for_write(NumberInsightRecord)
    try:
        with transaction.atomic(using=alias):
            record.save(using=alias, force_insert=True)
        ring = partial(tasks.bell.ring, record.pk, may_wait=True)
        after_commit(ring, using=using or alias)
    except DatabaseError as error:
        record.pk = None
        report_failure(error, record=record)


def report_failure(error: Exception, *, record: NumberInsightRecord) -> None:
    """Log and signal a signup without its screening."""
    logger.error(
        "A signup could not be recorded for screening (%s); number_insight_backfill will find it.",
        type(error).__name__,
    )
    signals.screening_failed.send_robust(
        NumberInsightRecord,
        subject=record.subject if record.subject_id else None,
        field=record.field,
        error=error,
        source=record.source,
    )


@sensitive_variables()
def attach(
    subject: models.Model,
    *,
    record: NumberInsightRecord | None = None,
    number: str | None = None,
) -> NumberInsightRecord | None:
    """Link a record that is older than its subject; return the record, or None if there is none.

    Without `record`, it is the newest record of `number` without a subject, from this request or
    from the last day. A database error is logged and signalled instead of raised.
    """
    key_of(subject)  # a mistake of the calling code raises, whether there is a record or not
    if record is None and number is not None:
        record = _orphan(canonical(number))
    if record is None or record.pk is None:
        return None
    _link(record, subject)
    try:
        return record if _save_link(record) else None
    except DatabaseError as error:
        report_failure(error, record=record)
        return None


def _save_link(record: NumberInsightRecord) -> bool:
    """Save the subject of `record`; return False if the record was rolled back with its signup."""
    with transaction.atomic(using=router.db_for_write(NumberInsightRecord)):
        rows = NumberInsightRecord.objects.filter(pk=record.pk)
        return bool(
            rows.update(
                subject_type=record.subject_type, subject_id=record.subject_id, field=record.field
            )
        )


def _orphan(number: str) -> NumberInsightRecord | None:
    current = visitor.current()
    if current is not None and number in current.records:
        record: NumberInsightRecord = current.records[number]
        return record
    orphans = NumberInsightRecord.objects.awaiting_subject()
    return orphans.filter(number=number).order_by("-pk").first()


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


def is_suspended() -> bool:
    """Return whether the caller is inside `suspended`."""
    return _suspended.get()


@contextmanager
def suspended() -> Iterator[None]:
    """Suspend screening inside the block: saves insert no record and buy nothing."""
    token = _suspended.set(True)
    try:
        yield
    finally:
        _suspended.reset(token)


@sensitive_variables()
def screen_saved(
    subject: models.Model,
    number: str,
    *,
    field: str,
    created: bool,
    using: str,
    region: str | None = None,
    country_field: str | None = None,
    name_field: str | None = None,
) -> None:
    """Screen the number with which `subject` was just saved. Never raise.

    `country_field` and `name_field` name the attributes of `subject` with the person's own
    statements.
    """
    current = visitor.current()
    try:
        country, name = _declared(subject, country_field), _declared(subject, name_field)
        typed = current.records.pop(number, None) if current else None
        if typed is not None:
            typed.field = field
            if attach(subject, record=typed) is not None:
                _complete(typed, country, name)
                return
        source = Source.SIGNUP if created else Source.CHANGE
        if current is not None and current.is_staff_at_work:
            source = Source.ADMIN
        screen(
            number,
            subject=subject,
            country=country,
            name=name,
            source=source,
            using=using,
            field=field,
            region=region,
        )
    except Exception as error:  # our own bug must not cost a signup
        record = NumberInsightRecord(source=Source.SIGNUP, field=field)
        report_failure(error, record=record)


@sensitive_variables()
def _declared(subject: models.Model, attribute: str | None) -> str:
    """Return an attribute of `subject` as text; log its exception, and return an empty text."""
    if attribute is None:
        return ""
    try:
        value = getattr(subject, attribute)
        return "" if value is None else str(value)
    except Exception as error:  # a property of the project, for example
        logger.error("%s.%s raised %s.", type(subject).__name__, attribute, type(error).__name__)
        return ""


def _complete(record: NumberInsightRecord, country: str, name: str) -> None:
    """Add the model's country and name to a record of its form, while that is queued."""
    declared = {"declared_country": _alpha2(country), "declared_name": _storable(name, 200)}
    missing = {
        column: text for column, text in declared.items() if text and not getattr(record, column)
    }
    if missing:
        with transaction.atomic(using=router.db_for_write(NumberInsightRecord)):
            queued = NumberInsightRecord.objects.filter(pk=record.pk, state=RecordState.QUEUED)
            queued.update(**missing)


@sensitive_variables()
def screen_typed(
    number: str, *, level: str | None = None, country: str | None = None, name: str | None = None
) -> NumberInsightRecord | None:
    """Screen a number that was typed into a form, once in a request. Never raise."""
    current = visitor.current()
    known = current.records.get(number) if current else None
    if known is not None:
        return known  # type: ignore[no-any-return]
    try:
        record = screen(number, level=level, country=country, name=name, source=Source.SIGNUP)
    except Exception as error:  # our own bug must not cost a signup
        report_failure(error, record=NumberInsightRecord(source=Source.SIGNUP))
        return None
    if current is not None and record.pk is not None:
        current.records[number] = record
    return record
