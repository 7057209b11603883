"""The last digits of a number find the signups that wait, by the index of the review queue."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client

from number_insight.models import NumberInsightRecord
from number_insight.testing import RecordFactory
from tests.admin.builders import (
    LIST,
    NUMBER,
    logged_in,
    make_record,
    queries_of,
    shown_numbers,
    text_of,
)
from tests.models import Customer

pytestmark = pytest.mark.django_db

OTHER = "+46701740699"
ENDS_ALIKE = "+447400120605"
ONLY_WAITING = "Last digits are searched for only among the signups that wait."
FULL = "view_full_number"


def _found(client: Client, typed: str, **query: str) -> list[str]:
    return shown_numbers(client.get(LIST, {"q": typed, **query}))


@pytest.mark.parametrize(
    "typed",
    ["605", "0605", "06 05", "174-06-05", "701740605", "…0605", "*** 06 05", "۰۶۰۵", " 0605. "],
)
def test_last_digits_find_a_number_that_waits_however_they_are_typed(
    admin_client: Client, typed: str
) -> None:
    make_record()
    make_record(OTHER)
    response = admin_client.get(LIST, {"q": typed})
    assert shown_numbers(response) == [NUMBER]
    assert ONLY_WAITING in text_of(response)


@pytest.mark.parametrize("typed", ["05", "+0605", "0.6.0.5", "60x5", "5060", "%605", "1701740605"])
def test_what_are_no_last_digits_is_not_searched_for_as_such(
    admin_client: Client, typed: str
) -> None:
    make_record()
    response = admin_client.get(LIST, {"q": typed})
    assert shown_numbers(response) == []
    assert ONLY_WAITING not in text_of(response)


def test_last_digits_are_searched_for_among_those_that_wait_alone(admin_client: Client) -> None:
    make_record()
    for fields in (
        {"decision": "released"},
        {"verdict": "allow"},
        {"state": "refused", "number": "", "number_hash": "a" * 64},
    ):
        make_record(**{"number": ENDS_ALIKE, **fields})
    assert _found(admin_client, "0605") == [NUMBER]
    told = text_of(admin_client.get(LIST, {"q": "2345"}))
    assert "No signup that waits has a number with these last digits" in told


def test_last_digits_hold_together_with_lane_and_filters(admin_client: Client) -> None:
    make_record()
    make_record(ENDS_ALIKE, lane="no_answer", verdict="deny")
    assert _found(admin_client, "0605", queue="risk") == [NUMBER]
    assert _found(admin_client, "0605", verdict="deny") == [ENDS_ALIKE]


def test_digits_that_are_the_id_of_a_subject_as_well_find_both(admin_client: Client) -> None:
    customer = Customer.objects.create(pk=605, name="Ada", phone="")
    make_record(OTHER, subject=customer, verdict="allow")
    make_record()
    assert _found(admin_client, "605") == [NUMBER, OTHER]


def test_who_sees_numbers_masked_finds_none_by_its_last_digits() -> None:
    make_record()
    ada, _user = logged_in("ada", "decide_numberinsightrecord", "reveal_full_number")
    bea, _user = logged_in("bea", FULL)
    for typed in ("05", "605", "0605", "…0605", "1740605"):
        response = ada.get(LIST, {"q": typed})
        assert shown_numbers(response) == []
        assert "only a whole number is found, and no last digits" in text_of(response)
        searched = [sql for sql in queries_of(ada, f"{LIST}?q={typed}") if f"{typed}'" in sql]
        assert not [sql for sql in searched if "LIKE" in sql]
    assert _found(bea, "0605") == [NUMBER]
    assert "0605" not in ada.get(f"{LIST}export/csv/?q=0605").getvalue().decode()


def test_last_digits_take_one_query_more_however_many_wait(admin_client: Client) -> None:
    make_record()
    before = len(queries_of(admin_client, f"{LIST}?q=%2B46701740605"))
    assert len(queries_of(admin_client, f"{LIST}?q=0605")) == before + 1
    for number in range(20):
        make_record(f"+4670174{number:02}605")
    assert len(queries_of(admin_client, f"{LIST}?q=605")) == before + 1


def test_last_digits_are_found_by_the_index_of_the_queue(admin_client: Client) -> None:
    done = RecordFactory.build_batch(3000, verdict="allow")
    NumberInsightRecord.objects.bulk_create([*done, *RecordFactory.build_batch(30, score=40)])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        asked = queries_of(admin_client, f"{LIST}?q=0605")
        (search,) = [sql for sql in asked if "LIKE '%0605'" in sql]
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        cursor.execute(f"{explain} {search}".replace("%", "%%"), [])
        plan = str(cursor.fetchall())
    assert "ni_record_queue" in plan or "ni_record_waiting" in plan  # of a few either is as good
    assert "Seq Scan" not in plan
