"""Transactions: locks in one order, bulk updates, work after a commit, and retries."""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Callable, Sequence
from functools import lru_cache, wraps
from typing import Any, ParamSpec, TypeVar

from django.db import (
    InterfaceError,
    OperationalError,
    connection,
    connections,
    models,
    router,
    transaction,
)
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F, QuerySet
from django.utils.asyncio import async_unsafe

from number_insight.exceptions import place

M = TypeVar("M", bound=models.Model)
T = TypeVar("T")
P = ParamSpec("P")

logger = logging.getLogger("number_insight.transactions")

LOST_CONNECTIONS = (OperationalError, InterfaceError)
"""The exceptions that may mean a lost connection, after which a new one may work."""
RETRY_PAUSES = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 14.0)
"""The back-off between retries after a lost connection, in seconds: half a minute in all."""
DEADLOCK_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)
"""The longest pauses between retries after a deadlock, in seconds; each is drawn at random."""
DEADLOCKS = (1213, "40P01")
"""The codes of a deadlock: of MariaDB and MySQL, and of PostgreSQL."""


@async_unsafe(
    "Numbers are screened in the database, for which an event loop must not wait: in an async view "
    "write `await sync_to_async(form.is_valid)()`, or `await ascreen(number)`."
)
def require_sync() -> None:
    """Raise `SynchronousOnlyOperation`, with what to do, inside a running event loop."""


def lock(rows: QuerySet[M], *, order: str = "pk") -> list[M]:
    """Lock `rows` until the caller's transaction ends, and return them.

    Every caller locks in the same `order`, so that no two transactions deadlock.
    """
    if _has_one_writer(rows.model):
        return list(rows.order_by(order))
    if connections[router.db_for_write(rows.model)].vendor == "mysql":
        return _lock_by_key(rows, order)
    return list(_for_update(rows.order_by(order)))


def _lock_by_key(rows: QuerySet[M], order: str) -> list[M]:
    """Lock `rows` through the primary key alone, and return the ones that still match.

    InnoDB locks a row in each index by which it is found: found by another index than the one by
    which its holder changes it, it would deadlock.
    """
    keys = list(rows.order_by().values_list("pk", flat=True))
    found = rows.model._base_manager.filter(pk__in=keys).order_by("pk")
    locked = list(_for_update(found).values_list("pk", flat=True)) if keys else []
    return list(rows.filter(pk__in=locked).order_by(order)) if locked else []


def lock_available(rows: QuerySet[M], limit: int, *, order: str) -> list[M]:
    """Lock and return up to `limit` rows, skipping any that another transaction holds.

    Return none where the database cannot skip locked rows.
    """
    if _has_one_writer(rows.model):
        return list(rows.order_by(order)[:limit])
    if not connections[router.db_for_write(rows.model)].features.has_select_for_update_skip_locked:
        return []
    return list(_for_update(rows.order_by(order), skip_locked=True)[:limit])


def _for_update(rows: QuerySet[M], *, skip_locked: bool = False) -> QuerySet[M]:
    """Return `rows` locked, if the database can so that others may refer to them meanwhile."""
    features = connections[router.db_for_write(rows.model)].features
    no_key = features.has_select_for_no_key_update
    return rows.select_for_update(no_key=no_key, skip_locked=skip_locked)


def lock_or_create(
    rows: QuerySet[M], created: Sequence[M], *, key: str, order: str = "pk"
) -> list[M]:
    """Lock and return `rows`; insert `created` first unless there are as many already.

    If another transaction inserts one at the same time, both get the same row, one after the other.
    """
    locked = lock(rows, order=order)
    if len(locked) < len(created):
        insert_missing(created, key=key)
        locked = lock(rows, order=order)
    return locked


def insert_missing(rows: Sequence[models.Model], *, key: str) -> None:
    """Insert those of `rows` whose unique key, of which `key` is a field, is not there yet."""
    model = type(rows[0])
    features = connections[router.db_for_write(model)].features
    if features.supports_update_conflicts and not features.supports_update_conflicts_with_target:
        # MariaDB and MySQL lock the rows that an ignored insert meets, but for sharing: two
        # transactions that both want to write them then would deadlock. An update that changes
        # nothing locks them for writing.
        model._base_manager.bulk_create(rows, update_conflicts=True, update_fields=[key])
    else:
        model._base_manager.bulk_create(rows, ignore_conflicts=True)


def _has_one_writer(model: type[models.Model]) -> bool:
    """Return whether the database has one lock for all rows, and take it if so."""
    if connections[router.db_for_write(model)].features.has_select_for_update:
        return False
    # A write takes the lock even if it matches no row.
    name = model._meta.pk.name
    model._base_manager.filter(pk__lt=0).update(**{name: F(name)})
    return True


def bulk_update(rows: Sequence[models.Model], fields: Sequence[str]) -> None:
    """Write `fields` of `rows`, which have to be locked: a deleted row might be inserted again."""
    if not rows:
        return
    connection = connections[router.db_for_write(type(rows[0]))]
    if connection.vendor == "postgresql":
        _update_from_table(rows, tuple(fields), connection)
    elif len(rows) == 1 or not connection.features.supports_update_conflicts:
        for row in rows:
            row.save(update_fields=fields)
    else:
        _upsert(rows, fields, connection)


def _update_from_table(
    rows: Sequence[models.Model], fields: tuple[str, ...], connection: BaseDatabaseWrapper
) -> None:
    """Write `fields` of `rows` from one JSON document, which costs the driver one parameter."""
    columns = _columns(type(rows[0]), fields)
    document = [
        {field.column: field.get_prep_value(field.pre_save(row, False)) for field in columns}
        for row in rows
    ]
    statement = _update_statement(type(rows[0]), fields)
    with connection.cursor() as cursor:
        cursor.execute(statement, (as_json(document), len(rows)))


def _columns(model: type[models.Model], fields: tuple[str, ...]) -> list[Any]:
    """Return the primary key of `model` and its `fields`."""
    return [model._meta.pk, *map(model._meta.get_field, fields)]


@lru_cache
def _update_statement(model: type[models.Model], fields: tuple[str, ...]) -> str:
    connection, meta = connections[router.db_for_write(model)], model._meta
    quote = connection.ops.quote_name
    columns = {quote(field.column): field for field in _columns(model, fields)}
    # Without its length: a cast would cut off what is too long, where an assignment refuses it.
    types = ", ".join(
        f"{name} {(field.cast_db_type(connection) or '').partition('(')[0]}"
        for name, field in columns.items()
    )
    key, *written = columns
    assigned = ", ".join(f"{name} = given.{name}" for name in written)
    # The limit tells the planner how many there are.
    rows = f"* FROM jsonb_to_recordset(%s::jsonb) AS given ({types}) LIMIT %s"
    return (
        f"UPDATE {quote(meta.db_table)} AS stored SET {assigned} "  # noqa: S608  no value is in it
        f"FROM (SELECT {rows}) AS given WHERE stored.{key} = given.{key}"
    )


def as_json(document: object) -> str:
    """Return `document` for `jsonb_to_recordset`, which reads moments and amounts as text."""
    return json.dumps(document, default=str)


def _upsert(
    rows: Sequence[models.Model], fields: Sequence[str], connection: BaseDatabaseWrapper
) -> None:
    """Write `fields` of `rows` by an upsert, a tenth of the cost of Django's own `bulk_update`."""
    model, key = type(rows[0]), type(rows[0])._meta.pk.name
    # It sets `auto_now_add` fields on the instances, though it writes only `fields`.
    created = [getattr(row, "created_at", None) for row in rows]
    takes_target = connection.features.supports_update_conflicts_with_target
    model._base_manager.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=[key] if takes_target else None,
        update_fields=list(fields),
    )
    for row, created_at in zip(rows, created, strict=True):
        if created_at is not None:
            row.created_at = created_at  # type: ignore[attr-defined]


def after_commit(work: Callable[..., object], *args: Any, using: str | None = None) -> None:
    """Call `work` with `args` after the commit of `using`; log its exceptions.

    ``on_commit(robust=True)`` alone is not enough: it logs the qualified name of the callable, and
    fails if that has none, as a `functools.partial`. It also logs the message of a database error,
    which quotes the row with the number.
    """

    def guarded() -> None:
        try:
            work(*args)
        except Exception as error:  # the row is committed, so the caller could not react
            logger.error("What was to follow a commit has failed: %s.", place(error))

    transaction.on_commit(guarded, using=using)


def retry_lost_connection(work: Callable[[], T]) -> T:
    """Return the result of `work`, retried on fresh connections for half a minute.

    Inside a transaction of the caller it is not retried, since a new connection would be outside.
    """
    for pause in RETRY_PAUSES if not connection.in_atomic_block else ():
        try:
            return work()
        except LOST_CONNECTIONS as error:
            logger.warning("Saving failed and is tried again: %s.", type(error).__name__)
            connection.close()
            time.sleep(pause)
    return work()


def retry_deadlock(work: Callable[P, T]) -> Callable[P, T]:
    """Return the transaction `work` with retries if the database rolls it back for a deadlock.

    InnoDB locks all rows that it scans, so that on MariaDB and MySQL no order of locks rules
    deadlocks out. Inside a transaction of the caller it is not retried, since all of that is rolled
    back.
    """

    @wraps(work)
    def retried(*args: P.args, **kwargs: P.kwargs) -> T:
        for longest in DEADLOCK_PAUSES if not connection.in_atomic_block else ():
            try:
                return work(*args, **kwargs)
            except OperationalError as error:
                if not _is_deadlock(error):
                    raise
                time.sleep(random.uniform(0, longest))  # noqa: S311  no secret
        return work(*args, **kwargs)

    return retried


def _is_deadlock(error: OperationalError) -> bool:
    codes = {getattr(error.__cause__, "sqlstate", None), *error.args[:1]}
    return not codes.isdisjoint(DEADLOCKS)


def log_unsaved(entry: str) -> None:
    """Log the details by which a person can find a payment that could not be saved."""
    logger.critical("What may have been paid for could not be saved: %s.", entry)
