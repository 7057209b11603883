"""Subjects: the rows of a project's models that records belong to."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from number_insight.exceptions import BadArgument


def key_of(subject: Model) -> str:
    """Return the key of `subject` as text; raise `BadArgument` unless it is saved."""
    if not isinstance(subject, Model):
        raise BadArgument(f"A subject is a row of a model, not {type(subject).__name__}.")
    if subject.pk is None or subject.pk == "":
        name = type(subject).__name__
        raise BadArgument(f"This {name} has no key yet, so nothing can be linked to it: save it.")
    return str(subject.pk)


def kinds_of(model: type[Model]) -> list[int]:
    """Return the keys of the content types that a row of `model` may be a subject by.

    A row that inherits its key is one object with its parent's, and may have been saved as either.
    """
    return [kind.pk for kind in ContentType.objects.get_for_models(*_family(model)).values()]


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
