"""The records of one number are found through an index, however they are asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from number_insight.models import Lookup, NumberInsightRecord
from number_insight.models.fingerprints import fingerprint
from number_insight.models.managers import same_number
from number_insight.privacy import subject
from number_insight.testing import LookupFactory, RecordFactory
from tests.models import Customer

pytestmark = pytest.mark.django_db(transaction=True)  # MariaDB commits before it analyses

NUMBER, OTHER = "+46701740605", "+46701740699"
CROWD = 2000
HASHES = re.compile(r"""["`]number_hash["`] IN \(""")
TABLES = {model._meta.db_table for model in (NumberInsightRecord, Lookup)}
RECORDS = reverse("admin:number_insight_numberinsightrecord_changelist")
LOOKUPS = reverse("admin:number_insight_lookup_changelist")


@pytest.fixture
def crowd() -> None:
    """So many rows of other numbers, every second one erased, that reading them all is dear."""
    customers = ContentType.objects.get_for_model(Customer)
    records = [
        RecordFactory.build(subject_type=customers, subject_id=str(nth), **told)
        for nth, told in enumerate(known())
    ]
    NumberInsightRecord.objects.bulk_create(records)
    Lookup.objects.bulk_create(LookupFactory.build(**told) for told in known())
    with connection.cursor() as cursor:
        for table in sorted(TABLES):
            cursor.execute(f"ANALYZE {'TABLE ' * (connection.vendor == 'mysql')}{table}")


def known() -> Iterator[dict[str, str]]:
    """Yield the number or the hash of each row of the crowd."""
    for nth in range(CROWD // 2):
        yield {"number": f"+4476{nth:08}"}
        yield {"number": "", "number_hash": f"{nth:064x}"}


def a_customer() -> Customer:
    customer = Customer(name="Ada", pk=CROWD)
    RecordFactory(number=NUMBER, subject=customer)
    RecordFactory(number="", number_hash=fingerprint(OTHER), subject=customer)
    return customer


def changed(record: NumberInsightRecord) -> str:
    return reverse("admin:number_insight_numberinsightrecord_change", args=[record.pk])


USERS: dict[str, Callable[[Client], object]] = {
    "for_number": lambda _client: list(NumberInsightRecord.objects.for_number(NUMBER)),
    "search of records": lambda client: client.get(RECORDS, {"q": NUMBER}),
    "search of a beginning": lambda client: client.get(RECORDS, {"q": "+46 70 174"}),
    "search of lookups": lambda client: client.get(LOOKUPS, {"q": NUMBER}),
    "filter": lambda client: client.get(
        RECORDS, {"same_number_as": RecordFactory(number=NUMBER).pk}
    ),
    "other records": lambda client: client.get(changed(RecordFactory(number=NUMBER))),
    "other records of an erased one": lambda client: client.get(
        changed(RecordFactory(number="", number_hash=fingerprint(NUMBER)))
    ),
    "export of a number": lambda _client: subject.export(number=NUMBER),
    "export of a subject": lambda _client: subject.export(subject=a_customer()),
    "erasure of a number": lambda _client: subject.erase(number=NUMBER),
    "erasure of a subject": lambda _client: subject.erase(subject=a_customer()),
}


def test_whoever_asks_for_a_number_reads_no_table_as_a_whole(
    crowd: None, admin_client: Client
) -> None:
    for name, user in USERS.items():
        with CaptureQueriesContext(connection) as captured:
            user(admin_client)
        asked = [query["sql"] for query in captured if HASHES.search(query["sql"])]
        assert asked, name
        assert {(name, it) for sql in asked for it in whole_reads(sql)} == set()


def whole_reads(sql: str) -> Iterator[str]:
    """Yield the steps of the plan of `sql` that read one of our tables from end to end."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
            (plans,) = cursor.fetchone()
            plans = json.loads(plans) if isinstance(plans, str) else plans
            yield from (
                str(node) for plan in plans for node in nodes(plan["Plan"]) if is_whole(node)
            )
        elif connection.vendor == "mysql":
            cursor.execute(f"EXPLAIN {sql}")
            columns = [name for name, *_rest in cursor.description]
            steps = (dict(zip(columns, row, strict=True)) for row in cursor.fetchall())
            yield from (str(step) for step in steps if is_long(step))
        else:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            steps = (step for *_keys, step in cursor.fetchall())
            yield from (it for it in steps if it.startswith("SCAN number_insight_"))


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from nodes(child)


def is_whole(node: dict[str, Any]) -> bool:
    if node.get("Relation Name") not in TABLES:
        return False
    return node["Node Type"] == "Seq Scan" or (
        node["Node Type"].startswith("Index") and "Index Cond" not in node
    )


def is_long(step: dict[str, Any]) -> bool:
    """Return whether a step of MariaDB's reads a table, or an index of it, for more than a page."""
    whole = step["table"] in TABLES and step["type"] in ("ALL", "index")
    return whole and int(step["rows"]) > CROWD // 2


def test_the_plans_tell_when_a_table_is_read_as_a_whole(crowd: None) -> None:
    records = NumberInsightRecord.objects.filter(note="nobody's").order_by("pk")
    with CaptureQueriesContext(connection) as captured:
        list(records)
    assert list(whole_reads(captured[0]["sql"]))


def test_the_same_number_is_found_by_its_digits_and_by_every_fingerprint(settings: Any) -> None:
    settings.NUMBER_INSIGHT = {"FINGERPRINT_KEYS": ["old"]}
    RecordFactory(number="", number_hash=fingerprint(NUMBER))
    settings.NUMBER_INSIGHT = {"FINGERPRINT_KEYS": ["new", "old"]}
    RecordFactory(number="", number_hash=fingerprint(NUMBER))
    RecordFactory(number=NUMBER)
    RecordFactory(number=OTHER)
    RecordFactory(number="", number_hash=fingerprint(OTHER))
    records = NumberInsightRecord.objects
    assert records.filter(same_number(NUMBER)).count() == 3
    assert records.filter(same_number(NUMBER, OTHER)).count() == 5
    assert records.filter(same_number(hashes=[fingerprint(OTHER)])).count() == 1


def test_nothing_known_is_nobodys_number() -> None:
    RecordFactory(number="", number_hash=fingerprint(NUMBER))
    RecordFactory(number="")
    assert not NumberInsightRecord.objects.filter(same_number("", hashes=[""])).exists()


def test_subjects_whose_keys_differ_in_case_alone_are_two() -> None:
    customers = ContentType.objects.get_for_model(Customer)
    for key in ("ab", "AB", "áb"):
        RecordFactory(subject_type=customers, subject_id=key)
    assert NumberInsightRecord.objects.filter(subject_id="ab").count() == 1
    assert NumberInsightRecord.objects.values("subject_id").distinct().count() == 3
