"""The example project; its Celery app is loaded with it, so that `shared_task` finds it."""

from __future__ import annotations

from project.celery import app as celery_app

__all__ = ["celery_app"]
