"""Checks of Django's task backend, reported under ``check --deploy``."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.checks import CheckMessage
from django.tasks import task_backends
from django.tasks.backends.dummy import DummyBackend
from django.tasks.backends.immediate import ImmediateBackend

from number_insight.checks.messages import warning


def check_tasks() -> Iterator[CheckMessage]:
    """Yield a warning if the default backend of ``TASKS`` hands nothing on to a worker."""
    hint = "Name a backend with a queue of its own in TASKS, or write DOORBELL None."
    backend = task_backends["default"]
    if isinstance(backend, ImmediateBackend):
        message = "The default backend of TASKS is immediate: the visitor waits for the provider."
        yield warning("W050", message, hint)
    if isinstance(backend, DummyBackend):
        message = "The default backend of TASKS is the dummy: it runs no task, the sweep does all."
        yield warning("W051", message, hint)
