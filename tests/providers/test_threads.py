"""Threads are used again, one for each work at a time, and each work begins afresh."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from queue import SimpleQueue
from typing import Any

import pytest

from number_insight.providers import threads
from tests.support.waiting import until

NAME = "of-the-test"


@pytest.fixture(autouse=True)
def none_idle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_idle", [])


def done(*works: Callable[[], object]) -> list[Any]:
    """Start `works` at once; return their results in the order in which they come."""
    results = SimpleQueue[object]()

    def report(work: Callable[[], object]) -> None:
        results.put(work())

    for work in works:
        threads.start(partial(report, work), name=NAME)
    found = [results.get(timeout=5) for _ in works]
    assert until(lambda: NAME not in names())
    return found


def names() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def test_one_thread_does_one_work_after_the_other() -> None:
    assert len({done(threading.get_ident)[0] for _ in range(5)}) == 1


def test_works_at_the_same_time_have_a_thread_each() -> None:
    meeting = threading.Barrier(4)
    found = done(*[lambda: meeting.wait(5) is None or threading.get_ident()] * 4)
    assert len(set(found)) == 4


def test_no_work_sees_the_context_of_another() -> None:
    variable = ContextVar("variable", default="nothing")
    done(lambda: variable.set("something"))
    variable.set("of the caller")
    assert done(variable.get) == ["nothing"]


def test_a_thread_has_the_name_of_its_work_and_ends_when_there_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threads, "PATIENCE", 0.05)
    ((name, thread),) = done(lambda: (threading.current_thread().name, threading.current_thread()))
    assert name == NAME
    assert until(lambda: not thread.is_alive())
    assert threads._idle == []
    assert done(lambda: "done") == ["done"]


def test_a_work_that_raises_takes_only_its_thread_along(monkeypatch: pytest.MonkeyPatch) -> None:
    raised: list[object] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: raised.append(args.exc_type))
    threads.start(lambda: 1 // 0, name=NAME)
    assert until(lambda: raised and NAME not in names())
    assert (raised, done(lambda: "done")) == ([ZeroDivisionError], ["done"])


def test_a_forked_process_starts_threads_of_its_own() -> None:
    done(threading.get_ident)
    child = os.fork()
    if not child:
        started = threading.Event()
        threads.start(started.set, name=NAME)
        os._exit(not started.wait(5))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
