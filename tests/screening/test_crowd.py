"""However many ask at once: one question, one request, one price."""

from __future__ import annotations

from decimal import Decimal

import psycopg
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import override_settings

from number_insight.models import Lookup, NumberInsightRecord
from number_insight.sandbox.server import Sandbox
from number_insight.screening import screen, worker
from number_insight.screening.bell import bell
from tests.models import Customer
from tests.support.stage import CLEAN, PRICE, VIRTUAL, asking, at, money, sign_up, work_off
from tests.support.waiting import at_once, until

CROWD = 100
pytestmark = pytest.mark.django_db(transaction=True)


def test_a_hundred_signups_with_one_number_cost_one_lookup(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.behave(VIRTUAL, delay=0.2)
    monkeypatch.setattr(bell, "ring", lambda *_, **__: False)  # the crowd are its own workers

    def come(index: int) -> None:
        customer = sign_up(VIRTUAL, name=f"Visitor {index}")
        work_off(customer.get_phone_record().pk)

    # Rules that count how often a number was seen would judge each one differently.
    rules = [{"NAME": "number_insight.rules.line.Virtual"}]
    with override_settings(NUMBER_INSIGHT=at(sandbox, RULES=rules, LEVEL="advanced")):
        at_once(CROWD, come)
    records = NumberInsightRecord.objects.all()
    assert sandbox.ledger.count() == 1
    assert Lookup.objects.exclude(state="skipped").count() == 1
    assert {(r.state, r.verdict, r.score) for r in records} == {("screened", "review", 30)}
    assert records.count() == CROWD
    assert money() == (PRICE, "0")
    assert sum(record.cost for record in records) == Decimal(PRICE)


def test_fifty_deliveries_of_one_message_make_one_request(sandbox: Sandbox) -> None:
    sandbox.behave(CLEAN, delay=0.2)
    with override_settings(NUMBER_INSIGHT=at(sandbox)):
        record = screen(CLEAN)
        at_once(50, lambda _: worker.screen(record.pk))
    record.refresh_from_db()
    assert (sandbox.ledger.count(), record.verdict) == (1, "allow")
    assert money() == (PRICE, "0")


def test_the_budget_is_exact_however_many_spend_at_once(sandbox: Sandbox) -> None:
    numbers = [f"+4670174{index:02d}05" for index in range(20)]
    with override_settings(
        NUMBER_INSIGHT=at(sandbox, BUDGET={"day": "0.15"}, LIMITS={}, THROUGHPUT=1000)
    ):
        records = [screen(number) for number in numbers]
        at_once(20, lambda index: work_off(records[index].pk))
    assert sandbox.ledger.count() == 5
    assert money() == ("0.15", "0")
    lanes = NumberInsightRecord.objects.filter(lane="budget")
    assert (lanes.count(), lanes.filter(verdict="review").count()) == (15, 15)


@pytest.mark.postgres_only
def test_a_signup_held_open_blocks_no_other_signup_with_the_same_number() -> None:
    def impatient(_index: int) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '1s'")
        return sign_up(name="Ben").pk

    with transaction.atomic():
        Customer.objects.create(name="Ada", phone=CLEAN)
        at_once(5, impatient)
        assert NumberInsightRecord.objects.count() == 6


@pytest.mark.postgres_only
def test_no_transaction_is_open_while_the_provider_is_asked(sandbox: Sandbox) -> None:
    sandbox.behave(CLEAN, delay=0.5)
    database = settings.DATABASES["default"]
    place = f"host={database['HOST']} port={database['PORT']} user=postgres dbname=postgres"

    def watch() -> list[str]:
        with psycopg.connect(place) as session:
            rows = session.execute(
                "SELECT state FROM pg_stat_activity WHERE datname = %s AND backend_type = %s",
                (connection.settings_dict["NAME"], "client backend"),
            )
            return [row[0] for row in rows if row[0].startswith("idle in transaction")]

    with override_settings(NUMBER_INSIGHT=at(sandbox)):
        record = screen(CLEAN)
        seen: list[list[str]] = []

        def work(index: int) -> None:
            if index:
                assert until(sandbox.ledger.count)
                seen.append(watch())
            else:
                work_off(record.pk)

        at_once(2, work)
    assert seen == [[]]
    assert sandbox.ledger.count() == 1


def test_many_workers_reserve_and_settle_without_a_deadlock(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bell, "ring", lambda *_, **__: False)
    workers, rounds = 16, 5

    def work(index: int) -> None:
        for turn in range(rounds):
            work_off(screen(f"+4670{index:02}{turn:02}605").pk)

    with asking(LIMITS={}, THROUGHPUT=10_000, LEVEL="advanced"):
        at_once(workers, work)
    states = NumberInsightRecord.objects.values_list("state", flat=True)
    assert list(states) == ["screened"] * (workers * rounds)
    assert money() == ("2.4", "0")
    assert "Saving failed" not in caplog.text
