"""The provider hangs, drips, floods, refuses, runs out of credit, or is gone."""

from __future__ import annotations

import time

import pytest
from django.utils import timezone

from number_insight.models import Circuit, Lookup, NumberInsightRecord
from number_insight.screening import screen
from number_insight.screening.batch import BATCH_SIZE
from tests.chaos.stage import PATIENCE, Stand, all_taken, number
from tests.support.servers import free_port
from tests.support.stage import money, sweep, work_off
from tests.support.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)

LOST = ["hang", "drip", "drip_headers", "huge", "half", "empty", "html", "close", "302", "307"]
WORKERS = 2
IN_FLIGHT = WORKERS * BATCH_SIZE
"""So many may be asked at once, and have been when the first answer says that it is no use."""
MANY = 60


@pytest.mark.parametrize("fault", LOST)
def test_rows_40_to_43_a_lost_answer_is_asked_for_once_and_in_time(
    stand: Stand, fault: str
) -> None:
    stand.configure(timeout=1)
    stand.sandbox.behave(number(0), fault=fault)
    record = screen(number(0))
    began = time.monotonic()
    work_off(record.pk)
    assert time.monotonic() - began < 3
    for _ in range(3):
        sweep()
    record.refresh_from_db()
    assert (Lookup.objects.get().state, record.verdict) == ("uncertain", "review")
    assert (stand.sandbox.ledger.count(), money()) == (1, ("0", "0.03"))


def test_row_46_a_busy_provider_is_asked_again_and_paid_once(stand: Stand) -> None:
    stand.sandbox.behave(number(0), status=1, times=2)
    stand.worker()
    stand.sign_up(1)
    stand.heal()
    assert stand.sandbox.ledger.count() == 3
    assert money() == ("0.03", "0")


@pytest.mark.parametrize("trouble", ["credit", "credentials"])
def test_rows_47_and_48_missing_credit_and_bad_credentials_open_the_circuit_for_all_workers(
    stand: Stand, trouble: str
) -> None:
    if trouble == "credit":
        stand.sandbox.ledger.set_balance(0)
    else:
        for index in range(MANY):
            stand.sandbox.behave(number(index), status=4)
    stand.worker(pool="threads", concurrency=WORKERS)
    stand.sign_up(MANY)
    stand.sweep_until(all_taken)
    assert 1 <= stand.sandbox.ledger.count() <= IN_FLIGHT
    assert NumberInsightRecord.objects.filter(verdict="pending").count() == MANY
    assert money() == ("0", "0")
    asked = stand.sandbox.ledger.count()
    stand.sandbox.reset()
    Circuit.objects.update(open_until=timezone.now())
    Lookup.objects.update(next_try_at=timezone.now())
    stand.heal()
    assert stand.sandbox.ledger.count() == MANY, f"and {asked} before"


def test_row_49_with_the_provider_gone_signups_go_on_and_the_calls_stop(stand: Stand) -> None:
    stand.must_settle = False
    address = f"http://127.0.0.1:{free_port()}/ni"
    stand.configure(base_url=address)
    stand.worker(pool="threads", concurrency=WORKERS)
    customers = stand.sign_up(30)
    assert until(lambda: Circuit.objects.filter(open_until__isnull=False).exists(), PATIENCE)
    assert until(lambda: not Lookup.objects.filter(state="calling").exists())
    assert sum(Lookup.objects.values_list("attempts", flat=True)) <= 5 + WORKERS + 30
    assert all(customer.get_phone_record().verdict == "pending" for customer in customers)
    assert money() == ("0", "0")


@pytest.mark.parametrize("fault", ["404", "410"])
def test_row_49_a_service_that_says_it_is_gone_stops_all_workers_until_there_is_another(
    stand: Stand, fault: str
) -> None:
    for index in range(MANY):
        stand.sandbox.behave(number(index), fault=fault)
    stand.worker(pool="threads", concurrency=WORKERS)
    stand.sign_up(MANY)
    stand.sweep_until(all_taken)
    assert 1 <= stand.sandbox.ledger.count() <= IN_FLIGHT
    assert NumberInsightRecord.objects.filter(verdict="pending").count() == MANY
    assert f"(HTTP {fault})" in Circuit.objects.get().reason
    assert money() == ("0", "0")
    stand.sandbox.reset()  # the next provider, in the place of the one that is gone
    Circuit.objects.update(open_until=timezone.now())
    Lookup.objects.update(next_try_at=timezone.now())
    stand.heal()
    assert (stand.sandbox.ledger.count(), money()) == (MANY, ("1.8", "0"))
