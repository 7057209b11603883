"""The sweep finds every record whose message was lost."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from number_insight import exceptions
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.providers.fake import Fake
from number_insight.screening import screen, sweeps, tasks, worker
from tests.support.programs import heed_interrupts
from tests.support.servers import Redis
from tests.support.stage import (
    CLEAN,
    PRICE,
    VIRTUAL,
    asking,
    command,
    messages,
    money,
    screened,
    sweep,
)
from tests.support.waiting import until

OTHER = "+46701740615"

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_it_rings_for_what_has_lost_its_message(queue: Redis) -> None:
    record = screen(CLEAN)
    with queue.client() as client:
        client.flushall()
    assert sweeps.sweep() == 1
    assert [message["body"][0] for message in messages(queue)] == [[record.pk]]


@pytest.mark.django_db(transaction=True)
def test_the_task_leaves_fresh_records_to_their_message(queue: Redis) -> None:
    screen(CLEAN)
    assert tasks.sweep_task() == 0
    NumberInsightRecord.objects.update(created_at=timezone.now() - timedelta(seconds=31))
    assert tasks.sweep_task() == 1


def test_inline_it_does_the_work_itself() -> None:
    with asking():
        records = [screen(CLEAN), screen(VIRTUAL), screen("nonsense")]
        out = command("sweep", "--inline")
    found = NumberInsightRecord.objects.order_by("pk").values_list("verdict", flat=True)
    assert list(found) == ["allow", "review", "deny"]
    assert out == f"{len(records)} records screened.\n"


@pytest.mark.parametrize(
    ("numbers", "printed"),
    [
        ([CLEAN], "1 record was due, and 1 still waits for a verdict."),
        ([CLEAN, VIRTUAL], "2 records were due, and 1 still waits for a verdict."),
        ([CLEAN, OTHER, VIRTUAL], "3 records were due, and 2 still wait for a verdict."),
    ],
)
def test_it_calls_no_record_screened_that_the_provider_did_not_answer(
    numbers: list[str], printed: str
) -> None:
    down = exceptions.NotSent("The line is down.")
    with asking({CLEAN: down, OTHER: down}):
        for number in numbers:
            screen(number)
        out = command("sweep", "--inline")
    waiting = NumberInsightRecord.objects.filter(verdict="pending").count()
    assert waiting == len(set(numbers) - {VIRTUAL})
    assert out == f"{printed}\n"


@pytest.mark.parametrize(
    ("options", "printed"),
    [
        ({}, ["1 record screened."]),
        ({"verbosity": 2}, ["1 record screened.", "0 records screened.", "0 records screened."]),
    ],
)
def test_in_a_loop_an_idle_sweep_prints_no_line(
    options: dict[str, int], printed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses = iter([None, None])

    def rest(_seconds: float) -> None:
        if next(pauses, KeyboardInterrupt) is KeyboardInterrupt:
            raise KeyboardInterrupt

    module = "number_insight.management.commands.number_insight_sweep"
    monkeypatch.setattr(f"{module}.time", SimpleNamespace(sleep=rest))
    monkeypatch.setattr(f"{module}.close_old_connections", lambda: None)  # the test's own
    screen(CLEAN)
    with asking():
        out = command("sweep", "--inline", "--loop", "5", **options)
    assert out.splitlines() == [*printed, "Stopped."]


def test_one_poisoned_record_does_not_keep_the_others_waiting(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assess = worker.screen
    first, second = screen(CLEAN), screen(VIRTUAL)

    def stumble(record_id: int, **options: Any) -> Any:
        if record_id == first.pk:
            raise ZeroDivisionError
        return assess(record_id, **options)

    monkeypatch.setattr(worker, "screen", stumble)
    with asking():
        sweep()
    second.refresh_from_db()
    assert second.verdict == "review"
    assert f"Record {first.pk} could not be screened" in caplog.text


def test_it_settles_what_waits_for_a_finished_lookup() -> None:
    with asking():
        record = screened(VIRTUAL)
        NumberInsightRecord.objects.update(state="waiting", verdict="pending", score=0)
        sweep()
    record.refresh_from_db()
    assert (record.state, record.verdict, record.score) == ("screened", "review", 30)
    assert (len(Fake.asked), money()) == (1, (PRICE, "0"))


@pytest.mark.parametrize("state", ["failed", "uncertain", "no_callback"])
def test_it_settles_what_waits_for_a_lookup_that_will_not_answer(state: str) -> None:
    with asking({CLEAN: exceptions.Busy("busy")}):
        record = screened()
        Lookup.objects.update(state=state, open_key=None)
        sweep()
    record.refresh_from_db()
    assert (record.state, record.verdict, record.lane) == ("failed", "review", "no_answer")


@pytest.mark.parametrize("pause", ["0", "-1"])
def test_a_loop_needs_a_pause(pause: str) -> None:
    with pytest.raises(CommandError, match="--loop needs a positive number of seconds."):
        call_command("number_insight_sweep", f"--loop={pause}")


def test_a_loop_screens_what_comes_and_stops_when_it_is_interrupted(
    subprocess_environment: dict[str, str], transactional_db: None
) -> None:
    record = screen(CLEAN)
    command = [sys.executable, "-m", "django", "number_insight_sweep", "--inline", "--loop", "0.1"]
    with subprocess.Popen(
        command,
        env=subprocess_environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=heed_interrupts,
    ) as process:
        try:
            assert until(lambda: NumberInsightRecord.objects.get(pk=record.pk).verdict == "allow")
            later = screen(VIRTUAL)
            assert until(lambda: NumberInsightRecord.objects.get(pk=later.pk).verdict == "review")
        finally:
            process.send_signal(signal.SIGINT)
            out, errors = process.communicate(timeout=10)
    assert process.returncode == 0
    assert out.decode().endswith("Stopped.\n")
    assert b"Traceback" not in errors
