"""Checks of ``DOORBELL``, and of the queue behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import django
from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from number_insight import doorbells
from number_insight.checks.messages import error
from number_insight.conf import app_settings
from number_insight.exceptions import did_you_mean

DEPLOYMENT: Mapping[str, str] = {
    "celery": "number_insight.checks.celery.check_celery",
    "tasks": "number_insight.checks.django_tasks.check_tasks",
}
"""The dotted path of the check of each queue, which is imported for its doorbell alone."""
TASKS_SINCE = (6, 0)
"""The version of Django that introduced `django.tasks`."""


def check_doorbell(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    """Check that there is a doorbell of that name, and that it can be loaded here."""
    name = given.get("DOORBELL", "celery")
    if name is not None and not (isinstance(name, str) and name in doorbells.DOORBELLS):
        guess = did_you_mean(str(name), doorbells.DOORBELLS)
        yield error("E002", f"NUMBER_INSIGHT['DOORBELL'] is {name!r}.", f"{guess} Or write None.")
    elif name == "tasks" and django.VERSION < TASKS_SINCE:
        message = (
            f"NUMBER_INSIGHT['DOORBELL'] is 'tasks', and Django {django.get_version()} has no "
            "django.tasks."
        )
        yield error("E050", message, 'Upgrade to Django 6.0, or write "celery" or None.')
    else:
        yield from _check_loading(name)


def _check_loading(name: str | None) -> Iterator[CheckMessage]:
    try:
        doorbell = doorbells.current()
        if doorbell is not None:
            doorbell.validate()
    except Exception as exc:  # the queue's settings have exceptions of their own
        message = f"NUMBER_INSIGHT['DOORBELL'] {name!r} cannot be loaded: {exc}"
        yield error("E050", message, "Correct the settings of its queue, or write None.")


def check_queue() -> Iterator[CheckMessage]:
    """Yield the warnings of the queue that ``DOORBELL`` names."""
    path = DEPLOYMENT.get(app_settings.DOORBELL or "")
    if path is None:
        return
    try:
        check: Callable[[], Iterator[CheckMessage]] = import_string(path)
    except (ImportError, ImproperlyConfigured):
        return  # reported by E050
    yield from check()
