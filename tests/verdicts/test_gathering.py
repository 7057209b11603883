"""What the rules are told of the past: counted as it was, and only if somebody reads it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from number_insight import clock
from number_insight.insight import Insight
from number_insight.models import NumberInsightRecord
from number_insight.models.fingerprints import fingerprint
from number_insight.rules import Signup
from number_insight.rules.base import COSTLY
from number_insight.verdicts import history
from tests.support.records import (
    IP,
    NUMBER,
    TELIA,
    a_record,
    an_entry,
    decided,
    known_of,
    numbers_of_block,
)

pytestmark = pytest.mark.django_db
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def test_other_subjects_are_counted_once_each_and_oneself_not_at_all() -> None:
    for subject in (1, 1, 2, 3):
        a_record(subject=subject, ip_address=IP)
    a_record(ip_address=IP)
    known = known_of(a_record(subject=3, ip_address=IP))
    assert (known.number_seen, known.ip_seen) == (2, 2)


def test_who_comes_later_does_not_change_what_was() -> None:
    record = a_record(subject=1, ip_address=IP)
    for subject, number in enumerate(numbers_of_block(5), 2):
        a_record(subject=subject, ip_address=IP)
        a_record(number, subject=subject, ip_address=IP, country="SE", carrier_name="Telia")
    decided(NUMBER, "refused", timezone.now() + MINUTE)
    at = clock.local(record.created_at)
    assert known_of(record) == Signup(at=at, number=NUMBER, ip=IP)


def test_an_erased_number_is_recognised() -> None:
    a_record("", subject=1, number_hash=fingerprint(NUMBER))
    decided("", "refused", timezone.now(), subject=2, number_hash=fingerprint(NUMBER))
    known = known_of(a_record(subject=3))
    assert (known.number_seen, known.number_decision) == (2, "refused")


def test_an_erased_record_is_no_crowd_of_erased_records() -> None:
    for subject in range(6):
        a_record("", subject=subject, number_hash=fingerprint(f"+4670174061{subject}"))
    known = known_of(a_record("", subject=9, number_hash=fingerprint(NUMBER)))
    assert (known.number_seen, known.block_seen_hour) == (0, 0)


def test_attempts_that_a_form_has_refused_are_numbers_of_their_ip() -> None:
    for number in (*numbers_of_block(3), NUMBER, NUMBER):
        a_record("", number_hash=fingerprint(number), number_masked="+46 70 ***", ip_address=IP)
    a_record("+46701749999", ip_address=IP)
    assert known_of(a_record(ip_address=IP)).ip_seen_day == 4


@pytest.mark.parametrize("last", ["refused", "released"])
def test_the_latest_decision_stands(last: str) -> None:
    first = "released" if last == "refused" else "refused"
    decided(NUMBER, last, timezone.now() - HOUR)
    decided(NUMBER, first, timezone.now() - 2 * HOUR)
    assert known_of(a_record()).number_decision == last


def test_the_decision_on_the_record_itself_is_no_history() -> None:
    record = decided(NUMBER, "refused", timezone.now(), ago=-MINUTE)
    assert known_of(record).number_decision == ""


def test_a_block_is_a_hundred_numbers_and_an_hour() -> None:
    for number in numbers_of_block(3):
        a_record(number)
        a_record(number)
    a_record()  # the number itself, typed again
    a_record("+46701740705")
    a_record("+467017406100")
    a_record("+46701740650", ago=HOUR + MINUTE)
    assert known_of(a_record()).block_seen_hour == 3


def test_an_ip_is_counted_for_a_day() -> None:
    for number in numbers_of_block(4):
        a_record(number, ip_address=IP, ago=23 * HOUR)
    a_record("+46701740650", ip_address=IP, ago=25 * HOUR)
    a_record("+46701740651", ip_address="8.8.4.4")
    assert known_of(a_record(ip_address=IP)).ip_seen_day == 4


def test_of_ipv6_a_64_is_one_visitor() -> None:
    for nth, number in enumerate(numbers_of_block(4)):
        a_record(number, subject=nth, ip_address=f"2a00:1450:0:7::{nth}")
    a_record("+46701740651", subject=8, ip_address="2a00:1450:0:7:1::")
    a_record("+46701740652", subject=9, ip_address="2a00:1450:0:8::1")
    known = known_of(a_record(subject=10, ip_address="2a00:1450:0:7:ffff::"))
    assert (known.ip_seen, known.ip_seen_day) == (5, 5)


@pytest.mark.parametrize("ip", [None, "10.0.0.1", "127.0.0.1", "203.0.113.7", "fd00::1"])
def test_an_ip_that_is_not_public_is_unknown(ip: str | None) -> None:
    for number in numbers_of_block(4):
        a_record(number, subject=int(number[-2:]), ip_address=ip)
    known = known_of(a_record(ip_address=ip))
    assert (known.ip, known.ip_seen, known.ip_seen_day) == (None, 0, 0)


@pytest.mark.parametrize("source", ["backfill", "admin"])
def test_a_backfill_is_no_burst(source: str) -> None:
    for number in numbers_of_block(9):
        a_record(number, ip_address=IP, source=source, country="SE")
    assert known_of(a_record(ip_address=IP)).block_seen_hour == 0
    for number in numbers_of_block(9):
        a_record(number, ip_address=IP)
    known = known_of(a_record(ip_address=IP, source=source))
    assert (known.block_seen_hour, known.ip_seen_day, known.country_seen_hour) == (0, 0, 0)


def test_carrier_and_country_are_compared_with_the_day_before() -> None:
    facts = {"carrier_name": "Telia", "country": "SE"}
    for number in numbers_of_block(12):
        a_record(number, **facts)
        a_record(number, ago=5 * HOUR, **facts)
    a_record("+46701740650", ago=30 * HOUR, **facts)
    known = known_of(a_record())
    assert (known.carrier_seen_hour, known.carrier_seen_day) == (12, 12)
    assert (known.country_seen_hour, known.country_seen_day) == (12, 12)
    nobody = known_of(a_record(), Insight())
    assert (nobody.carrier_seen_hour, nobody.country_seen_hour) == (0, 0)


def test_counting_stops_where_no_rule_asks_for_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MOST_COUNTED", 2)
    for number in numbers_of_block(5):
        a_record(number, subject=int(number[-2:]), ip_address=IP)
    known = known_of(a_record(ip_address=IP))
    assert (known.ip_seen, known.ip_seen_day, known.block_seen_hour) == (2, 2, 2)


@pytest.mark.parametrize(
    ("reads", "most"),
    [
        ((), 0),
        (("number_seen",), 1),
        (("number_decision",), 1),
        (("listed",), 1),
        (("number_seen", "block_seen_hour", "ip_seen_day"), 1),
        (COSTLY, 1),
    ],
)
def test_all_that_is_read_is_one_query(reads: tuple[str, ...], most: int) -> None:
    record = a_record(ip_address=IP)
    with CaptureQueriesContext(connection) as queries:
        known_of(record, TELIA, reads)
    assert len(queries) == most


def test_a_busy_hour_and_entries_in_the_lists_cost_a_query_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(history, "FEWEST_OF_A_BURST", 1)
    a_record(carrier_name="Telia", country="SE")
    an_entry("deny", "country", "NO")
    record = a_record(ip_address=IP)
    with CaptureQueriesContext(connection) as queries:
        known_of(record)
    assert len(queries) == 3


@pytest.mark.parametrize("count", [1, 2])
def test_every_part_is_served_by_an_index(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "FEWEST_OF_A_BURST", 0)
    a_record("", number_hash=fingerprint(NUMBER))
    signups = [(a_record(ip_address=IP), TELIA) for _ in range(count)]
    plans: list[str] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        how = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        execute(f"{how} {sql}", params, many, context)
        plans.extend(str(row) for row in context["cursor"].fetchall())
        return execute(sql, params, many, context)

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    with connection.execute_wrapper(explain):
        history.pasts(signups, COSTLY)
    table = NumberInsightRecord._meta.db_table
    read = [line for line in plans if table in line]
    assert len(read) > 8
    assert [
        line for line in read if f"Seq Scan on {table}" in line or f"SCAN {table}" in line
    ] == []


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_values_that_postgresql_binds_itself_tell_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    a_record(subject=1, ip_address=IP)
    a_record(numbers_of_block(1)[0], subject=2, ip_address=IP, carrier_name="Telia", country="SE")
    record = a_record(subject=3, ip_address=IP)
    expected = known_of(record)
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "server_side_binding", True)
    try:
        connection.close()
        known = known_of(record)
    finally:
        connection.close()
    assert known == expected
    assert (known.number_seen, known.ip_seen_day, known.carrier_seen_hour) == (1, 1, 1)


@pytest.mark.postgres_only
@pytest.mark.parametrize("count", [1, 16])
def test_a_busy_hour_is_not_read_for_a_block_or_for_facts_that_a_signup_lacks(count: int) -> None:
    crowd = (f"+46{number}" for number in range(700_000_000, 700_300_000, 150))
    NumberInsightRecord.objects.bulk_create(
        NumberInsightRecord(number=number, source="signup") for number in crowd
    )
    signups = [(a_record(), Insight()) for _ in range(count)]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    plans: list[dict[str, Any]] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params, many, context)
        plans.append(context["cursor"].fetchone()[0][0]["Plan"])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        (past, *_others) = history.pasts(signups, COSTLY - {"listed"})
    assert past["block_seen_hour"] == 0
    table = NumberInsightRecord._meta.db_table
    read = sum(_rows_read(plan, table) for plan in plans)
    assert 0 < read < 100 * count


def _rows_read(plan: dict[str, Any], table: str) -> float:
    """Return the rows of `table` that a plan and the plans below it have read."""
    below = sum(_rows_read(part, table) for part in plan.get("Plans", ()))
    if plan.get("Relation Name") != table:
        return below
    removed = plan.get("Rows Removed by Filter", 0) + plan.get("Rows Removed by Index Recheck", 0)
    return below + float(plan["Actual Loops"] * (plan["Actual Rows"] + removed))
