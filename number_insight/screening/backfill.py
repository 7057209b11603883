"""Backfill: the screening of rows that have no record, or one that the budget had no room for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist
from django.db import models, router, transaction

from number_insight import loading, numbers
from number_insight.conf import app_settings
from number_insight.exceptions import UnknownPath, did_you_mean
from number_insight.lookups import budget
from number_insight.models import NumberInsightRecord
from number_insight.models.choices import Basis, Decision, RecordState, Source
from number_insight.models.fingerprints import fingerprints
from number_insight.models.subjects import key_text, kinds_of
from number_insight.screening import signup
from number_insight.screening.bell import bell
from number_insight.transactions import after_commit, retry_deadlock

BATCH = 1000
MOST_RUNG = 3
"""The number of records of a batch for which the bell rings; the sweep finds the others."""
NUMBERLESS = (models.EmailField, models.URLField, models.FilePathField)
"""The fields of text that holds no numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A row whose number has no record, or the record `resumed`, which ended for want of money."""

    subject_id: str
    number: str = field(repr=False)
    resumed: int | None = None

    @property
    def is_number(self) -> bool:
        """Whether the row holds a number as it stands; otherwise it costs nothing."""
        return numbers.is_possible(self.number)


class Backfill:
    """The rows of one field without a record of their present number.

    `path` is ``"app.Model.field"``. Raise `UnknownPath`, with a suggestion, if the field does not
    exist or holds no numbers.
    """

    def __init__(self, path: str) -> None:
        self.field = field_of(path)
        self.model = self.field.model
        self.label = f"{self.model._meta.label}.{self.field.name}"
        self._kinds = kinds_of(self.model)
        self._own_kind = ContentType.objects.get_for_model(self.model)
        self.has_numbers = False
        """Whether some value among the batches so far looks like a phone number."""

    def batches(self, size: int = BATCH) -> Iterator[tuple[int, list[Missing]]]:
        """Yield the size of each batch and its rows without a record, in order of keys."""
        rows = self._rows().order_by("pk").values_list("pk", self.field.attname)
        batch = list(rows[:size])
        while batch:
            yield len(batch), self._missing(batch)
            batch = list(rows.filter(pk__gt=batch[-1][0])[:size])

    def count(self) -> int:
        """Return the number of rows with a number."""
        return self._rows().count()

    def _rows(self) -> models.QuerySet[Any]:
        return self.model._base_manager.exclude(**{f"{self.field.name}__isnull": True}).exclude(
            **{self.field.name: ""}
        )

    def _missing(self, rows: Sequence[tuple[Any, Any]]) -> list[Missing]:
        latest = self._latest([key_text(pk) for pk, _value in rows])
        records = NumberInsightRecord.objects.filter(pk__in=[known.pk for known in latest.values()])
        resumable = set(_lacking_money(records).values_list("pk", flat=True))
        region = getattr(self.field, "region", None)
        missing: list[Missing] = []
        for pk, value in rows:
            if numbers.is_blank(value):
                continue
            self.has_numbers = self.has_numbers or numbers.resembles_number(value)
            number, known = signup.canonical(value, region), latest.get(key_text(pk))
            if not _is_known(number, known):
                missing.append(Missing(subject_id=key_text(pk), number=number))
            elif known and known.pk in resumable:
                missing.append(Missing(subject_id=key_text(pk), number=number, resumed=known.pk))
        return missing

    def _latest(self, subject_ids: list[str]) -> dict[str, NumberInsightRecord]:
        """Return the latest record of each subject."""
        records = NumberInsightRecord.objects.filter(
            subject_type__in=self._kinds, subject_id__in=subject_ids, field__in=(self.label, "")
        )
        rows = records.order_by("pk").only("subject_id", "number", "number_hash")
        return {record.subject_id: record for record in rows}

    def record(self, row: Missing) -> NumberInsightRecord:
        """Return an unsaved record of `row`, without an IP, since none is known."""
        return NumberInsightRecord(
            number=row.number,
            subject_type=self._own_kind,
            subject_id=row.subject_id,
            field=self.label,
            level=app_settings.LEVEL,
            source=Source.BACKFILL,
        )

    @retry_deadlock
    def queue(self, rows: Sequence[Missing]) -> int:
        """Queue a record for each of `rows`, new or its own, in one transaction; return the count.

        Inside `signup.suspended` nothing is queued.
        """
        if signup.is_suspended():
            return 0
        alias = router.db_for_write(NumberInsightRecord)
        resumed = [row.resumed for row in rows if row.resumed is not None]
        created = [self.record(row) for row in rows if row.resumed is None]
        with transaction.atomic(using=alias):
            records = NumberInsightRecord.objects.using(alias)
            count = _lacking_money(records.filter(pk__in=resumed)).update(
                state=RecordState.QUEUED, lookup=None, note=""
            )
            keys = [*resumed, *(record.pk for record in records.bulk_create(created))]
            for key in keys[:MOST_RUNG]:
                after_commit(bell.ring, key, using=alias)
        return count + len(created)


def room(price: Decimal) -> int | None:
    """Return the number of lookups at `price` within the remaining budget; None if unlimited.

    Queued records count as bought.
    """
    if not price:
        return None
    currency = loading.provider().currency
    budgets = app_settings.budget_of(currency)
    remaining = [cap - sum(budget.spent(period, currency)) for period, cap in budgets.items()]
    if not remaining:
        return None
    queued = NumberInsightRecord.objects.filter(state=RecordState.QUEUED).count()
    return max(0, int(min(remaining) / price) - queued)


def _is_known(number: str, latest: NumberInsightRecord | None) -> bool:
    if latest is None:
        return False
    hashed = latest.number_hash
    return latest.number == number or bool(hashed and hashed in fingerprints(number))


def _lacking_money(records: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Return the undecided ones that the budget, or for a backfill a limit, kept from an answer."""
    limited = models.Q(basis=Basis.LIMIT, source=Source.BACKFILL)
    unpaid = records.filter(models.Q(basis=Basis.BUDGET) | limited)
    return unpaid.filter(state=RecordState.FAILED, decision=Decision.NONE, number_hash="")


def field_of(path: str) -> models.Field[Any, Any]:
    """Return the model field at `path` ("app.Model.field"); raise `UnknownPath`."""
    parts = path.split(".")
    if len(parts) != 3:
        raise UnknownPath(f"{path!r} is no field; write app.Model.field, as shop.Customer.phone.")
    app_label, model_name, field_name = parts
    labels = [config.label for config in apps.get_app_configs()]
    if app_label not in labels:
        raise UnknownPath(f"There is no app {app_label!r}. {did_you_mean(app_label, labels)}")
    by_name = {model.__name__: model for model in apps.get_app_config(app_label).get_models()}
    model = {name.lower(): model for name, model in by_name.items()}.get(model_name.lower())
    if model is None:
        raise UnknownPath(
            f"{app_label} has no model {model_name!r}. {did_you_mean(model_name, by_name)}"
        )
    return _text_field(model, field_name)


def _text_field(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    text = [field.name for field in model._meta.concrete_fields if _may_hold_numbers(field)]
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist as exc:
        raise UnknownPath(
            f"{model.__name__} has no field {name!r}. {did_you_mean(name, text)}"
        ) from exc
    if not isinstance(field, models.Field) or not _holds_text(field):
        raise UnknownPath(
            f"{name!r} holds no text, so it holds no numbers. {did_you_mean('', text)}"
        )
    if not _may_hold_numbers(field):
        kind = type(field).__name__
        raise UnknownPath(
            f"{name!r} is an {kind}, so it holds no numbers. {did_you_mean('', text)}"
        )
    return field


def _holds_text(field: Any) -> bool:
    return isinstance(field, (models.CharField, models.TextField))


def _may_hold_numbers(field: Any) -> bool:
    return _holds_text(field) and not isinstance(field, NUMBERLESS)
