"""The Celery tasks, where Celery looks for them."""

from __future__ import annotations

from number_insight.screening.tasks import screen_record, sweep_task

__all__ = ["screen_record", "sweep_task"]
