"""Saves: a number that is new or changed is screened when its object is saved.

The receivers serve all models, so that proxies and child models are covered as well.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from django.db import DatabaseError, models, router, transaction
from django.views.decorators.debug import sensitive_variables

from number_insight import numbers
from number_insight.modelfields import ScreenedPhoneNumberField, label, loaded_numbers, stored
from number_insight.models import NumberInsightRecord
from number_insight.models.choices import Source
from number_insight.screening import signup, visitor
from number_insight.screening.reporting import report_failure

logger = logging.getLogger("number_insight.saves")

BEFORE = "_number_insight_before"
"""The attribute of an object, during a save, with the numbers that it had before."""


def screened_fields(sender: type[models.Model]) -> list[ScreenedPhoneNumberField]:
    """Return the fields of `sender` whose numbers are screened: none of a model that is a copy."""
    if sender.__module__ == "__fake__":  # a historical model of a migration
        return []
    fields = sender._meta.concrete_fields
    return [
        field
        for field in fields
        if isinstance(field, ScreenedPhoneNumberField) and not field.is_copy
    ]


@sensitive_variables()
def remember_numbers(sender: type[models.Model], instance: models.Model, **kwargs: Any) -> None:
    """Remember, before a save, the numbers that it may replace; see `_numbers_before`."""
    instance.__dict__.pop(BEFORE, None)  # of a save that has failed
    if kwargs.get("raw"):
        return
    using, update_fields = kwargs.get("using"), kwargs.get("update_fields")
    try:
        before = _numbers_before(sender, instance, using, update_fields)
        instance.__dict__[BEFORE] = before
    except Exception as error:  # our own bug, or the project's manager, must not cost a signup
        report_failure(error, subject=instance, source=Source.CHANGE)


@sensitive_variables()
def _numbers_before(
    sender: type[models.Model],
    instance: models.Model,
    using: str | None,
    update_fields: frozenset[str] | None,
) -> dict[str, str]:
    """Return the present numbers of the fields that a save writes, by field name.

    An empty text stands for no number. Whether one changes is only known after the save, since
    receivers of the project may set it still.
    """
    fields = [
        field
        for field in screened_fields(sender)
        if field.attname in instance.__dict__
        and (update_fields is None or field.name in update_fields)
    ]
    if _will_be_inserted(instance):
        return {field.name: "" for field in fields}
    return {field.name: _number_before(instance, field, using) for field in fields}


def _will_be_inserted(instance: models.Model) -> bool:
    """Return whether Django inserts `instance` without trying an update first."""
    has_defaults = all(
        key.has_default() or key.has_db_default() for key in instance._meta.pk_fields
    )
    key = instance.pk if isinstance(instance.pk, tuple) else (instance.pk,)
    return instance._state.adding and (None in key or has_defaults)


@sensitive_variables()
def _number_before(
    instance: models.Model, field: ScreenedPhoneNumberField, using: str | None
) -> str:
    number = stored(instance.__dict__[field.name])
    if loaded_numbers(instance).get(field.name) == number and not instance._state.adding:
        return number
    # It differs from the loaded one, but the object may have been refreshed since: query, so that
    # a failure does not break the project's transaction.
    with transaction.atomic(using=using):
        rows = type(instance)._base_manager.using(using).filter(pk=instance.pk).order_by()
        return stored(rows.values_list(field.name, flat=True).first())


@sensitive_variables()
def screen_changes(
    sender: type[models.Model], instance: models.Model, created: bool, **kwargs: Any
) -> None:
    """Screen the numbers that the save has created or changed."""
    before: dict[str, str] = instance.__dict__.pop(BEFORE, {})
    if kwargs.get("raw"):
        return
    try:
        fields = [f for f in screened_fields(sender) if created or f.name in before]
        numbers_now = {f: stored(instance.__dict__.get(f.name)) for f in fields}
        # One that is created may have been created before, in a transaction that was rolled back.
        changed = {
            field: number
            for field, number in numbers_now.items()
            if not numbers.is_blank(number) and (created or number != before[field.name])
        }
        is_first = created or _is_first(instance, before, changed.values())
        for field, number in changed.items():
            _screen_change(instance, field, number, is_first=is_first, using=kwargs.get("using"))
    except Exception as error:  # our own bug must not cost a signup
        report_failure(error, subject=instance, source=Source.SIGNUP if created else Source.CHANGE)


@sensitive_variables()
def _is_first(
    instance: models.Model, before: Mapping[str, str], numbers_now: Collection[str]
) -> bool:
    """Return whether `instance` gets its first number now."""
    if not numbers_now or any(before.values()):
        return False
    return not _had_other_numbers(instance, numbers_now)


@sensitive_variables()
def _screen_change(
    instance: models.Model,
    field: ScreenedPhoneNumberField,
    number: str,
    *,
    is_first: bool,
    using: str | None,
) -> None:
    # Until the commit only the database knows the stored number.
    loaded = loaded_numbers(instance)
    loaded.pop(field.name, None)
    transaction.on_commit(partial(loaded.__setitem__, field.name, number), using=using)
    try:
        signup.screen(
            number,
            subject=instance,
            country=_declared(instance, field.country_field),
            name=_declared(instance, field.name_field),
            source=_source(is_first=is_first),
            using=using,
            field=label(field),
            region=numbers.known_region(field.region),
        )
    except Exception as error:  # our own bug must not cost a signup
        source = Source.SIGNUP if is_first else Source.CHANGE
        report_failure(error, subject=instance, field=label(field), source=source)


def _source(*, is_first: bool) -> str:
    current = visitor.current()
    if current is not None and current.is_staff_at_work:
        return Source.ADMIN
    return Source.SIGNUP if is_first else Source.CHANGE


@sensitive_variables()
def _had_other_numbers(subject: models.Model, numbers_now: Collection[str]) -> bool:
    """Return whether `subject` has records of other numbers than `numbers_now`, or may have."""
    alias = router.db_for_write(NumberInsightRecord)
    try:
        with transaction.atomic(using=alias):  # a failed query must not break the signup's
            records = NumberInsightRecord.objects.using(alias).for_subject(subject)
            return records.exclude(number__in=numbers_now).exists()
    except DatabaseError:  # it is reported when the record cannot be written either
        return True


@sensitive_variables()
def _declared(subject: models.Model, attribute: str | None) -> str:
    """Return the value of `attribute` as text; a fault of the subject costs no screening."""
    if attribute is None:
        return ""
    try:
        value = getattr(subject, attribute)
        return "" if value is None else str(value)
    except Exception as error:  # the project's own property, say
        logger.error("%s.%s raised %s.", type(subject).__name__, attribute, type(error).__name__)
        return ""
