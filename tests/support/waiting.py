"""Threads that begin together, and conditions that come true in time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import connections

PATIENCE = 30.0
"""Seconds in which threads have to be done."""


def at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """Do `work` in `count` threads with connections of their own; return their results in order."""
    answers: dict[int, Any] = {}
    start = threading.Barrier(count)

    def run(index: int) -> None:
        try:
            start.wait(PATIENCE)
            answers[index] = work(index)
        except Exception as error:  # raised below, where the test sees it
            answers[index] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(index,), daemon=True) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(answers) == count, "a thread is stuck"
    for answer in answers.values():
        if isinstance(answer, Exception):
            raise answer
    return [answers[index] for index in range(count)]


def until(condition: Callable[[], object], seconds: float = 10.0) -> bool:
    """Wait until `condition` holds; return whether it did in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())
