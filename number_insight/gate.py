"""The gate: few threads of one process are at work in the database at a time.

Python lets one thread compute at a time. Of thirty that have a transaction open, each waits for
its turn again after every statement, and whoever waits for a row that it has locked waits as long.
So a few go in at a time, and only the calls to the provider are made all at once.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections

ROOM = 2
"""Threads inside: one may compute while the database works for the other."""
PATIENCE = 2.0
"""Seconds that a thread waits for room; then it goes in all the same."""


class Gate:
    """Has room for some threads of this process; in a process that is forked, nobody is inside."""

    def __init__(self, room: int) -> None:
        self._size = room
        self._start_over()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._start_over)

    def _start_over(self) -> None:
        self._room = threading.Semaphore(self._size)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Wait for room, for a transaction that begins and ends herein.

        Who has one open already may hold what those inside wait for, and goes in at once.
        """
        room, is_open = self._room, any(it.in_atomic_block for it in connections.all(True))
        has_room = not is_open and room.acquire(timeout=PATIENCE)
        try:
            yield
        finally:
            if has_room:
                room.release()


gate = Gate(ROOM)
