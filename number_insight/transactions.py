"""Transactions: rows locked in one order, written in one statement, and saved for certain."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db import (
    InterfaceError,
    OperationalError,
    connection,
    connections,
    models,
    router,
    transaction,
)
from django.db.models import F, QuerySet
from django.utils.asyncio import async_unsafe

from number_insight.exceptions import place

M = TypeVar("M", bound=models.Model)
T = TypeVar("T")

logger = logging.getLogger("number_insight.transactions")

LOST_CONNECTIONS = (OperationalError, InterfaceError)
"""What is raised where the connection to the database is lost, and a new one may do."""
RETRY_PAUSES = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 14.0)
"""Seconds between the retries of a lost connection: half a minute in all."""


@async_unsafe(
    "Numbers are screened in the database, for which an event loop must not wait: in an async view "
    "write `await sync_to_async(form.is_valid)()`, or `await ascreen(number)`."
)
def require_sync() -> None:
    """Raise `SynchronousOnlyOperation`, with what to do, inside a running event loop."""


def lock(rows: QuerySet[M], *, order: str = "pk") -> list[M]:
    """Lock and return `rows`; nobody else writes them until the caller's transaction ends.

    Every caller locks in the same `order`, so that no two transactions deadlock.
    """
    if _has_one_writer(rows.model):
        return list(rows.order_by(order))
    return list(rows.order_by(order).select_for_update(no_key=True))


def lock_available(rows: QuerySet[M], limit: int, *, order: str) -> list[M]:
    """Lock and return up to `limit` rows, skipping those that other transactions hold.

    Return none where the database cannot skip locked rows.
    """
    if _has_one_writer(rows.model):
        return list(rows.order_by(order)[:limit])
    if not connections[router.db_for_write(rows.model)].features.has_select_for_update_skip_locked:
        return []
    return list(rows.order_by(order).select_for_update(no_key=True, skip_locked=True)[:limit])


def lock_or_create(rows: QuerySet[M], created: Sequence[M], *, order: str = "pk") -> list[M]:
    """Lock and return `rows`, which are as many as `created`; insert those that are missing.

    If another transaction inserts one at the same time, both get the same row, one after the other.
    """
    found = lock(rows, order=order)
    if len(found) < len(created):
        rows.model._base_manager.bulk_create(created, ignore_conflicts=True)
        found = lock(rows, order=order)
    return found


def _has_one_writer(model: type[models.Model]) -> bool:
    """Whether the database locks as a whole and not by rows; then take its lock."""
    if connections[router.db_for_write(model)].features.has_select_for_update:
        return False
    # Even a write that finds no row waits for the lock.
    name = model._meta.pk.name
    model._base_manager.filter(pk__lt=0).update(**{name: F(name)})
    return True


def bulk_update(rows: Sequence[models.Model], fields: Sequence[str]) -> None:
    """Write `fields` of `rows`, which have to be locked: a deleted row must not come back."""
    model = type(rows[0]) if rows else None
    if model is None:
        return
    features = connections[router.db_for_write(model)].features
    if len(rows) == 1 or not features.supports_update_conflicts_with_target:
        for row in rows:
            row.save(update_fields=fields)
        return
    key = model._meta.pk.name
    # An insert that becomes an update costs a tenth of Django's own `bulk_update`. It sets
    # `auto_now_add` on the instances, though it writes nothing but `fields`.
    made = [getattr(row, "created_at", None) for row in rows]
    model._base_manager.bulk_create(
        rows, update_conflicts=True, unique_fields=[key], update_fields=list(fields)
    )
    for row, at in zip(rows, made, strict=True):
        if at is not None:
            row.created_at = at  # type: ignore[attr-defined]


def after_commit(work: Callable[..., object], *args: Any, using: str | None = None) -> None:
    """Call `work` with `args` once the transaction of `using` is committed; log what it raises.

    ``on_commit(robust=True)`` alone is not enough: it logs the name of what has failed, and fails
    itself where that has none, as a `functools.partial` has not. It also logs what a database
    says, which quotes the row with the number.
    """

    def guarded() -> None:
        try:
            work(*args)
        except Exception as error:  # the row is committed: nobody could do anything about it
            logger.error("What was to follow a commit has failed: %s.", place(error))

    transaction.on_commit(guarded, using=using)


def retry_lost_connection(work: Callable[[], T]) -> T:
    """Return what `work` returns, retried on fresh connections for half a minute.

    Inside a transaction of the caller it is called once: a new connection would not be in it.
    """
    for pause in RETRY_PAUSES if not connection.in_atomic_block else ():
        try:
            return work()
        except LOST_CONNECTIONS as error:
            logger.warning("Saving failed and is tried again: %s.", type(error).__name__)
            connection.close()
            time.sleep(pause)
    return work()


def save_or_log(work: Callable[[], T], entry: str) -> T:
    """Save what was paid for, with retries; log `entry` and raise if it cannot be saved."""
    try:
        return retry_lost_connection(work)
    except Exception:
        log_unsaved(entry)
        raise


def log_unsaved(entry: str) -> None:
    """Log what a person needs to find a payment that is not in the books."""
    logger.critical("What may have been paid for could not be saved: %s.", entry)
