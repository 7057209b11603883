"""The bell in a process with many threads, in one that was forked, and in one without workers."""

from __future__ import annotations

import contextlib
import os
import select
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from number_insight import exceptions
from number_insight.doorbells import Doorbell
from number_insight.models import NumberInsightRecord
from number_insight.providers.fake import Fake
from number_insight.screening import tasks
from number_insight.screening.bell import TRAFFIC, Bell, Ringer, bell
from tests.support.servers import Redis
from tests.support.stage import CLEAN, asking, celery_with, messages, sign_up
from tests.support.waiting import at_once

SECOND = timedelta(seconds=1)


@pytest.fixture
def eager() -> Iterator[None]:
    """Celery as many projects set it for their own tests."""
    with celery_with(task_always_eager=True):
        yield


class Scripted(Doorbell):
    """A doorbell that publishes by a function of the test."""

    label = "The test"

    def __init__(self, publish: Callable[[int, timedelta], None]) -> None:
        self.publish = publish  # type: ignore[method-assign]


def nothing() -> None:
    """Do nothing, as a broker that answers at once does."""


@pytest.mark.django_db(transaction=True)
def test_the_messages_alone_bring_every_signup_of_a_crowd_to_its_verdict(queue: Redis) -> None:
    numbers = [f"+4670{index:03}40605" for index in range(100, 300)]
    with asking(LIMITS={}, BUDGET={"day": None}, THROUGHPUT=10_000):
        at_once(8, lambda index: [sign_up(number) for number in numbers[index::8]])
        bell.finish()
        with queue.client() as client:
            while found := messages(queue):
                client.delete("celery")
                for message in found:
                    tasks.screen_record(*message["body"][0])
    assert NumberInsightRecord.objects.count() == 200
    assert not NumberInsightRecord.objects.filter(verdict="pending").exists()
    assert len(Fake.asked) == 200


def test_threads_that_ring_first_at_once_all_send_their_message() -> None:
    for _ in range(30):
        ringer = Ringer()
        at_once(8, lambda _index, ringer=ringer: ringer.do(nothing, SECOND))
        ringer.give_up()


def test_a_process_that_is_forked_under_traffic_rings_by_itself() -> None:
    receiving, sending = os.pipe()

    def publish(record_id: int, _after: timedelta) -> None:
        os.write(sending, b"%d " % record_id)

    bell = Bell(lambda: Scripted(publish))
    for _ in range(TRAFFIC + 1):
        bell.ring(1, may_wait=True)
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):  # a test's child must not run the others
            for _ in range(TRAFFIC + 1):
                bell.ring(2, may_wait=True)
            bell.finish()
        os._exit(0)
    bell.finish()
    os.waitpid(child, 0)
    assert select.select([receiving], [], [], 0)[0]
    heard = os.read(receiving, 1000).split()
    assert (heard.count(b"1"), heard.count(b"2")) == (TRAFFIC + 1, TRAFFIC + 1)


def test_a_process_that_ends_waits_for_what_is_being_sent() -> None:
    sent = []

    def publish(record_id: int, _after: timedelta) -> None:
        if len(sent) >= TRAFFIC:
            time.sleep(0.2)
        sent.append(record_id)

    bell = Bell(lambda: Scripted(publish))
    for _ in range(TRAFFIC + 1):
        bell.ring(1, may_wait=True)
    time.sleep(0.1)
    bell.finish()
    assert len(sent) == TRAFFIC + 1


@pytest.mark.django_db(transaction=True)
def test_eager_celery_leaves_to_the_sweep_what_has_to_wait(eager: None) -> None:
    with asking({CLEAN: exceptions.NotSent("The line is down.")}):
        customer = sign_up()
    record = customer.get_phone_record()
    assert record is not None
    assert (record.state, record.note) == ("waiting", "The line is down.")
    assert len(Fake.asked) == 1
