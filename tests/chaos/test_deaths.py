"""Workers die at every point; at most one request is made, and every record gets its verdict."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest

from number_insight.models import Lookup, NumberInsightRecord
from number_insight.screening.batch import BATCH_SIZE
from tests.chaos.stage import Stand, all_settled, end_leases, number
from tests.support.stage import money
from tests.support.waiting import until

MANY = 20
"""More than one task takes along."""
pytestmark = pytest.mark.django_db(transaction=True)

POINTS = [
    ("before_claim", 1, "answered"),
    ("inside_claim_transaction", 1, "answered"),
    ("after_claim", 0, "uncertain"),
    ("after_call_before_save", 1, "uncertain"),
    ("inside_save_transaction", 1, "uncertain"),
    ("after_save_before_ack", 1, "answered"),
]


@pytest.mark.parametrize(("point", "requests", "state"), POINTS, ids=[point[0] for point in POINTS])
def test_rows_15_and_16_a_worker_that_dies_here_has_asked_once_at_most(
    stand: Stand, point: str, requests: int, state: str
) -> None:
    stand.worker(crash=point, pool="prefork", concurrency=1)
    stand.sign_up(1)
    assert until((stand.directory / "died").exists, 20), stand.plight()
    end_leases()
    stand.heal()
    assert (stand.sandbox.ledger.count(), Lookup.objects.get().state) == (requests, state)
    assert money() == (("0.03", "0") if state == "answered" else ("0", "0.03"))


def test_row_15_a_callback_heals_what_a_dead_worker_has_left(
    stand: Stand, live_server: Any
) -> None:
    stand.configure(DELIVERY="async", CALLBACK_BASE_URL=live_server.url)
    stand.worker(crash="after_call_before_save", pool="prefork", concurrency=1)
    stand.sign_up(1)
    stand.heal()
    assert (stand.sandbox.ledger.count(), Lookup.objects.get().state) == (1, "answered")
    assert money() == ("0.03", "0")


@pytest.mark.parametrize("celery", [{}, {"task_acks_late": True}], ids=["early", "late"])
def test_rows_10_and_12_the_sweep_finds_what_the_broker_has_forgotten(
    stand: Stand, celery: dict[str, bool]
) -> None:
    stand.sandbox.behave(number(0), delay=1)
    first = stand.worker(pool="prefork", concurrency=1, celery=celery)
    stand.sign_up(MANY)
    assert until(stand.sandbox.ledger.count, 20)
    os.kill(first.pids[0], signal.SIGKILL) if celery else first.kill()
    end_leases()
    if not celery:
        stand.worker()
    stand.heal()
    uncertain = Lookup.objects.filter(state="uncertain").count()
    assert 1 <= uncertain <= BATCH_SIZE, "more than one task had claimed"
    assert Lookup.objects.filter(state="answered").count() == MANY - uncertain
    assert MANY - uncertain < stand.sandbox.ledger.count() <= MANY


def test_row_11_a_message_that_is_delivered_again_buys_nothing_again(stand: Stand) -> None:
    stand.sandbox.behave(number(0), delay=1)
    late = {"task_acks_late": True, "task_reject_on_worker_lost": True}
    worker = stand.worker(pool="prefork", concurrency=1, celery=late)
    stand.sign_up(1)
    assert until(stand.sandbox.ledger.count, 20)
    os.kill(worker.pids[0], signal.SIGKILL)
    assert until(lambda: worker.said().count("received") >= 2, 20), worker.said()
    end_leases()
    stand.heal()
    assert (stand.sandbox.ledger.count(), Lookup.objects.get().state) == (1, "uncertain")


def test_row_13_and_14_a_task_that_outlives_the_visibility_timeout_buys_once(stand: Stand) -> None:
    stand.sandbox.behave(number(0), delay=4)
    transport = {
        "visibility_timeout": 1,
        "unacked_restore_interval": 1,
        "unacked_restore_throttle": 1,
    }
    late = {"task_acks_late": True, "broker_transport_options": transport}
    worker = stand.worker(pool="prefork", concurrency=2, celery=late)
    other = stand.worker(celery=late)
    stand.sign_up(1)

    def deliveries() -> int:
        return sum(each.said().count("] received") for each in (worker, other))

    assert until(lambda: deliveries() >= 2, 20), "delivered once only, so nothing was shown"
    assert until(all_settled, 20)
    assert stand.sandbox.ledger.count() == 1


def test_row_68_a_worker_that_is_asked_to_end_finishes_its_call(stand: Stand) -> None:
    stand.sandbox.behave(number(0), delay=1.5)
    worker = stand.worker(pool="prefork", concurrency=1)
    stand.sign_up(1)
    assert until(stand.sandbox.ledger.count, 20)
    worker.terminate()
    assert NumberInsightRecord.objects.get().verdict == "allow"
    assert money() == ("0.03", "0")
