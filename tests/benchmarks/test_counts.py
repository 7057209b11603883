"""How many queries and messages each step takes: one more is noticed, and so is one less."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from number_insight.lookups import callbacks, calls
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.providers.fake import Fake
from number_insight.screening import worker
from number_insight.screening.batch import BATCH_SIZE
from number_insight.screening.bell import bell
from number_insight.verdicts import rules_in_force
from tests.models import Customer
from tests.support.servers import Redis
from tests.support.stage import CLEAN, asking, messages, record_of

pytestmark = pytest.mark.postgres_only

SIGNUP = 4
"""The customer, a savepoint, the record, and the end of the savepoint."""
LOOKUP = 26
BATCH = 27
"""Sixteen lookups together. Where somebody listens to the signals, each takes two more."""
REUSED = 10
WEBHOOK = 10
MORE_THAN_BARE = 5
"""What the admin's list may take above a bare `ModelAdmin`."""


@pytest.fixture
def queue(redis_server: Redis) -> Iterator[Redis]:
    """The broker, with nothing in it, and a bell that is not silent."""
    with redis_server.client() as client:
        client.flushall()
    bell.unmute()
    yield redis_server


@contextmanager
def counted() -> Iterator[list[str]]:
    """Yield a list that takes every statement of the block."""
    seen: list[str] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        seen.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        yield seen


def warm(number: str) -> None:
    """Do what a process does once: write down the rules, make the rows of the day."""
    worker.screen(record_of(number).pk)


@pytest.mark.django_db(transaction=True)
def test_a_signup_is_four_queries_and_one_message(queue: Redis) -> None:
    Customer.objects.create(name="Eve", phone="+46701740505")  # content types are read once
    with counted() as queries, transaction.atomic():
        Customer.objects.create(name="Ada", phone=CLEAN)
    assert len(queries) == SIGNUP, "\n".join(queries)
    _first, message = messages(queue)
    assert message["body"][0] == [NumberInsightRecord.objects.get(number=CLEAN).pk]


@pytest.mark.django_db(transaction=True)
def test_a_lookup_takes_so_many_queries_and_sends_no_message(queue: Redis) -> None:
    with asking(LEVEL="advanced", LIMITS={}, BUDGET={"day": None}):
        warm("+46701740505")
        record = record_of(CLEAN)
        sent = len(messages(queue))
        with counted() as queries:
            worker.screen(record.pk)
    assert len(queries) == LOOKUP, "\n".join(queries)
    assert len(messages(queue)) == sent


@pytest.mark.django_db(transaction=True)
def test_sixteen_lookups_take_hardly_more_queries_than_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GATHERING", "LONGEST_GATHERING"):
        monkeypatch.setattr(calls, name, 5.0)
    with asking(LEVEL="advanced", LIMITS={}, BUDGET={"day": None}):
        warm("+46701740505")
        records = [record_of(f"+467017{place:02}605") for place in range(BATCH_SIZE)]
        with counted() as queries:
            worker.screen(records[0].pk, limit=BATCH_SIZE)
    assert not NumberInsightRecord.objects.filter(verdict="pending").exists()
    assert len(queries) == BATCH, "\n".join(queries)


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_is_reused_takes_half_of_that() -> None:
    with asking(LEVEL="advanced", LIMITS={}, BUDGET={"day": None}):
        warm(CLEAN)
        record = record_of(CLEAN)
        with counted() as queries:
            worker.screen(record.pk)
    assert len(queries) == REUSED, "\n".join(queries)
    assert len(Fake.asked) == 1


@pytest.mark.django_db(transaction=True)
def test_a_callback_takes_so_many_queries(client: Client) -> None:
    settings: dict[str, Any] = {"CALLBACK_BASE_URL": "http://127.0.0.1", "DELIVERY": "async"}
    with asking(LEVEL="advanced", LIMITS={}, BUDGET={"day": None}, **settings):
        rules_in_force.remember()  # once in a process
        record = record_of(CLEAN)
        worker.screen(record.pk)
        lookup = Lookup.objects.get(number=CLEAN)
        path = reverse("number_insight:callback", args=(callbacks.token_for(lookup.pk),))
        body = Fake().callback_body(Fake.asked[-1])
        with counted() as queries:
            answer = client.post(path, body, content_type="application/json")
    record.refresh_from_db()
    assert (answer.status_code, record.verdict) == (200, "allow")
    assert len(queries) == WEBHOOK, "\n".join(queries)


@pytest.mark.django_db(transaction=True)
def test_the_admins_list_takes_few_queries_more_than_a_bare_one(client: Client) -> None:
    user: Any = get_user_model()
    client.force_login(user.objects.create_superuser("ada", "ada@example.com", "ada"))
    with asking():
        for last in range(5):
            warm(f"+467017406{last}5")
    pages = ["auth/group", "number_insight/numberinsightrecord"]
    bare, ours = (_queries(client, f"/admin/{page}/") for page in pages)
    assert bare < ours <= bare + MORE_THAN_BARE


def _queries(client: Client, path: str) -> int:
    client.get(path)  # what is loaded once in a process does not count
    with counted() as queries:
        assert client.get(path).status_code == 200
    return len(queries)
