"""Transactions: locks in one order, bulk updates, work after a commit, and retries."""

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

from number_insight.exceptions import place

M = TypeVar("M", bound=models.Model)
T = TypeVar("T")

logger = logging.getLogger("number_insight.transactions")

LOST_CONNECTIONS = (OperationalError, InterfaceError)
"""The exceptions that may mean a lost connection, after which a new one may work."""
RETRY_PAUSES = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0, 14.0)
"""The back-off between retries after a lost connection, in seconds: half a minute in all."""


def lock(rows: QuerySet[M], *, order: str = "pk") -> list[M]:
    """Lock `rows` until the caller's transaction ends, and return them.

    Every caller locks in the same `order`, so that no two transactions deadlock.
    """
    if _has_one_writer(rows.model):
        return list(rows.order_by(order))
    return list(rows.order_by(order).select_for_update(no_key=True))


def lock_available(rows: QuerySet[M], limit: int, *, order: str) -> list[M]:
    """Lock and return up to `limit` rows, skipping any that another transaction holds.

    Return none where the database cannot skip locked rows.
    """
    if _has_one_writer(rows.model):
        return list(rows.order_by(order)[:limit])
    if not connections[router.db_for_write(rows.model)].features.has_select_for_update_skip_locked:
        return []
    return list(rows.order_by(order).select_for_update(no_key=True, skip_locked=True)[:limit])


def lock_or_create(rows: QuerySet[M], created: Sequence[M], *, order: str = "pk") -> list[M]:
    """Lock and return `rows`; insert `created` first unless there are as many already.

    If another transaction inserts one at the same time, both get the same row, one after the other.
    """
    locked = lock(rows, order=order)
    if len(locked) < len(created):
        rows.model._base_manager.bulk_create(created, ignore_conflicts=True)
        locked = lock(rows, order=order)
    return locked


def _has_one_writer(model: type[models.Model]) -> bool:
    """Return whether the database has one lock for all rows, and take it if so."""
    if connections[router.db_for_write(model)].features.has_select_for_update:
        return False
    # A write takes the lock even if it matches no row.
    name = model._meta.pk.name
    model._base_manager.filter(pk__lt=0).update(**{name: F(name)})
    return True


def bulk_update(rows: Sequence[models.Model], fields: Sequence[str]) -> None:
    """Write `fields` of `rows`, which have to be locked: a deleted row would be inserted again."""
    if not rows:
        return
    model = type(rows[0])
    features = connections[router.db_for_write(model)].features
    if len(rows) == 1 or not features.supports_update_conflicts_with_target:
        for row in rows:
            row.save(update_fields=fields)
        return
    key = model._meta.pk.name
    # An upsert costs a tenth of Django's own `bulk_update`. It sets `auto_now_add` fields on the
    # instances, though it writes only `fields`.
    created = [getattr(row, "created_at", None) for row in rows]
    model._base_manager.bulk_create(
        rows, update_conflicts=True, unique_fields=[key], update_fields=list(fields)
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


def log_unsaved(entry: str) -> None:
    """Log the details by which a person can find a payment that could not be saved."""
    logger.critical("What may have been paid for could not be saved: %s.", entry)
