"""Messages come too often, from older versions, as a thundering herd, or for deleted rows."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from number_insight.lookups import expiry
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.screening import batch, screen, sweeps, worker
from tests.celery import app
from tests.chaos.processes import ROOT
from tests.chaos.stage import PATIENCE, Stand, all_settled, number
from tests.models import Customer
from tests.support.records import unwritable
from tests.support.stage import money, sign_up, sweep, work_off
from tests.support.waiting import at_once, until

pytestmark = pytest.mark.django_db(transaction=True)

DIES_BEFORE_RINGING = """
import os
import django
django.setup()
from number_insight.screening.bell import bell
from tests.support.stage import sign_up
bell.ring = lambda *_args, **_kwargs: os._exit(9)
sign_up("{number}")
"""


def test_row_07_a_process_that_dies_after_the_commit_has_lost_nothing(stand: Stand) -> None:
    program = DIES_BEFORE_RINGING.format(number=number(0))
    died = subprocess.run(
        [sys.executable, "-c", program],
        env={**stand.environment, "PYTHONPATH": str(ROOT)},
        timeout=60,
        check=False,
    )
    assert (died.returncode, NumberInsightRecord.objects.get().state) == (9, "queued")
    stand.worker()
    stand.heal()
    assert stand.sandbox.ledger.count() == 1


def test_row_09_what_is_rolled_back_is_not_asked(stand: Stand) -> None:
    stand.worker()
    with transaction.atomic():
        Customer.objects.create(name="Ada", phone=number(0))
        transaction.set_rollback(True)
    stand.sign_up(1, start=1)
    assert until(all_settled, PATIENCE)
    assert [entry.number for entry in stand.sandbox.ledger.entries] == [number(1)]
    assert NumberInsightRecord.objects.count() == 1


def test_rows_17_and_18_fifty_messages_and_those_of_another_version_ask_once(stand: Stand) -> None:
    stand.sandbox.behave(number(0), delay=0.5)
    worker = stand.worker(pool="threads", concurrency=8)
    (customer,) = stand.sign_up(1)
    pk = customer.get_phone_record().pk
    for _ in range(50):
        app.send_task("number_insight.screen", args=(pk,), kwargs={"attempt": 3})
    assert until(lambda: worker.said().count("succeeded in") >= 51, PATIENCE), stand.plight()
    assert (stand.sandbox.ledger.count(), money()) == (1, ("0.03", "0"))


def test_row_61_a_clock_that_is_wrong_ends_nobodys_lease(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand.sandbox.behave(number(0), delay=1)
    record = screen(number(0))
    right = timezone.now

    def work(index: int) -> None:
        if not index:
            return work_off(record.pk)
        assert until(stand.sandbox.ledger.count)
        monkeypatch.setattr(timezone, "now", lambda: right() + timedelta(hours=2))
        assert expiry.expire() == []
        return monkeypatch.undo()

    at_once(2, work)
    assert (Lookup.objects.get().state, stand.sandbox.ledger.count()) == ("answered", 1)


def test_row_62_what_cannot_be_judged_comes_before_a_person_and_holds_up_nobody(
    stand: Stand,
) -> None:
    stand.sandbox.behave(number(1), fault="half")
    with unwritable(number(0)):
        stand.worker()
        stand.sign_up(5)
        stand.heal()
    poisoned = NumberInsightRecord.objects.get(number=number(0))
    assert (poisoned.verdict, poisoned.lane) == ("review", "fault")
    states = Counter(Lookup.objects.values_list("state", flat=True))
    assert states == {"answered": 4, "uncertain": 1}
    assert stand.sandbox.ledger.count() == 5


def test_row_62_what_raises_for_a_day_comes_before_a_person(
    stand: Stand, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = screen(number(0))
    monkeypatch.setattr(batch.planning, "plans", lambda *_, **__: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        worker.screen(record.pk)
    NumberInsightRecord.objects.update(created_at=timezone.now() - timedelta(hours=25))
    sweep()
    record.refresh_from_db()
    assert (record.verdict, record.lane, record.state) == ("review", "fault", "failed")


def test_row_63_five_sweeps_and_two_beats_at_once_screen_everything_once(stand: Stand) -> None:
    for index in range(20):
        screen(number(index))
    stand.worker(pool="threads", concurrency=4)

    def beat(index: int) -> None:
        if index < 5:
            sweeps.sweep(inline=index < 2)
        else:
            app.send_task("number_insight.sweep")

    at_once(7, beat)
    stand.heal()
    assert stand.sandbox.ledger.count() == 20
    assert money() == ("0.6", "0")


def test_row_64_a_thundering_herd_keeps_to_the_rate_limit(stand: Stand) -> None:
    stand.configure(THROUGHPUT=20)
    for index in range(300):
        screen(number(index))
    workers = [stand.worker(pool="threads", concurrency=4) for _ in range(2)]
    if not until(all_settled, 60):  # by the messages alone, on a machine that is not too busy
        stand.heal(seconds=120, every=20)
    moments = sorted(entry.at.timestamp() for entry in stand.sandbox.ledger.entries)
    assert len(moments) == 300
    most = max(sum(1 for moment in moments if 0 <= moment - at < 1) for at in moments)
    assert most <= 22, "more than THROUGHPUT and a tenth in one second"
    assert all("Traceback" not in worker.said() for worker in workers)


@pytest.mark.parametrize("gone", ["record", "customer", "lookup"])
def test_row_65_what_is_deleted_during_the_call_does_not_come_back(stand: Stand, gone: str) -> None:
    stand.sandbox.behave(number(0), delay=0.6)
    customer = sign_up(number(0))
    record = customer.get_phone_record()

    def work(index: int) -> None:
        if not index:
            return work_off(record.pk)
        assert until(stand.sandbox.ledger.count)
        rows: dict[str, Any] = {"record": NumberInsightRecord, "customer": Customer}
        rows.get(gone, Lookup).objects.all().delete()
        return None

    at_once(2, work)
    if gone == "lookup":  # its record begins anew; the first request is lost with its lookup
        sweep()
        stand.sandbox.ledger.reset()
    assert NumberInsightRecord.objects.exclude(state="screened").count() == 0
    assert NumberInsightRecord.objects.count() == (0 if gone == "record" else 1)
    Customer.objects.all().delete()


def test_row_66_a_number_that_is_edited_during_the_call_has_a_record_of_its_own(
    stand: Stand,
) -> None:
    stand.sandbox.behave(number(0), delay=0.6)
    customer = sign_up(number(0))
    first = customer.get_phone_record()

    def work(index: int) -> None:
        if not index:
            return work_off(first.pk)
        assert until(stand.sandbox.ledger.count)
        customer.phone = number(1)
        customer.save()
        return None

    at_once(2, work)
    sweep()
    seen = NumberInsightRecord.objects.order_by("pk").values_list("number", "lookup__number")
    assert list(seen) == [(number(0), number(0)), (number(1), number(1))]
    assert customer.get_phone_record().number == number(1)
