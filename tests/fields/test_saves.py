"""What a save is screened as, whoever sets the number, and whatever goes wrong with us."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models, transaction
from django.db.models.signals import post_save, pre_save
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from number_insight import saves, signals
from number_insight.models import NumberInsightRecord
from number_insight.screening import attach, screen, signup, suspended, visitor
from tests.models import Customer, LateCustomer, TwoNumbers
from tests.support.stage import CLEAN, IMPOSSIBLE, PREMIUM, VIRTUAL

pytestmark = pytest.mark.django_db


def sources() -> list[tuple[str, str]]:
    """Return the number and the source of each record, the oldest first."""
    return list(NumberInsightRecord.objects.order_by("pk").values_list("number", "source"))


@contextmanager
def receiving(act: Callable[[Any], None], model: type[models.Model]) -> Iterator[None]:
    """Let a receiver of the project do `act` to each object before it is saved."""

    def receive(instance: Any, **_kwargs: Any) -> None:
        act(instance)

    pre_save.connect(receive, sender=model, weak=False)
    try:
        yield
    finally:
        pre_save.disconnect(receive, sender=model)


def take_what_was_given(customer: LateCustomer) -> None:
    customer.phone = customer.given


def test_a_number_that_a_receiver_of_the_project_sets_is_screened() -> None:
    with receiving(take_what_was_given, LateCustomer):
        customer = LateCustomer.objects.create(given=CLEAN)
        customer.given = VIRTUAL
        customer.save()
        found = LateCustomer.objects.get()
        found.given = PREMIUM
        found.save()
        found.save()
    assert sources() == [(CLEAN, "signup"), (VIRTUAL, "change"), (PREMIUM, "change")]


def test_a_receiver_that_undoes_a_change_has_nothing_screened() -> None:
    customer = LateCustomer.objects.create(phone=CLEAN, given=CLEAN)
    with receiving(take_what_was_given, LateCustomer):
        customer.phone = VIRTUAL
        customer.save()
    assert sources() == [(CLEAN, "signup")]


def test_a_number_that_a_receiver_sets_and_that_is_not_written_is_not_screened() -> None:
    customer = LateCustomer.objects.create(phone=CLEAN, given=VIRTUAL)
    with receiving(take_what_was_given, LateCustomer):
        customer.save(update_fields=["given"])
        LateCustomer.objects.defer("phone").get().save()
    assert sources() == [(CLEAN, "signup")]
    assert LateCustomer.objects.get().phone == CLEAN


def test_a_receiver_that_takes_the_number_away_has_nothing_screened() -> None:
    customer = LateCustomer.objects.create(phone=CLEAN)
    with receiving(take_what_was_given, LateCustomer):
        customer.save()
    assert LateCustomer.objects.get().phone == ""
    assert sources() == [(CLEAN, "signup")]


@pytest.mark.parametrize("is_loaded", [True, False])
def test_the_first_number_of_somebody_is_a_signup_whenever_it_comes(is_loaded: bool) -> None:
    customer = LateCustomer.objects.create()
    if is_loaded:
        customer = LateCustomer.objects.get()
    customer.phone = CLEAN
    customer.save()
    customer.phone = VIRTUAL
    customer.save()
    assert sources() == [(CLEAN, "signup"), (VIRTUAL, "change")]


def test_a_number_after_a_time_without_one_is_a_change() -> None:
    customer = LateCustomer.objects.create(phone=CLEAN)
    for number in ("", VIRTUAL):
        customer.phone = number
        customer.save()
    assert sources() == [(CLEAN, "signup"), (VIRTUAL, "change")]


def test_a_number_that_was_there_before_us_makes_the_next_one_a_change() -> None:
    customer = LateCustomer.objects.bulk_create([LateCustomer(phone=CLEAN)])[0]
    customer.phone = VIRTUAL
    customer.save()
    assert sources() == [(VIRTUAL, "change")]


def test_two_first_numbers_at_once_are_both_of_the_signup() -> None:
    both = TwoNumbers.objects.create(phone="", backup_phone=None)
    both.phone, both.backup_phone = CLEAN, VIRTUAL
    both.save()
    assert sources() == [(CLEAN, "signup"), (VIRTUAL, "signup")]


def test_a_second_number_that_comes_later_is_a_change() -> None:
    both = TwoNumbers.objects.create(phone=CLEAN)
    both.backup_phone = VIRTUAL
    both.save(update_fields=["backup_phone"])
    assert sources() == [(CLEAN, "signup"), (VIRTUAL, "change")]


def test_a_number_that_was_attached_before_it_was_saved_is_still_the_first() -> None:
    customer = LateCustomer.objects.create()
    with visitor.visiting(RequestFactory().post("/")):
        record = screen(CLEAN)
        attach(customer, record=record)
        customer.phone = CLEAN
        customer.save()
    assert sources() == [(CLEAN, "signup")]
    assert customer.get_phone_record() == record


def test_a_change_that_a_form_has_screened_is_a_change() -> None:
    customer = LateCustomer.objects.create(phone=CLEAN)
    with visitor.visiting(RequestFactory().post("/")):
        signup.screen_typed(VIRTUAL)
        customer.phone = VIRTUAL
        customer.save()
    assert sources() == [(CLEAN, "signup"), (VIRTUAL, "change")]


def test_an_object_that_is_made_again_under_its_key_is_screened_only_if_its_number_differs() -> (
    None
):
    customer = Customer.objects.create(name="Ada", phone=CLEAN)
    Customer(pk=customer.pk, name="Ada L.", phone=CLEAN).save()
    assert sources() == [(CLEAN, "signup")]
    Customer(pk=customer.pk, name="Ada L.", phone=VIRTUAL).save()
    Customer(pk=customer.pk + 1, name="Ben", phone=CLEAN).save()
    assert sources() == [(CLEAN, "signup"), (VIRTUAL, "change"), (CLEAN, "signup")]


def test_a_signal_that_a_project_sends_by_itself_is_understood() -> None:
    with suspended():
        customer = LateCustomer.objects.create(phone=CLEAN)
    post_save.send(LateCustomer, instance=customer, created=True)
    post_save.send(LateCustomer, instance=customer, created=False)
    pre_save.send(LateCustomer, instance=customer)
    post_save.send(LateCustomer, instance=customer, created=False)
    assert sources() == [(CLEAN, "signup")]


def test_an_unchanged_number_costs_no_query() -> None:
    LateCustomer.objects.create(phone=CLEAN)
    found = LateCustomer.objects.get()
    with CaptureQueriesContext(connection) as queries:
        found.save()
    assert len(queries) == 1


class Fault(Exception):
    """A bug of ours."""


def fail(*_args: object, **_kwargs: object) -> Any:
    raise Fault


FAULTS = [
    (saves, "stored"),
    (saves, "loaded_numbers"),
    (saves, "label"),
    (saves, "screened_fields"),
    (saves, "_number_before"),
    (saves, "_source"),
    (signup, "screen"),
    (signup, "canonical"),
    (signup, "screened_before"),
    (ContentType.objects, "get_for_model"),
    (NumberInsightRecord, "save"),
    (visitor, "current"),
]


@pytest.mark.parametrize(("place", "name"), FAULTS, ids=[name for _place, name in FAULTS])
@pytest.mark.parametrize("before", ["", CLEAN])
def test_no_fault_around_a_save_costs_it(
    place: Any, name: str, before: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = LateCustomer.objects.create(phone=before)
    NumberInsightRecord.objects.all().delete()
    told: list[Any] = []

    def note(subject: Any, **_kwargs: Any) -> None:
        told.append(subject)

    signals.screening_failed.connect(note)
    with monkeypatch.context() as patch, transaction.atomic():
        patch.setattr(place, name, fail)
        customer.phone = VIRTUAL
        customer.save()
        other = LateCustomer.objects.create(phone=PREMIUM)
    kept = LateCustomer.objects.order_by("pk").values_list("phone", flat=True)
    assert [str(number) for number in kept] == [VIRTUAL, PREMIUM]
    # What is not screened is told.
    records = set(NumberInsightRecord.objects.values_list("number", flat=True))
    numbers = {customer: VIRTUAL, other: PREMIUM}
    assert set(told) == {who for who, number in numbers.items() if number not in records}


def test_a_question_that_the_database_refuses_costs_no_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    customer = LateCustomer.objects.create(phone=CLEAN)
    customer.phone = VIRTUAL

    def ask_nonsense(*_args: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM there_is_no_such_table")

    with monkeypatch.context() as patch, transaction.atomic():
        patch.setattr(models.QuerySet, "first", ask_nonsense)
        customer.save()
        assert LateCustomer.objects.count() == 1  # the transaction is whole
    assert LateCustomer.objects.get().phone == VIRTUAL


@pytest.mark.parametrize("number", [CLEAN, IMPOSSIBLE])
def test_a_fault_is_logged_without_the_number(
    number: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(signup, "insert", fail)
    with caplog.at_level(logging.ERROR):
        LateCustomer.objects.create(phone=number)
    (line,) = (entry.getMessage() for entry in caplog.records)
    assert "(Fault)" in line and number.strip("+") not in line
