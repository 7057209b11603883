"""The bell: how a process tells the workers that something is due, without waiting for the broker.

A broker that accepts connections and never answers would hold a publisher for ever, whatever
Celery's retry settings say, so the ringing is done in a thread that can be left behind.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from queue import SimpleQueue

from celery import current_app

from number_insight.conf import app_settings
from number_insight.screening.batch import BATCH_SIZE

logger = logging.getLogger("number_insight.screening.bell")

SILENCE = timedelta(seconds=30)
"""How long a process rings no more after the bell failed; the sweep does its work meanwhile."""
TRAFFIC = 5
"""Who rings waits for the broker's word, unless there were so many others in the last second."""
GATHERING = timedelta(milliseconds=50)
"""How long a ring that was handed over waits for others, to be one with them."""

Publish = Callable[[int, timedelta], None]
"""What hands the broker a message with the key of a record, to be delivered after a while."""


class Bell:
    """Rings Celery by `publish`, without ever holding a signup for longer than ``RING_TIMEOUT``.

    Under traffic it does not hold one at all: the ring is handed over to a thread, which sends
    one message for a full batch. What gets lost on the way, the sweep finds.
    """

    def __init__(self, publish: Publish, connect: Callable[[], None]) -> None:
        self._publish, self._connect = publish, connect
        self._silent_until = 0.0
        self._start_over()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._start_over)

    def _start_over(self) -> None:
        """Take nothing over from the process that was forked: its thread, its lock, its rings."""
        self._ringer = Ringer()
        self._lock = threading.Lock()
        self._rung_at: deque[float] = deque(maxlen=TRAFFIC)
        self._waiting: list[int] = []
        self._waiting_since = 0.0

    def ring(
        self, record_id: int, *, after: timedelta = timedelta(0), may_wait: bool = False
    ) -> bool:
        """Ring for one record; return whether the broker took the message. Never raises.

        A ring that `may_wait` is handed over under traffic, and taken for heard.
        """
        if time.monotonic() < self._silent_until:
            return False
        try:
            if current_app.conf.task_always_eager:
                if after:  # eager Celery would not wait, but ask again and again
                    return False
                self._publish(record_id, after)
            elif may_wait and self._is_busy():
                self._hand_over(record_id)
            else:
                work = partial(self._publish, record_id, after)
                self._ringer.do(work, app_settings.RING_TIMEOUT)
        except Exception as error:  # whatever the broker's client may raise
            self._fall_silent(error)
            return False
        self._rung_at.append(time.monotonic())
        return True

    def _is_busy(self) -> bool:
        rung_at = self._rung_at  # another thread may put an empty one in its place
        return len(rung_at) == TRAFFIC and time.monotonic() - rung_at[0] < 1

    def _hand_over(self, record_id: int) -> None:
        """Let the ringer ring soon; raise `TimeoutError` if it still hangs on those before."""
        with self._lock:
            is_first = not self._waiting
            self._waiting.append(record_id)
            if is_first:
                self._waiting_since = time.monotonic()
            waited = time.monotonic() - self._waiting_since
        if is_first:
            self._ringer.leave(self._ring_for_all)
        elif waited > (GATHERING + app_settings.RING_TIMEOUT).total_seconds():
            self._ringer.give_up()
            raise TimeoutError

    def _ring_for_all(self) -> None:
        time.sleep(GATHERING.total_seconds())
        with self._lock:
            keys, self._waiting = self._waiting, []
        try:
            for record_id in keys[::BATCH_SIZE]:
                self._publish(record_id, timedelta(0))
        except Exception as error:  # whatever the broker's client may raise
            self._fall_silent(error)

    def _fall_silent(self, error: Exception) -> None:
        with self._lock:
            self._waiting = []
        self._silent_until = time.monotonic() + SILENCE.total_seconds()
        logger.error(
            "Celery could not be rung (%s); the record is kept, and the sweep will screen it.",
            type(error).__name__,
        )

    def try_out(self) -> str:
        """Return why the broker cannot be reached within ``RING_TIMEOUT``; empty if it can."""
        return self._tried(self._connect)

    def _tried(self, work: Callable[[], None]) -> str:
        try:
            self._ringer.do(work, app_settings.RING_TIMEOUT)
        except Exception as error:  # whatever the broker's client may raise
            return type(error).__name__
        return ""

    def unmute(self) -> None:
        """Ring again at once, though the bell has failed lately, and wait for the broker's word."""
        self._silent_until = 0.0
        self._rung_at = deque(maxlen=TRAFFIC)

    def finish(self) -> None:
        """Wait for what was handed over, no longer than ``RING_TIMEOUT``."""
        if self._ringer.is_alive:
            self._tried(lambda: None)


class Ringer:
    """A thread that does what may hang, so that whoever waits for it can stop waiting."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()

    @property
    def is_alive(self) -> bool:
        """Whether there is a thread, which may be at work."""
        return self._thread is not None and self._thread.is_alive()

    def do(self, work: Callable[[], None], limit: timedelta) -> None:
        """Do `work` over there; raise what it raises, or `TimeoutError` at the limit."""
        job = self.leave(work)
        if not job.done.wait(limit.total_seconds()):
            job.dropped = True
            self.give_up()
            raise TimeoutError
        if job.error is not None:
            raise job.error

    def leave(self, work: Callable[[], None]) -> Job:
        """Let `work` be done over there, and return at once."""
        job = Job(work)
        with self._lock:
            self._hire()
            self._jobs.put(job)
        return job

    def give_up(self) -> None:
        """Leave the thread behind, which hangs, to end when it can; the next job gets another."""
        with self._lock:
            self._jobs.put(None)
            self._thread = None

    def _hire(self) -> None:
        """See to it that a living thread works off the queue."""
        if self.is_alive:
            return
        jobs: SimpleQueue[Job | None] = SimpleQueue()
        # A daemon, so that one which hangs does not keep the process from ending.
        thread = threading.Thread(
            target=_serve, args=(jobs,), name="number_insight-bell", daemon=True
        )
        thread.start()
        self._thread, self._jobs = thread, jobs


class Job:
    """One thing to do, and what became of it."""

    def __init__(self, work: Callable[[], None]) -> None:
        self.work = work
        self.done = threading.Event()
        self.dropped = False
        self.error: Exception | None = None


def _serve(jobs: SimpleQueue[Job | None]) -> None:
    while (job := jobs.get()) is not None:
        try:
            if not job.dropped:
                job.work()
        except Exception as error:
            job.error = error
        finally:
            job.done.set()
