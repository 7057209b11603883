"""The doorbell "celery": Celery's tasks, and the messages for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery import current_app, shared_task

from number_insight.doorbells import Doorbell
from number_insight.screening.sweeps import GRACE, screen_batch, sweep


@shared_task(name="number_insight.screen", ignore_result=True)
def screen_record(record_id: int, **_ignored: Any) -> None:
    """Screen a batch with one record in it; a second delivery of its key does no harm."""
    screen_batch(record_id)


@shared_task(name="number_insight.sweep", ignore_result=True)
def sweep_task(**_ignored: Any) -> int:
    """Ring for all that is due; schedule it with beat, every minute or so."""
    return sweep(grace=GRACE)


class Celery(Doorbell):
    """A doorbell that publishes through Celery's broker."""

    label = "Celery"

    @property
    def is_eager(self) -> bool:
        return bool(current_app.conf.task_always_eager)

    @property
    def has_broker(self) -> bool:
        """Whether the project names a broker; else Celery tries one on this machine."""
        try:
            return bool(current_app.conf.broker_write_url)
        except Exception:  # the project's Celery settings cannot be read
            return True

    @property
    def urls(self) -> tuple[str, ...]:
        try:
            given = current_app.conf.broker_write_url or ()
        except Exception:  # the project's Celery settings cannot be read; the checks say so
            return ()
        urls = (given,) if isinstance(given, str) else given
        return tuple(one for url in urls for one in str(url).split(";") if one)

    def takes(self, after: timedelta) -> bool:
        # Eager Celery ignores the delay, and would retry in a busy loop.
        return not after or not self.is_eager

    def publish(self, record_id: int, after: timedelta) -> None:
        # With retry=False kombu waits for its own reconnects instead, six seconds.
        options: dict[str, Any] = {"retry_policy": {"max_retries": 0}}
        if after:
            options["countdown"] = after.total_seconds()
        screen_record.apply_async((record_id,), **options)

    def connect(self) -> None:
        with current_app.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1)
