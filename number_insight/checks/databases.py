"""Checks of the databases that a project's routers choose."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.core.checks import CheckMessage
from django.db import DEFAULT_DB_ALIAS, connections, router
from django.db.models import Model

from number_insight.checks.messages import error


def check_databases(**_kwargs: object) -> list[CheckMessage]:
    """Check that the rows of this app, and those that they refer to, are in one database.

    A row refers to users and content types; a worker locks rows of several tables at once, and
    has to read what it has just written.
    """
    return list(_elsewhere())


def _elsewhere() -> Iterator[CheckMessage]:
    ours: list[type[Model]] = list(apps.get_app_config("number_insight").get_models())
    models: list[type[Model]] = [*ours, ContentType, get_user_model()]
    for model in models:
        aliases = {router.db_for_write(model)}
        if model in ours:
            aliases.add(router.db_for_read(model))
        for alias in sorted((aliases | _homes(model)) - {DEFAULT_DB_ALIAS}):
            yield _message(model, alias)


def _homes(model: type[Model]) -> set[str]:
    """Return the databases that the table is made in, if the routers forbid it in the default."""
    if not model._meta.managed or router.allow_migrate_model(DEFAULT_DB_ALIAS, model):
        return set()
    return {alias for alias in connections if router.allow_migrate_model(alias, model)}


def _message(model: type[Model], alias: str) -> CheckMessage:
    return error(
        "E024",
        f"{model._meta.label} is in the database {alias!r}: number_insight works only where its "
        "tables, the users and the content types are in 'default', for reading as for writing.",
        "Let DATABASE_ROUTERS leave them there; models with numbers may be anywhere.",
    )
