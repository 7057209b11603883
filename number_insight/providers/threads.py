"""Threads that are used again, since to start one costs more than most of the work for it."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextvars import Context
from queue import Empty, SimpleQueue
from threading import Thread, current_thread

Work = Callable[[], object]

IDLE = "number_insight-idle"
"""The name of a thread between two works."""
PATIENCE = 10.0
"""The time after which an idle thread ends, in seconds."""

_Inbox = SimpleQueue[tuple[Work, str]]
_idle: list[_Inbox] = []  # its methods are atomic, so it needs no lock


def start(work: Work, *, name: str) -> None:
    """Call `work` in a daemon thread that has nothing to do, or in a new one; it is called `name`.

    `work` has a context of its own. Raise `RuntimeError` if the machine has no thread to spare.
    """
    try:
        inbox = _idle.pop()
    except IndexError:
        inbox = _Inbox()
        Thread(target=_serve, args=(inbox,), name=name, daemon=True).start()
    inbox.put((work, name))


def _serve(inbox: _Inbox) -> None:
    """Do one work after the other, until there has been none for a while."""
    thread = current_thread()
    while task := _next(inbox):
        work, thread.name = task
        Context().run(work)
        del task, work  # they hold secrets
        thread.name = IDLE
        _idle.append(inbox)


def _next(inbox: _Inbox) -> tuple[Work, str] | None:
    """Return the next work and its name, or None if the thread is to end."""
    try:
        return inbox.get(timeout=PATIENCE)
    except Empty:
        pass
    try:
        _idle.remove(inbox)
    except ValueError:  # it has just been chosen for a work
        return inbox.get()
    return None


def _forget() -> None:
    """Begin anew after a fork, which takes no thread along but the one that forks."""
    _idle.clear()


os.register_at_fork(after_in_child=_forget)
