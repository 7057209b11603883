"""Django's tasks with a queue in the database: it is gone, locked or emptied, and workers die."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.db import connection
from django.tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from number_insight.models import Lookup, NumberInsightRecord
from number_insight.screening.batch import BATCH_SIZE
from tests.chaos.queued.conftest import QueuedStand
from tests.chaos.stage import all_settled, end_leases, number
from tests.support.stage import logged
from tests.support.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

QUEUE = DBTaskResult._meta.db_table
MANY = 20
"""More than one task takes along."""


@contextmanager
def missing_queue() -> Iterator[None]:
    """Have no table for the tasks inside the block."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {QUEUE} RENAME TO gone")
        yield
        cursor.execute(f"ALTER TABLE gone RENAME TO {QUEUE}")


@contextmanager
def locked_queue() -> Iterator[None]:
    """Have another session hold the table of the tasks inside the block."""
    place = connection.settings_dict
    server = f"postgresql://postgres@127.0.0.1:{place['PORT']}/{place['NAME']}"
    with psycopg.connect(server) as other:
        other.execute(f"LOCK TABLE {QUEUE} IN ACCESS EXCLUSIVE MODE")
        yield


def test_row_72_a_task_queue_that_is_gone_costs_a_signup_no_time(
    stand: QueuedStand, caplog: pytest.LogCaptureFixture
) -> None:
    with missing_queue():
        began = time.monotonic()
        stand.sign_up(3)
        assert time.monotonic() - began < 2
    assert NumberInsightRecord.objects.filter(state="queued").count() == 3
    told = [line for line in logged(caplog) if line.startswith("Django's task backend")]
    assert len(told) == 1  # then the bell is silent
    stand.worker()
    stand.heal()
    assert stand.sandbox.ledger.count() == 3


def test_row_73_a_task_queue_that_hangs_costs_a_signup_a_second_at_most(stand: QueuedStand) -> None:
    with locked_queue():
        began = time.monotonic()
        stand.sign_up(3)
        assert time.monotonic() - began < 3  # RING_TIMEOUT once, then the bell is silent
    assert NumberInsightRecord.objects.filter(state="queued").count() == 3
    stand.worker()
    stand.heal()
    assert stand.sandbox.ledger.count() == 3


def test_row_74_an_emptied_task_queue_loses_nothing(stand: QueuedStand) -> None:
    stand.sign_up(MANY)
    assert until(lambda: DBTaskResult.objects.exists())
    DBTaskResult.objects.all().delete()
    stand.worker()
    stand.heal()
    assert stand.sandbox.ledger.count() == MANY


def test_row_75_the_sweep_makes_up_for_the_task_of_a_worker_that_was_killed(
    stand: QueuedStand,
) -> None:
    stand.sandbox.behave(number(0), delay=2)
    first = stand.worker()
    stand.sign_up(MANY)
    assert until(stand.sandbox.ledger.count, 20), stand.plight()
    first.kill()
    end_leases()
    stand.worker()
    stand.heal()
    uncertain = Lookup.objects.filter(state="uncertain").count()
    assert 1 <= uncertain <= BATCH_SIZE, "more than one task had claimed"
    assert Lookup.objects.filter(state="answered").count() == MANY - uncertain
    assert MANY - uncertain < stand.sandbox.ledger.count() <= MANY
    # The backend gives a dead worker's task to nobody else, so that the sweep alone can help.
    assert DBTaskResult.objects.filter(status=TaskResultStatus.RUNNING).count() == 1


def test_row_76_a_task_that_is_enqueued_fifty_times_is_paid_once(stand: QueuedStand) -> None:
    stand.sign_up(1)
    (task,) = DBTaskResult.objects.all()
    for _ in range(49):
        task.task.enqueue(*task.args_kwargs["args"])
    workers = [stand.worker() for _ in range(2)]
    assert until(lambda: not DBTaskResult.objects.ready().exists(), 30), stand.plight()
    assert until(all_settled, 10)
    assert stand.sandbox.ledger.count() == 1
    assert all(worker.is_running for worker in workers)


def test_a_task_reaches_its_worker_without_any_sweep(stand: QueuedStand) -> None:
    stand.worker()
    stand.sign_up(1)
    assert until(all_settled, 10), stand.plight()
