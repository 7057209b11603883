"""The latest records of many subjects at once, by whatever key the subjects have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connections
from django.db.models import (
    CharField,
    Exists,
    Max,
    Model,
    OuterRef,
    QuerySet,
    UUIDField,
    Value,
)
from django.db.models.functions import Cast, Concat, Substr

from number_insight.admin.changelists import with_flags
from number_insight.models import NumberInsightRecord
from number_insight.subjects import kinds_of

UUID_PARTS = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))


def records_of(model: type[Model]) -> QuerySet[NumberInsightRecord]:
    """Return the records of all subjects that are rows of `model`."""
    return NumberInsightRecord.objects.filter(subject_type__in=kinds_of(model))


def latest_records(
    model: type[Model], subjects: Iterable[Model]
) -> Mapping[str, NumberInsightRecord]:
    """Return the latest record of each subject, by its key as text; two queries in all."""
    keys = [str(subject.pk) for subject in subjects]
    if not keys:
        return {}
    theirs = records_of(model).filter(subject_id__in=keys).order_by()
    newest = theirs.values("subject_id").annotate(newest=Max("pk")).values("newest")
    found = NumberInsightRecord.objects.filter(pk__in=newest)
    return {record.subject_id: record for record in found.prefetch_related(with_flags())}


def with_latest_verdict(rows: QuerySet[Any], verdict: str) -> QuerySet[Any]:
    """Return the rows whose latest record has this verdict."""
    records = records_of(rows.model)
    newer = records.filter(subject_id=OuterRef("subject_id"), pk__gt=OuterRef("pk"))
    latest = records.filter(verdict=verdict).exclude(Exists(newer)).order_by()
    keyed: QuerySet[Any] = rows.alias(_ni_key=key_as_text(rows))
    return keyed.filter(_ni_key__in=latest.values("subject_id"))


def never_screened(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return the rows without a record."""
    records = records_of(rows.model)
    keyed: QuerySet[Any] = rows.alias(_ni_key=key_as_text(rows))
    return keyed.exclude(Exists(records.filter(subject_id=OuterRef("_ni_key"))))


def key_as_text(rows: QuerySet[Any]) -> Any:
    """Return the expression of a row's key as ``str`` writes it."""
    text = Cast("pk", CharField(max_length=255))
    if not isinstance(_key_field(rows.model), UUIDField):
        return text
    if connections[rows.db].features.has_native_uuid_field:
        return text
    # Elsewhere a UUID is 32 digits without hyphens.
    parts: list[Any] = []
    for start, length in UUID_PARTS:
        parts += [Value("-"), Substr(text, start, length)]
    return Concat(*parts[1:], output_field=CharField(max_length=255))


def _key_field(model: type[Model]) -> Any:
    """Return the field that the key is kept in, behind the links to parents."""
    field: Any = model._meta.pk
    while field.remote_field is not None:
        field = field.target_field
    return field
