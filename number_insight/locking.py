"""Rows that belong to one transaction: taken in one order, and written in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from django.db import connections, models, router
from django.db.models import F, QuerySet

M = TypeVar("M", bound=models.Model)


def locked(rows: QuerySet[M], *, order: str = "pk") -> list[M]:
    """Return `rows`, which nobody else writes until the caller's transaction ends.

    All who lock take them in the same `order`, so that no two wait for each other in a ring.
    """
    if _has_one_writer(rows.model):
        return list(rows.order_by(order))
    return list(rows.order_by(order).select_for_update(no_key=True))


def unlocked(rows: QuerySet[M], most: int, *, order: str) -> list[M]:
    """Return the first of `rows` that nobody else has locked, `most` of them, locked as above.

    None, where the database cannot leave out what is locked.
    """
    if _has_one_writer(rows.model):
        return list(rows.order_by(order)[:most])
    if not connections[router.db_for_write(rows.model)].features.has_select_for_update_skip_locked:
        return []
    return list(rows.order_by(order).select_for_update(no_key=True, skip_locked=True)[:most])


def _has_one_writer(model: type[models.Model]) -> bool:
    """Whether the database knows no locks of rows; then its one lock is taken."""
    if connections[router.db_for_write(model)].features.has_select_for_update:
        return False
    # Even a write that finds no row waits its turn for it.
    name = model._meta.pk.name
    model._base_manager.filter(pk__lt=0).update(**{name: F(name)})
    return True


def write(rows: Sequence[models.Model], fields: Sequence[str]) -> None:
    """Write `fields` of `rows`, which have to be locked: what is deleted must not come back."""
    model = type(rows[0]) if rows else None
    if model is None:
        return
    features = connections[router.db_for_write(model)].features
    if len(rows) == 1 or not features.supports_update_conflicts_with_target:
        for row in rows:
            row.save(update_fields=fields)
        return
    key = model._meta.pk.name
    # An insert that becomes an update costs a tenth of Django's `bulk_update`. It sets what is
    # set when a row is made, but only here: `fields` are all that is written.
    made = [getattr(row, "created_at", None) for row in rows]
    model._base_manager.bulk_create(
        rows, update_conflicts=True, unique_fields=[key], update_fields=list(fields)
    )
    for row, at in zip(rows, made, strict=True):
        if at is not None:
            row.created_at = at  # type: ignore[attr-defined]
