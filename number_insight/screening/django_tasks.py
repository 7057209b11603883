"""The doorbell "tasks": a task of Django's own framework, which Django 6.0 introduced.

Django runs it through the default backend of ``TASKS``.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import close_old_connections
from django.tasks import task
from django.tasks.backends.immediate import ImmediateBackend
from django.utils import timezone

from number_insight.doorbells import Doorbell
from number_insight.screening.sweeps import screen_batch


@task
def screen_record(record_id: int) -> None:
    """Screen a batch with one record in it; a second run for its key does no harm."""
    screen_batch(record_id)


class DjangoTasks(Doorbell):
    """A doorbell that enqueues a task in the default backend of ``TASKS``."""

    label = "Django's task backend"

    @property
    def is_eager(self) -> bool:
        return isinstance(screen_record.get_backend(), ImmediateBackend)

    def validate(self) -> None:
        screen_record.get_backend().validate_task(screen_record)

    def takes(self, after: timedelta) -> bool:
        return not after or screen_record.get_backend().supports_defer

    def publish(self, record_id: int, after: timedelta) -> None:
        queued = screen_record.using(run_after=timezone.now() + after) if after else screen_record
        if self.is_eager:  # in the caller's thread, and maybe in its transaction
            queued.enqueue(record_id)
            return
        close_old_connections()  # the backend may keep its queue in a database
        try:
            queued.enqueue(record_id)
        finally:
            close_old_connections()
