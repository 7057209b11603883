"""The screening of a signup: one record, inserted together with it.

`screen` does nothing else; all that may be slow or fail happens after the commit, in a worker.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any

from asgiref.sync import sync_to_async
from django.db import DatabaseError, models, router, transaction
from django.db.models import QuerySet
from django.views.decorators.debug import sensitive_variables

from number_insight import addresses, numbers, tracing
from number_insight.conf import app_settings
from number_insight.models import NumberInsightRecord
from number_insight.models.choices import RecordState, Source
from number_insight.models.subjects import is_same
from number_insight.screening import arguments, visitor
from number_insight.screening.bell import bell
from number_insight.screening.reporting import report_failure
from number_insight.transactions import after_commit, require_sync
from number_insight.verdicts import announcing

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
    are the person's own statements. A text that is no number is recorded as it is, and denied. In
    one request a number is screened once for one subject: a record that a form, a save or another
    call has made of it is completed and returned. A database error is logged and signalled
    (`screening_failed`) instead of raised; the returned record then has no ``pk``. `using` is the
    database of the surrounding transaction, if it is not that of the records, which are then
    written after its commit. Raise `BadArgument` for a blank number, an unknown `level`, `source`
    or `region`, and a `subject` that has no key yet.
    """
    arguments.check(number, level=level, source=source, region=region)
    number = canonical(number, region)
    record = _new(number, ip=ip, level=level, country=country, name=name, source=source)
    record.field = field
    if subject is not None:
        record.subject = subject
    if is_suspended():
        return record
    return screened_before(record, visitor.recall(record.number)) or insert(record, using)


@sensitive_variables()
async def ascreen(
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
    """Screen from async code; see `screen`."""
    return await sync_to_async(screen)(
        number,
        ip=ip,
        subject=subject,
        level=level,
        country=country,
        name=name,
        source=source,
        using=using,
        field=field,
        region=region,
    )


@sensitive_variables()
def _new(
    number: str,
    *,
    ip: str | None = None,
    level: str | None,
    country: str | None,
    name: str | None,
    source: str,
) -> NumberInsightRecord:
    return NumberInsightRecord(
        number=number,
        ip_address=known_ip(ip, source),
        level=level or app_settings.LEVEL,
        declared_country=_alpha2(country),
        declared_name=_storable(str(name or ""), 200),
        source=source,
    )


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


def insert(record: NumberInsightRecord, using: str | None) -> NumberInsightRecord:
    """Insert the record with the signup and ring on commit; report a database error.

    If the signup is saved in another database than the records, its transaction is waited for.
    """
    alias = router.db_for_write(NumberInsightRecord)
    if using not in (None, alias) and transaction.get_connection(using).in_atomic_block:
        after_commit(_write, record, alias, using=using)
    else:
        _write(record, alias)
    return record


def _write(record: NumberInsightRecord, alias: str) -> None:
    try:
        with tracing.span("signup", source=str(record.source)), transaction.atomic(using=alias):
            record.save(using=alias, force_insert=True)
        after_commit(partial(bell.ring, record.pk, may_wait=True), using=alias)
        visitor.remember(record)
    except DatabaseError as error:
        record.pk = None
        report_failure_of(record, error)


@sensitive_variables()
def screened_before(
    record: NumberInsightRecord, made: Iterable[NumberInsightRecord]
) -> NumberInsightRecord | None:
    """Return the first of the records `made` in this request that `record` would repeat, completed.

    None stands for none of them.
    """
    try:
        for known in made:
            if _is_one_screening(known, record) and _complete(known, record):
                return known
    except DatabaseError as error:
        report_failure_of(record, error)
    return None


def _is_one_screening(known: NumberInsightRecord, record: NumberInsightRecord) -> bool:
    """Return whether `known` has screened the number of `record` for the same subject."""
    if not known.subject_id or not record.subject_id:
        return True
    # Each save of a number has a record of its own, and so has each field.
    return not (known.field and record.field) and is_same(*_subject_of(known), *_subject_of(record))


def _subject_of(record: NumberInsightRecord) -> tuple[int | None, str]:
    return record.subject_type_id, record.subject_id


@sensitive_variables()
def _complete(known: NumberInsightRecord, record: NumberInsightRecord) -> bool:
    """Add the columns that only `record` has to `known`; return whether that was possible.

    It is not if `known` was rolled back, or is judged already at a lower level than `record` wants.
    """
    before = _subject_of(known), known.field, known.source
    if not known.subject_id:
        known.subject_type_id, known.subject_id = _subject_of(record)
    known.field = known.field or record.field
    known.source = known.source if record.source == Source.API else record.source
    is_kept = before == (_subject_of(known), known.field, known.source)
    if not (row_of(known).exists() if is_kept else save_link(known)):
        return False
    told = {
        "declared_country": known.declared_country or record.declared_country,
        "declared_name": known.declared_name or record.declared_name,
        "ip_address": record.ip_address or known.ip_address,
        "level": known.level if record.level == app_settings.LEVEL else record.level,
    }
    added = {column: value for column, value in told.items() if value != getattr(known, column)}
    return not added or _save_unless_judged(known, added) or "level" not in added


@sensitive_variables()
def _save_unless_judged(record: NumberInsightRecord, columns: Mapping[str, Any]) -> bool:
    """Save `columns` of a record that no worker has taken yet; return whether it was one."""
    with transaction.atomic(using=router.db_for_write(NumberInsightRecord)):
        if not row_of(record).filter(state=RecordState.QUEUED).update(**columns):
            return False
    for column, value in columns.items():
        setattr(record, column, value)
    return True


def report_failure_of(record: NumberInsightRecord, error: Exception) -> None:
    """Report that `record` could not be written."""
    subject = record.subject if record.subject_id else None
    report_failure(error, subject=subject, field=record.field, source=record.source)


def save_link(record: NumberInsightRecord) -> bool:
    """Save the subject of `record`; return False if the record was rolled back with its signup."""
    with transaction.atomic(using=router.db_for_write(NumberInsightRecord)):
        columns = ("subject_type", "subject_id", "field", "source")
        return announcing.link(record, row_of(record), columns)


def row_of(record: NumberInsightRecord) -> QuerySet[NumberInsightRecord]:
    """Return the row of `record`; a key alone may be another one's after a rollback."""
    return NumberInsightRecord.objects.filter(pk=record.pk, created_at=record.created_at)


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
def screen_typed(
    number: str, *, level: str | None = None, country: str | None = None, name: str | None = None
) -> NumberInsightRecord | None:
    """Screen a number that was typed into a form, once in a request.

    Raise nothing but `SynchronousOnlyOperation`, in an event loop.
    """
    if not is_suspended():
        require_sync()
    try:
        number = canonical(number)
        record = _new(number, level=level, country=country, name=name, source=Source.SIGNUP)
        if is_suspended():
            return record
        # What was saved before in this request has its record; this is typed by somebody else.
        typed = [known for known in visitor.recall(record.number) if not known.subject_id]
        return screened_before(record, typed) or insert(record, None)
    except Exception as error:  # our own bug must not cost a signup
        report_failure(error, source=Source.SIGNUP)
        return None
