"""One question is one lookup, and a row that many create at once is one row."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from number_insight.lookups import budget, questions
from number_insight.models import ListEntry, Lookup, NumberInsightRecord, Spending
from number_insight.providers.base import Question
from number_insight.providers.fake import Fake
from number_insight.screening import worker
from number_insight.transactions import lock_or_create, retry_deadlock
from tests.support.records import unwritable
from tests.support.stage import CLEAN, asking, record_of
from tests.support.waiting import PATIENCE, at_once

pytestmark = pytest.mark.django_db(transaction=True)
FEW, MOST = CLEAN, "+46701750605"


def _ask(number: str) -> questions.Ask:
    return Question(number=number, level="advanced"), "default", "sync"


def test_a_lower_level_joins_a_higher_one_in_the_same_batch() -> None:
    with asking(LIMITS={}):
        records = [record_of(level=level) for level in ("basic", "advanced", "standard")]
        worker.screen(records[0].pk, limit=16)
    assert [question.level for question in Fake.asked] == ["advanced"]
    assert set(NumberInsightRecord.objects.values_list("state", flat=True)) == {"screened"}


ABROAD = {"ip": {"address": "8.8.8.8", "match": "mismatch", "country": "US", "city": None}}


@pytest.mark.parametrize(
    ("known_here", "expected"),
    [
        (False, [("mismatch", "US"), ("unknown", "")]),
        (True, [("mismatch", "US"), ("country", "SE")]),
    ],
)
def test_one_number_is_asked_once_though_its_visitors_have_different_ips(
    known_here: bool, expected: list[tuple[str, str]]
) -> None:
    find = {"8.8.8.8": "US", "81.2.69.142": "SE"}.get if known_here else None
    with asking({CLEAN: ABROAD}, IP_COUNTRY=find, SEND_IP=True):
        records = [record_of(ip=ip) for ip in ("8.8.8.8", "81.2.69.142")]
        worker.screen(records[0].pk, limit=16)
    assert [question.ip for question in Fake.asked] == ["8.8.8.8"]
    found = NumberInsightRecord.objects.order_by("pk").values_list("ip_match", "ip_country")
    assert list(found) == expected


@pytest.mark.postgres_only
def test_two_batches_with_some_numbers_in_common_do_not_deadlock() -> None:
    first, second, third = (f"+4670174{last}" for last in ("1001", "1002", "1003"))
    made, go_on, failures = threading.Event(), threading.Event(), list[Exception]()

    def hold() -> None:
        with transaction.atomic():
            questions.join([_ask(first)])
            made.set()
            go_on.wait(PATIENCE)

    def batch() -> None:
        made.wait(PATIENCE)
        with transaction.atomic():
            questions.join([_ask(number) for number in (first, second, third)])

    def run(work: Any) -> None:
        try:
            work()
        except Exception as error:  # told below
            failures.append(error)
        finally:
            connections.close_all()

    with asking():
        threads = [threading.Thread(target=run, args=(work,)) for work in (hold, batch)]
        for thread in threads:
            thread.start()
        made.wait(PATIENCE)
        time.sleep(0.3)  # the batch waits for the first to be made
        with transaction.atomic():
            questions.join([_ask(second)])
        with transaction.atomic():
            questions.join([_ask(second)])
            go_on.set()
            time.sleep(0.3)  # the batch has made the third
            questions.join([_ask(third)])
        for thread in threads:
            thread.join(PATIENCE)
    assert failures == []
    assert Lookup.objects.count() == 3


def test_money_of_two_days_is_settled_in_the_order_in_which_it_is_locked() -> None:
    days = [date(2026, 5, 2), date(2026, 5, 1)]
    with transaction.atomic(), CaptureQueriesContext(connection) as told:
        budget.settle(
            budget.Payment(
                currency=currency, amount=Decimal("0.03"), reserved=Decimal("0.02"), booked_on=day
            )
            for day in days
            for currency in ("USD", "EUR")
        )
    days = ["day:2026-05-01", "day:2026-05-02", "month:2026-05"]
    keys = [(currency, key) for currency in ("EUR", "USD") for key in days]
    written = [
        (currency, key)
        for q in told
        if q["sql"].startswith("UPDATE")
        for currency, key in keys
        if key in q["sql"] and currency in q["sql"]
    ]
    assert list(dict.fromkeys(written)) == keys
    books = {(row.currency, row.period): row.spent * budget.UNIT for row in Spending.objects.all()}
    amounts = (Decimal("0.03"), Decimal("0.03"), Decimal("0.06")) * 2
    assert books == dict(zip(keys, amounts, strict=True))


@pytest.mark.postgres_only
def test_a_list_is_credited_though_another_record_of_the_batch_could_not_be_written() -> None:
    entry = ListEntry.objects.create(action="deny", match="number", value=FEW)
    with asking(ENABLED=False):
        record = record_of(FEW)
        record_of(MOST)
        with unwritable(MOST):
            worker.screen(record.pk, limit=16)
    entry.refresh_from_db()
    lanes = Counter(NumberInsightRecord.objects.values_list("lane", flat=True))
    assert (entry.hits, lanes["fault"]) == (1, 1)


def test_many_who_create_one_row_at_once_all_lock_it_in_turn() -> None:
    def spend(_index: int) -> None:
        with transaction.atomic():
            rows = Spending.objects.filter(period="2027-02-04")
            created = [Spending(period="2027-02-04", currency="EUR")]
            (row,) = lock_or_create(rows, created, key="period")
            row.spent += 1
            row.save()

    at_once(10, retry_deadlock(spend))
    assert Spending.objects.get().spent == 10
