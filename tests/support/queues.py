"""Backends of Django's task framework: a queue in memory that may refuse, or hang."""

from __future__ import annotations

import threading
from typing import Any, ClassVar

from django.tasks import Task, TaskResult, TaskResultStatus
from django.tasks.backends.base import BaseTaskBackend


class Plain(BaseTaskBackend):
    """A queue that knows no delay."""

    def enqueue(self, task: Task, args: Any, kwargs: Any) -> TaskResult:
        self.validate_task(task)
        Queue.tried += 1
        if Queue.error is not None:
            raise Queue.error
        Queue.release.wait(30)
        Queue.waiting.append((task, tuple(args)))
        return TaskResult(
            task=task,
            id="1",
            status=TaskResultStatus.READY,
            enqueued_at=None,
            started_at=None,
            finished_at=None,
            last_attempted_at=None,
            args=list(args),
            kwargs=kwargs,
            backend=self.alias,
            errors=[],
            worker_ids=[],
        )


class Queue(Plain):
    """A queue that knows delays; what is in it outlives the backend, as in a real one."""

    supports_defer = True
    waiting: ClassVar[list[tuple[Task, tuple[Any, ...]]]] = []
    tried: ClassVar[int] = 0
    error: ClassVar[Exception | None] = None
    release: ClassVar[threading.Event] = threading.Event()
    """Set unless the queue hangs."""

    @classmethod
    def reset(cls) -> None:
        cls.waiting, cls.tried, cls.error = [], 0, None
        cls.release.set()

    @classmethod
    def arguments(cls) -> list[tuple[Any, ...]]:
        return [arguments for _task, arguments in cls.waiting]

    @classmethod
    def work(cls) -> None:
        """Run what is in the queue now, as a worker does."""
        waiting, cls.waiting = cls.waiting, []
        for task, arguments in waiting:
            task.call(*arguments)
