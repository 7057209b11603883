"""Django's own tasks ring as Celery does: bounded, quiet after a failure, and never twice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import django
import pytest
from django.test import override_settings

from number_insight import exceptions
from number_insight.checks import check_deployment, check_settings
from number_insight.models import NumberInsightRecord
from number_insight.providers.fake import Fake
from number_insight.screening import sweeps
from number_insight.screening.bell import TRAFFIC, bell
from tests.support.stage import CLEAN, asking, fake, sign_up

if django.VERSION < (6, 0):
    pytest.skip("Django's tasks came with Django 6.0", allow_module_level=True)

from tests.support import queues

pytestmark = pytest.mark.django_db(transaction=True)

IMMEDIATE = "django.tasks.backends.immediate.ImmediateBackend"
DUMMY = "django.tasks.backends.dummy.DummyBackend"


@pytest.fixture(autouse=True)
def ringing() -> Iterator[None]:
    """A site that rings through a queue in memory."""
    queues.Queue.reset()
    with tasks_of("tests.support.queues.Queue"), asking(DOORBELL="tasks", LIMITS={}):
        yield
    queues.Queue.release.set()


def tasks_of(backend: str, **params: Any) -> override_settings:
    return override_settings(TASKS={"default": {"BACKEND": backend, **params}})


def test_a_message_carries_one_key_and_a_worker_screens_with_it() -> None:
    customer = sign_up(CLEAN)
    record = customer.get_phone_record()
    assert queues.Queue.arguments() == [(record.pk,)]
    queues.Queue.work()
    record.refresh_from_db()
    assert record.verdict == "allow"


def test_a_message_that_comes_twice_pays_once() -> None:
    sign_up(CLEAN)
    queues.Queue.waiting *= 2
    queues.Queue.work()
    assert len(Fake.asked) == 1


def test_under_traffic_one_message_is_for_several_signups() -> None:
    for index in range(40):
        sign_up(f"+46701740{605 + index}")
    bell.finish()
    assert TRAFFIC < len(queues.Queue.waiting) < 40
    while queues.Queue.waiting:
        queues.Queue.work()
    assert not NumberInsightRecord.objects.filter(verdict="pending").exists()


def test_a_queue_that_hangs_holds_one_signup_and_only_for_the_timeout(
    caplog: pytest.LogCaptureFixture,
) -> None:
    queues.Queue.release.clear()
    took = []
    with asking(DOORBELL="tasks", RING_TIMEOUT=timedelta(seconds=0.3)):
        for _ in range(3):
            start = time.monotonic()
            sign_up(CLEAN)
            took.append(time.monotonic() - start)
    assert 0.3 <= took[0] < 1.3
    assert max(took[1:]) < 0.3
    assert NumberInsightRecord.objects.filter(state="queued").count() == 3
    (logged,) = (r for r in caplog.records if r.name == "number_insight.screening.bell")
    assert logged.getMessage().startswith("Django's task backend could not be rung (TimeoutError)")


def test_after_a_failure_a_process_is_silent_and_the_sweep_rings_again() -> None:
    queues.Queue.error = ConnectionRefusedError()
    sign_up(CLEAN)
    queues.Queue.error = None
    sign_up(CLEAN)
    assert (queues.Queue.tried, queues.Queue.waiting) == (1, [])
    assert sweeps.sweep() == 2
    assert len(queues.Queue.waiting) == 2


def test_a_retry_with_a_delay_is_enqueued_for_later() -> None:
    with asking({CLEAN: exceptions.NotSent("The line is down.")}, DOORBELL="tasks"):
        sign_up(CLEAN)
        queues.Queue.work()
    ((task, _arguments),) = queues.Queue.waiting
    assert task.run_after is not None


def test_a_backend_that_cannot_delay_leaves_a_retry_to_the_sweep() -> None:
    answers = {CLEAN: exceptions.NotSent("The line is down.")}
    with tasks_of("tests.support.queues.Plain"), asking(answers, DOORBELL="tasks"):
        sign_up(CLEAN)
        queues.Queue.work()
    assert queues.Queue.waiting == []


def test_the_immediate_backend_screens_on_commit_and_leaves_retries_to_the_sweep() -> None:
    with tasks_of(IMMEDIATE):
        assert sign_up(CLEAN).get_phone_record().verdict == "allow"
        with asking({CLEAN: exceptions.NotSent("The line is down.")}, DOORBELL="tasks"):
            assert sign_up(CLEAN).get_phone_record().state in ("waiting", "screened")


def test_a_task_that_fails_tells_its_queue_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_options: Any) -> None:
        raise ValueError(CLEAN)

    sign_up(CLEAN)
    monkeypatch.setattr("number_insight.screening.worker.screen", fail)
    with pytest.raises(exceptions.Unfinished) as caught:
        queues.Queue.work()
    assert CLEAN[3:] not in str(caught.value)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def found_by(check: Any, backend: str, **params: Any) -> dict[str, str]:
    with tasks_of(backend, **params), override_settings(NUMBER_INSIGHT=fake(DOORBELL="tasks")):
        return {str(each.id).partition(".")[2]: str(each.msg) for each in check()}


@pytest.mark.parametrize(
    ("backend", "expected"),
    [(IMMEDIATE, {"W050"}), (DUMMY, {"W051"}), ("tests.support.queues.Queue", set())],
)
def test_a_backend_that_hands_nothing_to_a_worker_is_reported(
    backend: str, expected: set[str]
) -> None:
    assert {"W050", "W051"} & set(found_by(check_deployment, backend)) == expected


def test_a_backend_that_cannot_be_loaded_is_reported_in_a_sentence() -> None:
    told = found_by(check_settings, "nowhere.Backend")["E050"]
    assert told.startswith("NUMBER_INSIGHT['DOORBELL'] 'tasks' cannot be loaded: ")
    assert "nowhere.Backend" in told


def test_a_backend_without_the_default_queue_is_reported_in_a_sentence() -> None:
    told = found_by(check_settings, "tests.support.queues.Queue", QUEUES=["mail"])["E050"]
    assert "Queue 'default' is not valid for backend." in told
