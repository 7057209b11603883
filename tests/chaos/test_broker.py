"""The broker refuses, hangs, dies and forgets; no screening is lost, and none is paid twice."""

from __future__ import annotations

import time

import pytest
from django.db import transaction
from django.test import Client

from number_insight.models import NumberInsightRecord
from number_insight.screening import sweeps
from number_insight.screening.batch import BATCH_SIZE
from number_insight.screening.bell import bell
from tests.chaos.stage import Stand, all_settled, number
from tests.support.stage import messages, sign_up
from tests.support.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)


def test_row_01_a_broker_that_refuses_costs_a_signup_no_time(stand: Stand) -> None:
    stand.redis.kill()
    began = time.monotonic()
    stand.sign_up(3)
    assert time.monotonic() - began < 2
    assert NumberInsightRecord.objects.filter(state="queued").count() == 3
    stand.redis.start()
    stand.worker()
    stand.heal()
    assert stand.sandbox.ledger.count() == 3


def test_row_02_a_broker_that_hangs_costs_a_signup_a_second_at_most(stand: Stand) -> None:
    stand.redis.pause()
    began = time.monotonic()
    stand.sign_up(3)
    assert time.monotonic() - began < 3  # RING_TIMEOUT once, then the bell is silent
    assert NumberInsightRecord.objects.filter(state="queued").count() == 3
    stand.redis.resume()
    stand.worker()
    stand.heal()
    assert stand.sandbox.ledger.count() == 3


def test_row_03_a_hundred_messages_that_die_with_the_broker_are_screened_and_paid_once(
    stand: Stand,
) -> None:
    stand.sign_up(100)
    stand.redis.kill()
    stand.redis.start()
    stand.worker(pool="threads", concurrency=4)
    stand.heal()
    assert stand.sandbox.ledger.count() == 100
    assert str(stand.sandbox.ledger.charged) == "3.00"


def test_row_04_what_a_broker_has_kept_and_the_sweep_rings_for_is_paid_once(stand: Stand) -> None:
    stand.redis.appendonly = True
    try:
        stand.redis.restart()
        stand.sign_up(100)
        assert until(lambda: len(messages(stand.redis)) >= 100 / BATCH_SIZE)
        kept = len(messages(stand.redis))
        stand.redis.kill()
        stand.redis.start()
        assert len(messages(stand.redis)) >= kept  # the file had them
        assert sweeps.sweep() == 100
        stand.worker(pool="threads", concurrency=4)
        stand.heal()
    finally:
        stand.redis.appendonly = False
        stand.redis.restart()
    assert stand.sandbox.ledger.count() == 100
    assert str(stand.sandbox.ledger.charged) == "3.00"


def test_row_08_a_bell_that_raises_costs_neither_the_signup_nor_what_comes_after_it(
    stand: Stand, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    def raises(*_: object, **__: object) -> bool:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(bell, "ring", raises)
    later: list[str] = []
    with transaction.atomic():
        sign_up(number(0))
        transaction.on_commit(lambda: later.append("the project's own"))
    assert later == ["the project's own"]
    assert client.post("/signup/", {"name": "Ada", "phone": number(1)}).status_code == 200
    monkeypatch.undo()
    stand.worker()
    stand.heal()
    assert stand.sandbox.ledger.count() == 2


def test_row_05_a_flushed_broker_loses_nothing(stand: Stand) -> None:
    stand.sandbox.behave("+46701700005", delay=0.5)
    stand.worker()
    stand.sign_up(10)
    with stand.redis.client() as client:
        client.flushall()
    stand.heal()
    assert stand.sandbox.ledger.count() == 10


def test_row_06_a_worker_goes_on_after_its_broker_was_restarted_three_times(stand: Stand) -> None:
    worker = stand.worker()
    for turn in range(3):
        stand.redis.restart()
        stand.sign_up(1, start=turn)
        if not stand.heals_within(20):
            # Now and then kombu's consumer does not get over it; a supervisor restarts it then.
            worker.kill()
            worker.start()
        stand.heal()
    assert stand.sandbox.ledger.count() == 3


def test_a_message_reaches_its_worker_without_any_sweep(stand: Stand) -> None:
    stand.worker()
    stand.sign_up(1)
    assert until(all_settled, 10)
