"""Subjects: the rows of a project's models that records belong to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db.models import Model, QuerySet

from number_insight.exceptions import BadArgument

KEYS_IN_QUERY = 200
"""The keys that are looked for in one query, as composite ones are many conditions."""


def key_text(key: Any) -> str:
    """Return a primary key as records store it; a composite one is a JSON list of texts."""
    if isinstance(key, (list, tuple)):
        return json.dumps([str(part) for part in key], ensure_ascii=False)
    return str(key)


def has_key(subject: Model) -> bool:
    """Return whether `subject` has a primary key, as every saved object has."""
    parts = subject.pk if isinstance(subject.pk, (list, tuple)) else (subject.pk,)
    return all(part is not None and part != "" for part in parts)


def model_of(subject: Model) -> type[Model]:
    """Return the model of `subject`; ``request.user`` is no instance of it by its type."""
    return subject._meta.model


def key_of(subject: Model) -> str:
    """Return the key of `subject` as records store it; raise `BadArgument` if it has none."""
    if not isinstance(subject, Model):
        raise BadArgument(f"A subject is a row of a model, not {type(subject).__name__}.")
    if not has_key(subject):
        name = type(subject).__name__
        raise BadArgument(f"This {name} has no key yet, so nothing can be linked to it: save it.")
    return key_text(subject.pk)


def read_key(model: type[Model], text: str) -> Any:
    """Return the primary key of `model` that `text` stands for; raise `ValueError` if none does."""
    key: Any = model._meta.pk
    try:
        read = key.to_python(text)
    except (TypeError, ValueError, ValidationError) as error:
        raise ValueError(f"{text!r} is no key of {model._meta.label}.") from error
    return tuple(read) if isinstance(read, list) else read


def read_keys(model: type[Model], texts: Iterable[str]) -> Iterator[Any]:
    """Yield the primary keys of `model` that `texts` stand for, as far as they do."""
    for text in texts:
        try:
            yield read_key(model, text)
        except ValueError:  # the model had keys of another kind once
            continue


def existing(model: type[Model], texts: Iterable[str]) -> set[str]:
    """Return the keys among `texts` under which `model`, or a parent of it, has a row."""
    keys = list(read_keys(model, texts))
    found: set[str] = set()
    top = _lineage(model)[-1]  # an object that is no child any more is its parent still
    for rows in _by_keys(top._base_manager.order_by(), keys):
        found |= {key_text(key) for key in rows.values_list("pk", flat=True)}
    return found


def _by_keys(rows: QuerySet[Any], keys: Sequence[Any]) -> Iterator[QuerySet[Any]]:
    """Yield the rows with these keys, in as many querysets as it takes."""
    for start in range(0, len(keys), KEYS_IN_QUERY):
        yield rows.filter(pk__in=keys[start : start + KEYS_IN_QUERY])


def fetch(kind: int | None, text: str) -> Model | None:
    """Return the subject with this content type and key, or None if there is none any more.

    It is looked for in the database that its own model is read from.
    """
    model = None if kind is None else ContentType.objects.get_for_id(kind).model_class()
    for found_in in _lineage(model) if model else ():
        try:
            subject: Model = found_in._base_manager.get(pk=read_key(found_in, text))
        except ObjectDoesNotExist:
            continue  # it may be its parent still
        except ValueError:
            return None
        return subject
    return None


def fetch_many(kind: int, texts: Iterable[str]) -> dict[str, Model]:
    """Return the subjects of one content type by their keys as text; see `fetch`."""
    model = ContentType.objects.get_for_id(kind).model_class()
    wanted, found = set(texts), dict[str, Model]()
    for found_in in _lineage(model) if model else ():
        keys = list(read_keys(found_in, wanted - found.keys()))
        for row in chain.from_iterable(_by_keys(found_in._base_manager.all(), keys)):
            found.setdefault(key_text(row.pk), row)
    return found


class SubjectDescriptor:
    """The attribute of a `SubjectKey`, the same under every version of Django."""

    def __init__(self, field: SubjectKey) -> None:
        self.field = field
        self.is_cached = field.is_cached

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        kind, text = instance.subject_type_id, instance.subject_id
        subject = self.field.get_cached_value(instance, default=None)
        if subject is not None and text == key_text(subject.pk) and _is_of(subject, kind):
            return subject
        subject = fetch(kind, text)
        self.field.set_cached_value(instance, subject)
        return subject

    def __set__(self, instance: Any, value: Any) -> None:
        text = "" if value is None else key_of(value)
        kind = None if value is None else ContentType.objects.get_for_model(value)
        instance.subject_type_id = None if kind is None else kind.pk
        instance.subject_id = text
        self.field.set_cached_value(instance, value)

    def get_prefetch_querysets(self, instances: Any, querysets: Any = None) -> tuple[Any, ...]:
        """Return the subjects of `instances`, and how they are joined: see `Prefetch`."""
        wanted: dict[int, set[str]] = {}
        for instance in instances:
            if instance.subject_type_id is not None:
                wanted.setdefault(instance.subject_type_id, set()).add(instance.subject_id)
        given = {ContentType.objects.get_for_model(rows.model).pk: rows for rows in querysets or ()}
        return (
            [subject for kind in wanted for subject in _rows(kind, wanted[kind], given.get(kind))],
            lambda subject: (ContentType.objects.get_for_model(subject).pk, key_text(subject.pk)),
            lambda instance: (instance.subject_type_id, instance.subject_id),
            True,
            self.field.name,
            False,
        )


class SubjectKey(GenericForeignKey):
    """A generic key that follows any kind of primary key, into the database of its model."""

    def contribute_to_class(  # type: ignore[override]
        self, cls: type[Model], name: str, **kwargs: Any
    ) -> None:
        super().contribute_to_class(cls, name, **kwargs)
        setattr(cls, name, SubjectDescriptor(self))


def _rows(kind: int, texts: Iterable[str], rows: QuerySet[Any] | None) -> Iterator[Model]:
    """Yield the objects of a content type with the keys `texts`, as far as `rows` hold them."""
    model = ContentType.objects.get_for_id(kind).model_class()
    if model is None:
        return
    rows = model._base_manager.all() if rows is None else rows
    yield from chain.from_iterable(_by_keys(rows, list(read_keys(model, texts))))


def kinds_of(model: type[Model]) -> list[int]:
    """Return the keys of the content types that a row of `model` may be a subject by.

    A row that inherits its key is one object with its parent's, and may have been saved as either.
    """
    return [kind.pk for kind in ContentType.objects.get_for_models(*_family(model)).values()]


def _is_of(subject: Model, kind: int | None) -> bool:
    return kind in kinds_of(model_of(subject))


def is_same(kind: int | None, key: str, other_kind: int | None, other_key: str) -> bool:
    """Return whether two subjects, each a content type with a key as text, are one object."""
    if key != other_key or kind is None or other_kind is None:
        return False
    model = ContentType.objects.get_for_id(kind).model_class()
    return kind == other_kind or (model is not None and other_kind in kinds_of(model))


def _family(model: type[Model]) -> set[type[Model]]:
    """Return the models whose rows with one key are one object: parents and children."""
    lineage = _lineage(model)
    top = lineage[-1]
    children = {child for child in apps.get_models() if top in _lineage(child)}
    return {*lineage, *(child._meta.concrete_model or child for child in children)}


def _lineage(model: type[Model]) -> list[type[Model]]:
    """Return the concrete model behind `model`, and the parents that it has its key from."""
    found: list[type[Model]] = [model._meta.concrete_model or model]
    while True:
        link: Any = found[-1]._meta.pk
        if link is None or link.remote_field is None or not link.remote_field.parent_link:
            return found
        found.append(link.remote_field.model)
