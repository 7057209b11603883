"""A real worker, a real broker, and answers that must not get lost once they are paid."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError

from number_insight import transactions
from number_insight.lookups import outcomes
from number_insight.models import NumberInsightRecord
from number_insight.providers.fake import Fake
from number_insight.screening import worker
from tests.support.servers import Redis
from tests.support.stage import PRICE, VIRTUAL, asking, logged, messages, money, record_of, sign_up
from tests.support.waiting import until


@pytest.fixture
def celery_worker(queue: Redis, subprocess_environment: dict[str, str]) -> Iterator[None]:
    """A Celery worker in a process of its own."""
    command = [sys.executable, "-m", "celery", "-A", "tests", "worker", "--pool", "solo"]
    quiet = ["--without-gossip", "--without-mingle", "--loglevel", "ERROR"]
    with subprocess.Popen(
        [*command, *quiet],
        env=subprocess_environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        yield
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


@pytest.mark.django_db(transaction=True)
def test_a_signup_is_screened_by_the_worker(celery_worker: None, queue: Redis) -> None:
    sign_up(VIRTUAL)
    assert until(lambda: NumberInsightRecord.objects.get().verdict == "review", seconds=30)
    assert until(lambda: NumberInsightRecord.objects.get().announced_verdict == "review")
    assert messages(queue) == []
    assert money() == (PRICE, "0")


@pytest.mark.django_db(transaction=True)
def test_a_paid_answer_is_saved_though_the_database_fails_for_a_while(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    keep, failures = outcomes.keep, [OperationalError("+46701740611")] * 3

    def stumble(*args: Any, **kwargs: Any) -> Any:
        if failures:
            raise failures.pop()
        return keep(*args, **kwargs)

    monkeypatch.setattr(transactions, "RETRY_PAUSES", (0.01,) * 5)
    monkeypatch.setattr(outcomes, "keep", stumble)
    with asking():
        record = record_of(VIRTUAL)
        worker.screen(record.pk)
    record.refresh_from_db()
    assert (record.verdict, len(Fake.asked), money()) == ("review", 1, (PRICE, "0"))
    ours = logged(caplog)
    assert len([line for line in ours if "OperationalError" in line]) == 3
    assert not any("701740611" in line for line in ours)
