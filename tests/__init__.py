"""The suite, which is a small host project at the same time."""

from __future__ import annotations

from tests.celery import app as celery_app

__all__ = ["celery_app"]
