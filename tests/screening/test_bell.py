"""A broker that is down costs a signup next to nothing, and loses no screening."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from number_insight.models import NumberInsightRecord
from number_insight.screening import sweeps, tasks
from number_insight.screening.bell import TRAFFIC, bell
from tests.support.servers import Redis
from tests.support.stage import CLEAN, celery_with, fake, messages, sign_up, sweep

pytestmark = pytest.mark.django_db(transaction=True)

MARGIN = 1.0
"""Seconds that a signup may take besides the ringing, on a machine that has much to do."""


@pytest.fixture
def half_open(queue: Redis) -> Iterator[Redis]:
    """A broker that accepts and never answers."""
    queue.pause()
    yield queue
    queue.resume()


@pytest.fixture
def refusing(queue: Redis) -> Iterator[Redis]:
    """A broker that is not there."""
    queue.stop()
    yield queue
    queue.start()


def seconds_of_a_signup() -> float:
    start = time.monotonic()
    sign_up()
    return time.monotonic() - start


def test_a_broker_that_never_answers_holds_one_signup_and_only_for_the_timeout(
    half_open: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    first, second, third = (seconds_of_a_signup() for _ in range(3))
    assert 1.0 <= first < 1.0 + MARGIN
    assert second < 0.5 and third < 0.5
    assert NumberInsightRecord.objects.filter(state="queued").count() == 3
    ours = [r for r in caplog.records if r.name == "number_insight.screening.bell"]
    assert [r.levelno for r in ours] == [logging.ERROR]
    assert "the record is kept, and the sweep will screen it" in ours[0].getMessage()


def test_a_site_that_names_no_broker_logs_no_error_and_tries_one_once_an_hour(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    tries: list[int] = []

    def fail(_doorbell: object, record_id: int, _after: timedelta) -> None:
        tries.append(record_id)
        raise ConnectionRefusedError

    monkeypatch.setattr(tasks.Celery, "publish", fail)
    clock = time.monotonic
    for later in (0, 31, 3000):
        with monkeypatch.context() as clocks:
            told = SimpleNamespace(monotonic=lambda ahead=later: clock() + ahead, sleep=time.sleep)
            clocks.setattr("number_insight.screening.bell.time", told)
            with celery_with(broker_url=None):
                sign_up()
    ours = [r for r in caplog.records if r.name.startswith("number_insight")]
    assert [r.levelno for r in ours if r.levelno >= logging.WARNING] == []
    assert (len(tries), [r.getMessage() for r in ours]) == (
        1,
        ["No broker is configured, so the sweep screens all records."],
    )


def test_celery_settings_that_cannot_be_read_break_no_signup(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_args: object) -> None:
        raise ImproperlyConfigured

    monkeypatch.setattr(tasks.Celery, "publish", fail)
    monkeypatch.setattr("number_insight.screening.tasks.current_app", None)
    sign_up()
    assert NumberInsightRecord.objects.count() == 1


def test_the_timeout_is_a_setting(half_open: Redis) -> None:
    with override_settings(NUMBER_INSIGHT=fake(RING_TIMEOUT=timedelta(milliseconds=100))):
        assert seconds_of_a_signup() < 0.1 + MARGIN


def test_a_broker_that_refuses_costs_a_signup_no_more(refusing: Redis) -> None:
    first, second = seconds_of_a_signup(), seconds_of_a_signup()
    assert first < 1.0 + MARGIN
    assert second < 0.5
    assert NumberInsightRecord.objects.filter(state="queued").count() == 2


def test_under_traffic_a_broker_that_stops_answering_holds_nobody(
    queue: Redis, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(TRAFFIC):
        sign_up()
    queue.pause()
    try:
        began = time.monotonic()
        took = [seconds_of_a_signup()]
        while time.monotonic() - began < 1.5:
            took.append(seconds_of_a_signup())
            time.sleep(0.05)
    finally:
        queue.resume()
    assert max(took) < 0.5
    ours = [r for r in caplog.records if r.name == "number_insight.screening.bell"]
    assert [r.levelno for r in ours] == [logging.ERROR]
    assert sweeps.sweep() == TRAFFIC + len(took)


def test_under_traffic_one_message_is_for_several_signups(queue: Redis) -> None:
    for _ in range(40):
        sign_up()
    bell.finish()
    assert 1 <= len(messages(queue)) < 40
    while found := messages(queue):
        with queue.client() as client:
            client.delete("celery")
        for message in found:
            tasks.screen_record(*message["body"][0])
    assert not NumberInsightRecord.objects.filter(verdict="pending").exists()


def test_a_process_that_ends_rings_for_the_last_as_well(queue: Redis) -> None:
    for _ in range(TRAFFIC + 1):
        sign_up()
    bell.finish()
    assert len(messages(queue)) == TRAFFIC + 1


def test_the_sweep_is_not_silenced_by_what_failed_before(queue: Redis) -> None:
    queue.pause()
    sign_up()
    queue.resume()
    sign_up()  # the process is silent now
    with queue.client() as client:
        client.flushall()
    assert sweeps.sweep() == 2
    # What hung before may still come through, and does no harm.
    assert len({message["body"][0][0] for message in messages(queue)}) == 2


def test_a_site_without_a_broker_screens_by_the_sweep(refusing: Redis) -> None:
    sign_up()
    sweep()
    assert NumberInsightRecord.objects.get().verdict == "allow"


def test_a_sweep_without_a_broker_ends_after_the_first_failure(refusing: Redis) -> None:
    for _ in range(3):
        sign_up()
    start = time.monotonic()
    assert sweeps.sweep() == 0
    assert time.monotonic() - start < 1.0 + MARGIN


def test_eager_celery_screens_on_commit() -> None:
    with celery_with(task_always_eager=True):
        customer = sign_up(CLEAN)
    assert customer.get_phone_record().verdict == "allow"
