"""The bell: publishes a message for a queued record, without blocking the signup.

A broker that accepts connections and never answers blocks a publisher forever, despite Celery's
retry settings, so the publisher is a thread that can be abandoned.
"""

from __future__ import annotations

import atexit
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from queue import SimpleQueue

from number_insight import doorbells, tracing
from number_insight.conf import app_settings
from number_insight.doorbells import Doorbell
from number_insight.screening.batch import BATCH_SIZE

logger = logging.getLogger("number_insight.screening.bell")

SILENCE = timedelta(seconds=30)
"""The pause of a process after a failure to publish; meanwhile the sweep does the work."""
SILENCE_WITHOUT_BROKER = timedelta(hours=1)
"""The pause of a process that reaches no broker and was given none: a site without a queue."""
TRAFFIC = 5
"""The number of messages in a second from which on signups do not wait for the broker."""
GATHERING = timedelta(milliseconds=50)
"""The time for which records are collected into one message for a batch."""


class Bell:
    """Notifies the workers, and never blocks a signup longer than ``RING_TIMEOUT``.

    Under traffic a signup does not wait at all: its record is handed over to a thread, which sends
    one message for each full batch. The sweep finds the records of lost messages.
    """

    def __init__(self, find: Callable[[], Doorbell | None] = doorbells.current) -> None:
        self._find = find
        self._silent_until = 0.0
        self._reset()
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._reset)

    def _reset(self) -> None:
        """Replace the thread, the lock and the queue, which a forked process must not share."""
        self._ringer = Ringer()
        self._lock = threading.Lock()
        self._rung_at: deque[float] = deque(maxlen=TRAFFIC)
        self._waiting: list[int] = []
        self._waiting_since = 0.0

    def ring(
        self, record_id: int, *, after: timedelta = timedelta(0), may_wait: bool = False
    ) -> bool:
        """Publish a message for one record; return whether the queue took it. Never raise.

        With `may_wait`, under traffic, the thread publishes it later, and it counts as taken.
        """
        if time.monotonic() < self._silent_until:
            return False
        doorbell = None
        try:
            doorbell = self._find()
            if doorbell is None or not doorbell.takes(after):
                return False
            self._publish(doorbell, record_id, after, may_wait)
        except Exception as error:  # each queue's client has exceptions of its own
            self._mute(error, doorbell)
            return False
        self._rung_at.append(time.monotonic())
        return True

    def _publish(
        self, doorbell: Doorbell, record_id: int, after: timedelta, may_wait: bool
    ) -> None:
        if doorbell.is_eager:
            doorbell.publish(record_id, after)
        elif may_wait and self._is_busy():
            self._hand_over(doorbell, record_id)
        else:
            work = tracing.bind(partial(doorbell.publish, record_id, after))
            self._ringer.do(work, app_settings.RING_TIMEOUT)

    def _is_busy(self) -> bool:
        rung_at = self._rung_at  # another thread may replace it with an empty one
        return len(rung_at) == TRAFFIC and time.monotonic() - rung_at[0] < 1

    def _hand_over(self, doorbell: Doorbell, record_id: int) -> None:
        """Queue the message for the thread; raise `TimeoutError` if earlier ones block it."""
        with self._lock:
            is_first = not self._waiting
            self._waiting.append(record_id)
            if is_first:
                self._waiting_since = time.monotonic()
            waited = time.monotonic() - self._waiting_since
        if is_first:
            self._ringer.submit(partial(self._publish_waiting, doorbell))
        elif waited > (GATHERING + app_settings.RING_TIMEOUT).total_seconds():
            self._ringer.give_up()
            raise TimeoutError

    def _publish_waiting(self, doorbell: Doorbell) -> None:
        time.sleep(GATHERING.total_seconds())
        with self._lock:
            keys, self._waiting = self._waiting, []
        try:
            for record_id in keys[::BATCH_SIZE]:
                doorbell.publish(record_id, timedelta(0))
        except Exception as error:  # each queue's client has exceptions of its own
            self._mute(error, doorbell)

    def _mute(self, error: Exception, doorbell: Doorbell | None) -> None:
        """Pause after a failure; `doorbell` is None if it could not be loaded."""
        with self._lock:
            self._waiting = []
        is_expected = doorbell is not None and not doorbell.has_broker
        pause = SILENCE_WITHOUT_BROKER if is_expected else SILENCE
        self._silent_until = time.monotonic() + pause.total_seconds()
        if is_expected:
            logger.info("No broker is configured, so the sweep screens all records.")
            return
        logger.error(
            "%s could not be rung (%s); the record is kept, and the sweep will screen it.",
            doorbell.label if doorbell else "The doorbell",
            type(error).__name__,
        )

    def try_out(self) -> str:
        """Connect to the queue within ``RING_TIMEOUT``; return the name of the error, or ""."""
        try:
            doorbell = self._find()
        except Exception as error:  # a missing package may raise any of its own
            return type(error).__name__
        return "" if doorbell is None else self._error_of(doorbell.connect)

    def has_broker(self) -> bool:
        """Return whether the project has set up the queue, so that its failure is an error."""
        doorbell = self._find()
        return doorbell is not None and doorbell.has_broker

    def _error_of(self, work: Callable[[], None]) -> str:
        try:
            self._ringer.do(work, app_settings.RING_TIMEOUT)
        except Exception as error:  # each broker's client has exceptions of its own
            return type(error).__name__
        return ""

    def unmute(self) -> None:
        """End the pause after a failure; the next message waits for the broker again."""
        self._silent_until = 0.0
        self._rung_at = deque(maxlen=TRAFFIC)

    def finish(self) -> None:
        """Wait for handed-over messages to be published, for at most ``RING_TIMEOUT``."""
        if self._ringer.is_alive:
            self._error_of(lambda: None)


class Ringer:
    """A thread for work that may block; its callers can stop waiting."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()

    @property
    def is_alive(self) -> bool:
        """Whether the thread is running."""
        return self._thread is not None and self._thread.is_alive()

    def do(self, work: Callable[[], None], limit: timedelta) -> None:
        """Run `work` in the thread; raise its exception, or `TimeoutError` at the limit."""
        job = self.submit(work)
        if not job.done.wait(limit.total_seconds()):
            job.dropped = True
            self.give_up()
            raise TimeoutError
        if job.error is not None:
            raise job.error

    def submit(self, work: Callable[[], None]) -> Job:
        """Queue `work` for the thread, and return its job at once."""
        job = Job(work)
        with self._lock:
            self._ensure_thread()
            self._jobs.put(job)
        return job

    def give_up(self) -> None:
        """Abandon the blocked thread, which ends when it can; the next job gets a new one."""
        with self._lock:
            self._jobs.put(None)
            self._thread = None

    def _ensure_thread(self) -> None:
        """Start a thread for the queue unless one is running."""
        if self.is_alive:
            return
        jobs: SimpleQueue[Job | None] = SimpleQueue()
        # A daemon, so that a blocked thread does not keep the process from ending.
        thread = threading.Thread(
            target=_serve, args=(jobs,), name="number_insight-bell", daemon=True
        )
        thread.start()
        self._thread, self._jobs = thread, jobs


class Job:
    """A call to make in the thread, and its outcome."""

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


bell = Bell()
atexit.register(bell.finish)
