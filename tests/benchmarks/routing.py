"""The queue that this process rings, so that two workers with different settings take turns."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

QUEUE = "NI_BENCH_QUEUE"
"""The variable of the environment with the queue of a process; "celery" without it."""

_queue = os.environ.get(QUEUE, "celery")


def route(name: str, *args: Any, **options: Any) -> dict[str, str]:
    """Return where Celery is to send a task."""
    return {"queue": _queue}


@contextmanager
def ringing(queue: str) -> Iterator[None]:
    """Let this process ring another queue for a while."""
    global _queue
    before, _queue = _queue, queue
    try:
        yield
    finally:
        _queue = before
