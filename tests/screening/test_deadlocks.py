"""A deadlock of the database costs nobody's act: the transaction is run again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from number_insight import privacy
from number_insight.models import Lookup, NumberInsightRecord, Spending
from number_insight.screening import suspended
from tests.admin.builders import action_url, confirmed
from tests.models import Customer
from tests.support.stage import CLEAN, HAS_WEBHOOK, PREMIUM, asking, command, money, screened, sweep

pytestmark = pytest.mark.django_db(transaction=True)

WRITES = ("INSERT", "UPDATE", "DELETE")


@contextmanager
def deadlock(table: str, most: int = 3) -> Iterator[list[str]]:
    """Let the first statements that write to `table` deadlock inside the block."""
    failed: list[str] = []

    def execute(run: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        result = run(sql, *arguments)
        is_write = sql.startswith(WRITES) and f"number_insight_{table}" in sql
        if is_write and len(failed) < most and connection.in_atomic_block:
            failed.append(sql)
            raise OperationalError(1213, "Deadlock found when trying to get lock")
        return result

    with connection.execute_wrapper(execute):
        yield failed
    assert failed


@pytest.mark.parametrize("action", ["release", "refuse"])
def test_a_decision_is_made_once(admin_client: Client, action: str) -> None:
    with asking():
        record = screened(PREMIUM)
        with deadlock("numberinsightrecord"):
            admin_client.post(action_url(action), confirmed(record, reason="Known."))
    record.refresh_from_db()
    assert record.decision == {"release": "released", "refuse": "refused"}[action]


def test_a_number_is_looked_up_again_once(admin_client: Client) -> None:
    with asking():
        record = screened()
        with deadlock("lookup"):
            admin_client.post(action_url("look_up_again"), confirmed(record))
        sweep()
    assert Lookup.objects.count() == 2
    assert money() == ("0.06", "0")


@pytest.mark.parametrize("table", ["numberinsightrecord", "lookup"])
def test_an_erasure_is_complete(table: str) -> None:
    with asking():
        record = screened()
        with deadlock(table):
            privacy.erase(number=CLEAN)
    record.refresh_from_db()
    assert (record.number, Lookup.objects.get().number) == ("", "")


def test_what_a_person_asked_is_booked_and_kept_once() -> None:
    for table, amount in (("spending", "0.03"), ("numberinsightrecord", "0.06")):
        with asking(), deadlock(table):
            command("lookup", CLEAN, level="advanced", record=True)
        assert money() == (amount, "0")
    assert NumberInsightRecord.objects.count() == Lookup.objects.count() == 2
    assert Spending.objects.count() == 2


def test_a_backfill_queues_each_row_once() -> None:
    with suspended():
        Customer.objects.create(name="Ada", phone=CLEAN)
    with asking(), deadlock("numberinsightrecord"):
        command("backfill", "tests.Customer.phone")
    assert NumberInsightRecord.objects.get().subject == Customer.objects.get()


def test_a_replay_writes_each_verdict_once() -> None:
    record = screened("+46701740611", under=asking())
    with asking(WEIGHTS={"virtual": 90}), deadlock("riskflag"):
        command("replay", apply=True)
    record.refresh_from_db()
    codes = list(record.flags.values_list("code", flat=True))
    assert (record.verdict, len(codes)) == ("deny", len(set(codes)))


def test_a_refusal_is_recorded_once(client: Client) -> None:
    with asking(ENFORCEMENT="enforce"):
        screened(PREMIUM)
        with deadlock("numberinsightrecord"):
            assert client.post("/signup/", {"name": "Ada", "phone": PREMIUM}).status_code == 400
    assert NumberInsightRecord.objects.filter(state="refused").count() == 1


def test_a_callback_that_never_came_is_paid_for_once() -> None:
    with asking(DELIVERY="async", CALLBACK_BASE_URL="https://shop.example", LEVEL="advanced"):
        screened()
        Lookup.objects.update(lease_until=timezone.now() - timedelta(hours=1))
        if not HAS_WEBHOOK:  # it was answered at once, and nothing is left to be late
            assert (Lookup.objects.get().state, money()) == ("answered", ("0.03", "0"))
            return
        with deadlock("spending"):
            sweep()
    assert (Lookup.objects.get().state, money()) == ("no_callback", ("0.03", "0"))
