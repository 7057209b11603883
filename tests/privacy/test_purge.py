"""After RETENTION, or by erasure, nothing points to a person; statistics and acts still count."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.management.base import CommandError
from django.db import connection
from django.test import Client, override_settings
from django.utils import timezone

from number_insight import privacy, reviewing
from number_insight.exceptions import Uncertain
from number_insight.insight import Insight
from number_insight.models import DecisionEvent, Lookup, NumberInsightRecord, RiskFlag, Usage
from number_insight.privacy import subject
from number_insight.testing import LookupFactory, RecordFactory
from number_insight.verdicts import history
from tests.admin.builders import action_url, confirmed, make_staff
from tests.models import Customer
from tests.privacy.stage import IP, NAME, NUMBER, aged, found_in, rows
from tests.support.stage import asking, command, screened, sign_up

pytestmark = pytest.mark.django_db


def a_full_record() -> NumberInsightRecord:
    caller = {"name": NAME, "first_name": None, "last_name": None, "type": "consumer"}
    caller["subscription_type"] = "unknown"
    answer = {"line_type": "virtual", "caller": caller, "request_id": "canary-request"}
    with asking({NUMBER: answer}, STORE_RAW=True, STORE_LIVE=True):
        customer = Customer(pk=7, name="Ada", phone="")
        record = screened(NUMBER, ip=IP, name=NAME, subject=customer)
    reviewing.release(record, reason=f"Called {NAME}, a nice person.")
    record.refresh_from_db()
    return record


def test_nothing_is_left_that_points_to_a_person() -> None:
    a_full_record()
    assert found_in(rows()) != []
    aged()
    command("purge")
    assert found_in(rows()) == []
    assert "canary-request" not in rows()


def test_what_may_be_counted_stays() -> None:
    before = a_full_record()
    aged()
    command("purge")
    after = NumberInsightRecord.objects.get()
    kept = ("verdict", "score", "decision", "line_type", "country", "carrier_name", "source")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
    assert (after.verdict, after.decision, after.cost > 0) == ("review", "released", True)
    assert [flag.code for flag in after.flags.all()] == ["virtual"]
    lookup = Lookup.objects.get()
    assert (lookup.state, lookup.level, lookup.provider) == ("answered", "advanced", "default")
    assert lookup.price == before.lookup.price
    assert after.lookup == lookup


def test_what_is_younger_is_left_alone() -> None:
    a_full_record()
    aged(days=89)
    assert "0 records, 0 lookups" in command("purge")
    assert NumberInsightRecord.objects.get().number == NUMBER


def test_days_override_the_retention() -> None:
    a_full_record()
    aged(days=3)
    command("purge", "--days", "2")
    assert NumberInsightRecord.objects.get().number == ""


@override_settings(NUMBER_INSIGHT={"RETENTION": timedelta(days=1)})
def test_the_setting_says_how_long() -> None:
    RecordFactory(number=NUMBER)
    aged(days=2)
    command("purge")
    assert NumberInsightRecord.objects.get().number == ""


@override_settings(NUMBER_INSIGHT={"RETENTION": None})
def test_no_retention_erases_nothing() -> None:
    RecordFactory(number=NUMBER)
    aged(days=10_000)
    assert "nothing is ever erased" in command("purge")
    assert NumberInsightRecord.objects.get().number == NUMBER


def test_a_dry_run_changes_nothing() -> None:
    a_full_record()
    aged()
    before = rows()
    assert "1 records, 1 lookups and 0 counters would be erased." in command("purge", "--dry-run")
    assert rows() == before


@pytest.mark.parametrize("state", ["queued", "waiting"])
def test_a_record_on_its_way_is_never_erased(state: str) -> None:
    RecordFactory(number=NUMBER, state=state)
    aged()
    command("purge")
    assert NumberInsightRecord.objects.get().number == NUMBER


@pytest.mark.parametrize("state", ["queued", "calling", "submitted"])
def test_an_open_lookup_is_never_erased(state: str) -> None:
    LookupFactory(number=NUMBER, state=state)
    aged()
    command("purge")
    assert Lookup.objects.get().number == NUMBER


def test_an_answer_that_somebody_waits_for_is_never_erased() -> None:
    RecordFactory(number=NUMBER, state="waiting", lookup=LookupFactory(number=NUMBER))
    aged()
    command("purge")
    assert Lookup.objects.get().number == NUMBER


def test_the_question_of_a_lookup_that_stayed_uncertain_is_held_without_its_number() -> None:
    screened(NUMBER, under=asking({NUMBER: Uncertain("Nobody knows.")}))
    before = Lookup.objects.get().open_key
    aged()
    command("purge")
    assert found_in(rows()) == []
    assert Lookup.objects.get().open_key == before is not None


def test_an_interrupted_purge_goes_on_where_it_stopped() -> None:
    for _ in range(5):
        RecordFactory()
    aged()
    steps = subject.purge(timezone.now(), batch=2)
    assert next(steps).count == 2
    steps.close()
    assert NumberInsightRecord.objects.exclude(number="").count() == 3
    said = command("purge", "--batch", "2")
    assert "records: 2 of 3\nrecords: 3 of 3\n" in said
    assert not NumberInsightRecord.objects.exclude(number="").exists()


def test_a_second_run_has_nothing_to_do() -> None:
    a_full_record()
    aged()
    command("purge")
    before = rows()
    assert "0 records, 0 lookups and 0 counters erased." in command("purge")
    assert rows() == before


def test_the_number_of_erased_records_is_still_counted() -> None:
    first = sign_up(NUMBER)
    aged()
    screened(NUMBER)
    NumberInsightRecord.objects.update(state="screened")
    command("purge")
    assert NumberInsightRecord.objects.for_number(NUMBER).count() == 2
    newcomer = Customer.objects.create(name="Ben", phone=NUMBER)
    (past,) = history.pasts([(newcomer.get_phone_record(), Insight())], ["number_seen"])
    assert past == {"number_seen": 1}
    assert first.pk != newcomer.pk


def test_a_link_lasts_as_long_as_its_subject() -> None:
    customer = sign_up(NUMBER)
    NumberInsightRecord.objects.update(state="screened")
    aged()
    command("purge")
    assert customer.get_phone_record() is not None
    key = str(customer.pk)
    customer.delete()
    command("purge")
    record = NumberInsightRecord.objects.get()
    assert (record.subject, record.subject_id) == (None, "")
    assert key


def test_counters_that_are_over_go_and_the_others_stay() -> None:
    now = timezone.now()
    Usage.objects.create(key="over", ends_at=now - timedelta(minutes=1))
    Usage.objects.create(key="running", ends_at=now + timedelta(hours=1))
    assert "1 counters" in command("purge")
    assert [usage.key for usage in Usage.objects.all()] == ["running"]


def test_what_a_rule_of_the_project_has_written_down_is_erased_too() -> None:
    record = RecordFactory(number=NUMBER, declared_name=NAME, ip_address=IP)
    evidence = {"who": NAME.upper(), "list": [f"from {IP}"], "number": int(NUMBER[1:]), "n": 3}
    RiskFlag.objects.create(
        record=record, code="own", weight=1, message=f"It is {NUMBER}.", evidence=evidence
    )
    aged()
    command("purge")
    flag = RiskFlag.objects.get()
    assert flag.evidence == {"who": "…", "list": ["from …"], "number": "…", "n": 3}
    assert flag.message == "It is …."
    assert found_in(rows()) == []


@pytest.mark.parametrize("words", [("--days", "-1"), ("--days", "1e12"), ("--batch", "0")])
def test_bad_options_are_refused_in_one_sentence(words: tuple[str, str]) -> None:
    with pytest.raises(CommandError, match=r"^--\w+ needs a [^.]+\.$"):
        command("purge", *words)


def test_a_batch_costs_as_many_queries_for_many_rows_as_for_few(
    django_assert_max_num_queries: object,
) -> None:
    for _ in range(60):
        RecordFactory()
    aged()
    with django_assert_max_num_queries(25, connection=connection):  # type: ignore[operator]
        command("purge")
    assert not NumberInsightRecord.objects.exclude(number="").exists()


def history_of(record: NumberInsightRecord) -> list[tuple[Any, ...]]:
    parts = ("act", "user_id", "at", "reason_code", "previous")
    return list(record.events.values_list(*parts))


def a_history(client: Client) -> NumberInsightRecord:
    """Return a record that was refused in the admin, reopened, and released by code."""
    user = make_staff("ana", "view_numberinsightrecord", "decide_numberinsightrecord")
    client.force_login(user)
    record: NumberInsightRecord = RecordFactory(
        number=NUMBER, verdict="review", subject=Customer.objects.create(name="Ada")
    )
    client.post(action_url("refuse"), confirmed(record, reason=f"{NAME},\ncalled {NUMBER}"))
    reviewing.reopen(record, user=user, reason=f"{NAME} complained.")
    reviewing.release(record, user=user, reason=NAME, reason_code="known")
    return record


@pytest.mark.parametrize("way", ["erasure", "purge"])
def test_free_text_goes_and_acts_persons_times_and_codes_stay(client: Client, way: str) -> None:
    record = a_history(client)
    other = RecordFactory(verdict="review")
    reviewing.refuse(other, reason="Another matter.")
    before, entries = history_of(record), LogEntry.objects.count()
    (entry,) = LogEntry.objects.filter(object_id=str(record.pk))
    assert entry.change_message == f"Refused.\n{NAME},\ncalled {NUMBER}"
    if way == "purge":
        aged(id=record.pk)
        command("purge")
    else:
        privacy.erase(number=NUMBER)
    assert history_of(record) == before
    assert {event.reason for event in record.events.all()} == {""}
    assert LogEntry.objects.count() == entries
    entry.refresh_from_db()
    assert entry.change_message == "Refused."
    assert found_in(entry.object_repr) == []
    assert DecisionEvent.objects.get(record=other).reason == "Another matter."


def test_the_log_of_other_models_is_left_alone(client: Client) -> None:
    record = a_history(client)
    kind = ContentType.objects.get_for_model(Customer)
    stranger = LogEntry.objects.create(
        user_id=record.decided_by_id,
        content_type=kind,
        object_id=str(record.pk),
        object_repr="x",
        action_flag=2,
        change_message="One line.\nAnother line.",
    )
    privacy.erase(number=NUMBER)
    stranger.refresh_from_db()
    assert stranger.change_message == "One line.\nAnother line."
