"""The database restarts, is gone, or is locked; a paid answer is saved all the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal

import psycopg
import pytest
from django.db import OperationalError, connection, connections, transaction
from django.test import Client

from number_insight import transactions
from number_insight.insight import Insight
from number_insight.lookups import callbacks, calls
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.providers.fake import Fake
from number_insight.screening import screen, worker
from tests.chaos.stage import Stand, all_settled, number
from tests.models import Customer
from tests.support.servers import PostgreSQL
from tests.support.stage import CLEAN, asking, money, sign_up, work_off
from tests.support.waiting import at_once, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["read committed", "repeatable read"])
def isolation(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each isolation level that a host project may have chosen."""
    options = connection.settings_dict["OPTIONS"]
    level = request.param.replace(" ", "_").upper()
    options["isolation_level"] = psycopg.IsolationLevel[level]
    connection.close()
    yield
    del options["isolation_level"]
    connection.close()


def test_row_20_an_answer_is_saved_though_the_database_restarts_during_the_call(
    postgresql: PostgreSQL, stand: Stand
) -> None:
    stand.sandbox.behave(number(0), delay=2)
    stand.worker()
    stand.sign_up(1)
    assert until(stand.sandbox.ledger.count, 20)
    connections.close_all()
    postgresql.kill()
    assert not until(lambda: False, 2.5)  # the answer comes while the database is gone
    postgresql.start()
    stand.heal()
    assert (stand.sandbox.ledger.count(), Lookup.objects.get().state) == (1, "answered")
    assert money() == ("0.03", "0")


def test_row_21_a_callback_that_cannot_be_stored_is_asked_for_again(postgresql: PostgreSQL) -> None:
    told = {"DELIVERY": "async", "CALLBACK_BASE_URL": "https://x.example", "LEVEL": "advanced"}
    with asking(**told):
        record = screen(CLEAN)
        work_off(record.pk)
        path = callbacks.url_for(Lookup.objects.get().pk).removeprefix("https://x.example")
        body = Fake().callback_body(Fake.asked[0])
        connections.close_all()
        postgresql.kill()
        assert Client().post(path, body, content_type="application/json").status_code == 503
        postgresql.start()
        connections.close_all()
        assert Client().post(path, body, content_type="application/json").status_code == 200
    record.refresh_from_db()
    assert record.state == "screened"


def test_row_22_without_a_database_there_is_no_signup_and_no_request(
    postgresql: PostgreSQL,
) -> None:
    with asking():
        connections.close_all()
        postgresql.kill()
        with pytest.raises(OperationalError):
            sign_up()
        assert screen(CLEAN).pk is None  # ours alone raises nothing
        postgresql.start()
        connections.close_all()
    assert (Customer.objects.count(), NumberInsightRecord.objects.count(), Fake.asked) == (0, 0, [])


def impatient(work: object) -> None:
    """Do `work` on a connection that waits for no lock."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '1s'")
    work()  # type: ignore[operator]


def test_no_signup_and_no_worker_waits_for_a_signup_that_is_held_open(isolation: None) -> None:
    early = sign_up(name="Ada")
    with asking(LEVEL="advanced"), transaction.atomic():
        Customer.objects.select_for_update().get(pk=early.pk)  # the host's own lock
        Customer.objects.create(name="Ben", phone=CLEAN)
        at_once(5, lambda _: impatient(lambda: sign_up(name="Cem")))
        seen = list(Customer.objects.using("default").values_list("name", flat=True))
        waiting = early.get_phone_record().pk
        at_once(1, lambda _: impatient(lambda: work_off(waiting)))
    assert "Ben" in seen
    assert NumberInsightRecord.objects.get(pk=waiting).verdict != "pending"
    assert (NumberInsightRecord.objects.count(), len(Fake.asked)) == (7, 1)


@pytest.mark.parametrize("patience", ["", "-c lock_timeout=300"], ids=["waits", "gives up"])
def test_row_23_an_answer_is_saved_once_a_locked_table_is_free_again(
    stand: Stand, patience: str
) -> None:
    stand.sandbox.behave(number(0), delay=1.5)
    stand.environment["PGOPTIONS"] = patience
    stand.worker()
    stand.sign_up(1)
    assert until(stand.sandbox.ledger.count, 20)
    place = connection.settings_dict
    address = f"host={place['HOST']} port={place['PORT']} user=postgres dbname={place['NAME']}"
    with psycopg.connect(address) as other:
        for model in (Lookup, NumberInsightRecord):
            other.execute(f"LOCK TABLE {model._meta.db_table}")
        others = other.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND state LIKE 'idle in transaction%'"
        ).fetchone()
        assert others == (0,)  # the provider is being asked, and nobody holds anything
        assert not until(lambda: False, 3.5)  # the answer comes, and cannot be saved
        other.rollback()
    assert until(all_settled, 10), stand.plight()
    assert (stand.sandbox.ledger.count(), Lookup.objects.get().state) == (1, "answered")
    assert money() == ("0.03", "0")


def test_a_crowd_is_asked_for_once_whatever_the_isolation(isolation: None) -> None:
    with asking(LEVEL="advanced", LIMITS={}):
        records = [screen(CLEAN) for _ in range(10)]

        def stubborn(index: int) -> None:
            for _ in range(10):  # a message is delivered again after an error
                with suppress(OperationalError):
                    work_off(records[index].pk)
                    break

        at_once(10, stubborn)
        for record in records:
            worker.screen(record.pk)
    assert len(Fake.asked) == 1
    assert not NumberInsightRecord.objects.filter(verdict="pending").exists()


def test_row_20_what_cannot_be_saved_for_half_a_minute_is_named_in_the_log(
    postgresql: PostgreSQL, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(transactions, "RETRY_PAUSES", (0.1, 0.2))  # of half a minute
    with asking(LEVEL="advanced"):
        record = screen(CLEAN)

        def answer_and_break(*_args: object) -> Insight:
            connections.close_all()
            postgresql.kill()
            return Insight(request_id="the-request", price=Decimal("0.03"))

        monkeypatch.setattr(calls, "call", answer_and_break)
        with pytest.raises(OperationalError):
            worker.screen(record.pk)
    (line,) = [entry.getMessage() for entry in caplog.records if entry.levelname == "CRITICAL"]
    assert "'the-request'" in line and "0.03" in line
    assert CLEAN[1:] not in caplog.text
    postgresql.start()
    connections.close_all()
