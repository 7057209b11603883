"""Doorbells: the ways to publish a message for a queued record, by their names in ``DOORBELL``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import cache

from django.utils.module_loading import import_string

from number_insight.conf import app_settings

DOORBELLS: Mapping[str, str] = {
    "celery": "number_insight.screening.tasks.Celery",
    "tasks": "number_insight.screening.django_tasks.DjangoTasks",
}
"""The dotted paths of the doorbells: the package that one needs is imported with it alone."""


class Doorbell:
    """The base class of the doorbells."""

    label: str
    """The name of the queue, for the log."""

    @property
    def is_eager(self) -> bool:
        """Whether publishing does the work at once, in the caller's thread."""
        return False

    @property
    def has_broker(self) -> bool:
        """Whether the project has set up the queue, so that its failure is an error."""
        return True

    @property
    def urls(self) -> tuple[str, ...]:
        """The addresses of the queue, if it has any; they may hold a password."""
        return ()

    def takes(self, after: timedelta) -> bool:
        """Return whether a message may be delivered after this delay."""
        return True

    def publish(self, record_id: int, after: timedelta) -> None:
        """Send a record's key to the queue, for delivery after a delay."""
        raise NotImplementedError

    def validate(self) -> None:
        """Raise the queue's exception if its settings cannot be right, without the network."""

    def connect(self) -> None:
        """Connect to the queue; raise its client's exception if that fails."""


def current() -> Doorbell | None:
    """Return the doorbell of ``DOORBELL``, or None if there is to be none.

    Raise `KeyError` if there is none of that name, and `ImportError` if its package is missing.
    """
    name = app_settings.DOORBELL
    return None if name is None else _load(DOORBELLS[name])


@cache
def _load(path: str) -> Doorbell:
    doorbell: Doorbell = import_string(path)()
    return doorbell
