"""An object whose key has several parts is a subject as any other."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.contrib.contenttypes.models import ContentType
from django.test import Client, override_settings
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from number_insight import privacy
from number_insight.models import NumberInsightRecord
from number_insight.screening import attach, screen, suspended
from number_insight.screening.backfill import Backfill
from tests.models import Seat, UUIDCustomer
from tests.privacy.stage import aged
from tests.support.stage import CLEAN, VIRTUAL, asking, command, sweep

pytestmark = pytest.mark.django_db


def seat(number: int = 1, phone: str = CLEAN) -> Seat:
    return Seat.objects.create(theatre='Dräger "1"', number=number, phone=phone)


def the_record() -> NumberInsightRecord:
    return NumberInsightRecord.objects.get()


def test_its_number_is_screened_and_linked_and_a_change_is_one() -> None:
    first = seat()
    assert the_record().subject == first
    assert first.get_phone_record() == the_record()
    found = Seat.objects.get()
    found.save()
    assert NumberInsightRecord.objects.count() == 1
    found.phone = VIRTUAL
    found.save()
    record = found.get_phone_record()
    assert (record.number, record.source, record.subject) == (VIRTUAL, "change", first)
    assert set(NumberInsightRecord.objects.for_subject(first)) == {record, *others(record)}


def others(record: NumberInsightRecord) -> list[NumberInsightRecord]:
    return list(NumberInsightRecord.objects.exclude(pk=record.pk))


def test_two_keys_with_a_part_in_common_are_two_subjects() -> None:
    assert seat(1).get_phone_record() != seat(11).get_phone_record()


def test_a_record_is_attached_to_it() -> None:
    with suspended():
        taken = seat()
    record = screen(CLEAN)
    assert attach(taken, record=record) == record
    assert the_record().subject == taken


def test_the_subjects_of_many_records_are_fetched_at_once(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    first, second = seat(1), seat(2)
    third = UUIDCustomer.objects.create(phone=CLEAN)
    NumberInsightRecord.objects.create(number=CLEAN)
    ContentType.objects.get_for_models(Seat, UUIDCustomer)  # cached from here on
    with django_assert_num_queries(3):
        records = list(NumberInsightRecord.objects.order_by("pk").prefetch_related("subject"))
        subjects = [record.subject for record in records]
    assert subjects == [first, second, third, None]


def test_a_purge_unlinks_it_when_it_is_gone_and_not_before() -> None:
    gone, kept = seat(1), seat(2)
    NumberInsightRecord.objects.update(state="screened")
    aged()
    command("purge")
    Seat.objects.filter(number=1).delete()
    command("purge")
    assert [one.subject for one in NumberInsightRecord.objects.order_by("pk")] == [None, kept]
    assert gone.get_phone_record() is None


def test_a_purge_of_many_is_as_good() -> None:
    with suspended():
        Seat.objects.bulk_create(Seat(theatre="A", number=n, phone=CLEAN) for n in range(450))
    work = Backfill("tests.Seat.phone")
    assert sum(work.queue(rows) for _count, rows in work.batches(100)) == 450
    NumberInsightRecord.objects.update(state="screened")
    Seat.objects.filter(number__gte=225).delete()
    aged()
    command("purge")
    assert NumberInsightRecord.objects.exclude(subject_type=None).count() == 225


def test_it_is_exported_and_erased_by_its_key() -> None:
    seat(1)
    seat(2, VIRTUAL)
    NumberInsightRecord.objects.update(state="screened")
    words = ("--model", "tests.Seat", "--pk", json.dumps(['Dräger "1"', "2"]))
    (record,) = json.loads(command("subject", *words, "--export"))["records"]
    assert record["number"] == VIRTUAL
    assert "1 records" in command("subject", *words, "--erase", "--yes")
    assert privacy.export(subject=Seat(pk=('Dräger "1"', 1)))["records"][0]["number"] == CLEAN
    assert set(NumberInsightRecord.objects.values_list("number", flat=True)) == {CLEAN, ""}


def test_a_row_without_a_record_is_backfilled_once() -> None:
    with suspended():
        seat()
    assert "1 records queued" in command("backfill", "tests.Seat.phone")
    assert "costs at most 0.00" in command("backfill", "tests.Seat.phone")
    assert the_record().subject == Seat.objects.get()


def test_the_admin_shows_it(admin_client: Client) -> None:
    with asking():
        seat()
        sweep()
    page = reverse("admin:number_insight_numberinsightrecord_change", args=[the_record().pk])
    assert "1" in admin_client.get(page).content.decode()
    listing = reverse("admin:number_insight_numberinsightrecord_changelist")
    assert admin_client.get(listing, {"q": CLEAN}).status_code == 200


@override_settings(NUMBER_INSIGHT={"RETENTION": timedelta(days=1)})
def test_a_key_of_another_kind_ends_no_purge() -> None:
    seat()
    NumberInsightRecord.objects.update(state="screened", subject_id="7")
    aged()
    command("purge")
    assert the_record().subject is None
