"""Few threads are in the database at a time, and none waits for ever or holds what others need."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator

import pytest
from django.db import transaction

from number_insight import gate
from number_insight.gate import Gate
from number_insight.screening import worker
from tests.service.stage import asking, record_of


@pytest.fixture
def impatience(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nobody waits longer than a moment."""
    monkeypatch.setattr(gate, "PATIENCE", 0.1)
    yield


def crowd(among: Gate, count: int) -> int:
    """Let `count` threads pass; return how many were inside at the same time."""
    inside, most, lock = 0, 0, threading.Lock()

    def visit() -> None:
        nonlocal inside, most
        with among.inside():
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0.01)
            with lock:
                inside -= 1

    threads = [threading.Thread(target=visit) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return most


def test_there_is_room_for_few() -> None:
    assert crowd(Gate(2), 12) == 2


def test_whoever_waits_too_long_goes_in_all_the_same(impatience: None) -> None:
    narrow, begun = Gate(1), time.monotonic()
    with narrow.inside(), narrow.inside():
        pass
    assert time.monotonic() - begun >= 0.1
    assert crowd(narrow, 4) == 1, "who went in without room must not make any"


def test_room_is_given_back_when_something_fails() -> None:
    narrow = Gate(1)
    for _ in range(3):
        with pytest.raises(KeyError), narrow.inside():
            raise KeyError
    assert crowd(narrow, 3) == 1


@pytest.mark.django_db(transaction=True)
def test_who_has_a_transaction_open_does_not_wait() -> None:
    narrow, begun = Gate(1), time.monotonic()
    with narrow.inside(), transaction.atomic(), narrow.inside():
        pass
    assert time.monotonic() - begun < gate.PATIENCE


def test_in_a_process_that_is_forked_nobody_is_inside(impatience: None) -> None:
    narrow = Gate(1)
    with narrow.inside():
        child = os.fork()
        if not child:
            begun = time.monotonic()
            with narrow.inside():
                os._exit(int(time.monotonic() - begun >= 0.1))
        _pid, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


@pytest.mark.django_db(transaction=True)
def test_a_lookup_is_taken_in_and_saved_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    visits: list[bool] = []

    class Counted(Gate):
        def inside(self):  # type: ignore[no-untyped-def]
            visits.append(True)
            return super().inside()

    counted = Counted(1)
    for module in (worker.intake, worker.settling):
        monkeypatch.setattr(module, "gate", counted)
    with asking():
        worker.assess(record_of().pk)
    assert len(visits) == 2
