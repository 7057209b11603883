"""Subjects: the rows of a project's models that records belong to."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model


def kinds_of(model: type[Model]) -> list[int]:
    """Return the keys of the content types that a row of `model` may be a subject by.

    A row that inherits its key is one object with its parent's, and may have been saved as either.
    """
    return [kind.pk for kind in ContentType.objects.get_for_models(*_family(model)).values()]


def is_same(kind: int | None, key: str, other_kind: int | None, other_key: str) -> bool:
    """Return whether two subjects, each a content type with a key as text, are one object."""
    if key != other_key or kind is None or other_kind is None:
        return False
    model = ContentType.objects.get_for_id(kind).model_class()
    return kind == other_kind or (model is not None and other_kind in kinds_of(model))


def _family(model: type[Model]) -> set[type[Model]]:
    """Return the models whose rows with one key are one object: parents and children."""
    line = _line(model)
    concrete = line[0]
    children = {child for child in apps.get_models() if concrete in _line(child)}
    return {*line, *(child._meta.concrete_model or child for child in children)}


def _line(model: type[Model]) -> list[type[Model]]:
    """Return the concrete model behind `model`, and the parents that it has its key from."""
    found: list[type[Model]] = [model._meta.concrete_model or model]
    while True:
        link: Any = found[-1]._meta.pk
        if link is None or link.remote_field is None or not link.remote_field.parent_link:
            return found
        found.append(link.remote_field.model)
