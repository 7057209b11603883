"""A signup writes one record, and rings once it is committed."""

from __future__ import annotations

import json

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from number_insight.models import NumberInsightRecord
from number_insight.screening import screen, tasks
from tests.models import Customer
from tests.support.servers import Redis
from tests.support.stage import CLEAN, messages, sign_up

pytestmark = pytest.mark.django_db(transaction=True)

CANARY = "+46701740677"


class Rollback(Exception):
    """The signup goes wrong after our part of it."""


@pytest.mark.django_db
def test_a_signup_gets_one_savepoint_and_one_insert_from_us() -> None:
    ContentType.objects.get_for_model(Customer)  # Django remembers it for the whole process
    with CaptureQueriesContext(connection) as queries:
        Customer.objects.create(name="Ada", phone=CLEAN)
    said = [" ".join(query["sql"].split()[:3]) for query in queries]
    said = [words.replace('"', "").replace("`", "") for words in said]
    assert said[0] == "INSERT INTO tests_customer"
    assert [words.split()[0] for words in said[1:]] == ["SAVEPOINT", "INSERT", "RELEASE"]
    assert said[2] == "INSERT INTO number_insight_numberinsightrecord"


@pytest.mark.django_db
def test_a_signup_with_a_number_that_others_have_costs_no_more_queries() -> None:
    sign_up()
    with CaptureQueriesContext(connection) as queries:
        Customer.objects.create(name="Ben", phone=CLEAN)
    assert len(queries) == 4


def test_the_bell_rings_after_the_commit_and_not_before(queue: Redis) -> None:
    with transaction.atomic():
        customer = Customer.objects.create(name="Ada", phone=CLEAN)
        assert messages(queue) == []
    assert [message["body"][0] for message in messages(queue)] == [[customer.get_phone_record().pk]]


def test_a_signup_outside_of_a_transaction_rings_too(queue: Redis) -> None:
    Customer.objects.create(name="Ada", phone=CLEAN)
    assert len(messages(queue)) == 1


def test_nothing_is_left_and_nobody_rings_after_a_rollback(queue: Redis) -> None:
    with pytest.raises(Rollback), transaction.atomic():
        Customer.objects.create(name="Ada", phone=CLEAN)
        raise Rollback
    assert not NumberInsightRecord.objects.exists()
    assert messages(queue) == []


def test_a_signup_that_is_tried_again_after_a_rollback_is_screened(queue: Redis) -> None:
    customer = Customer(name="Ada", phone=CLEAN)
    with pytest.raises(Rollback), transaction.atomic():
        customer.save()
        raise Rollback
    customer.save()
    assert customer.get_phone_record() is not None
    assert len(messages(queue)) == 1


def test_a_change_that_is_tried_again_after_a_rollback_is_screened() -> None:
    customer = sign_up()
    customer.phone = CANARY
    with pytest.raises(Rollback), transaction.atomic():
        customer.save()
        raise Rollback
    customer.save()
    assert customer.get_phone_record().number == CANARY


def test_a_message_carries_one_key_and_nothing_personal(queue: Redis) -> None:
    record = screen(CANARY, ip="8.8.8.8", name="Ada Canary", country="SE")
    (message,) = messages(queue)
    args, kwargs, _embed = message["body"]
    assert (args, kwargs) == ([record.pk], {})
    told = json.dumps(message)
    assert not any(secret in told for secret in (CANARY[1:], "8.8.8.8", "Canary"))


def test_a_message_of_another_version_is_understood(queue: Redis) -> None:
    record = screen(CLEAN)
    tasks.screen_record(record.pk, number_of_another_day=1)
    record.refresh_from_db()
    assert record.verdict == "allow"


def test_a_message_of_a_record_that_is_gone_does_no_harm() -> None:
    tasks.screen_record(4711)
