"""In one request a number is screened once, and what was rolled back is forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from django import forms
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings
from rest_framework import serializers

from number_insight.formfields import ScreenedPhoneNumberField
from number_insight.forms import ScreenedFormMixin
from number_insight.middleware import ScreeningMiddleware
from number_insight.models import NumberInsightRecord
from number_insight.screening import aattach, ascreen, attach, screen
from number_insight.screening.bell import bell
from number_insight.serializerfields import ScreenedPhoneNumberField as SerializerField
from number_insight.validators import NumberInsightValidator
from tests.models import ChildCustomer, Customer, TwoNumbers
from tests.support.stage import CLEAN, PREMIUM, VIRTUAL, fake, screened

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def bell_is_not_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bell, "ring", lambda *_args, **_kwargs: True)


class Signup(ScreenedFormMixin, forms.Form):
    """A form without a model."""

    name = forms.CharField()
    phone = ScreenedPhoneNumberField()


class SignupSerializer(serializers.Serializer[Any]):
    """The same for an API."""

    phone = SerializerField()


def visit(view: Callable[[], Any]) -> Any:
    """Return what `view` returns inside a request."""
    found = []

    def answer(_request: HttpRequest) -> HttpResponse:
        found.append(view())
        return HttpResponse()

    ScreeningMiddleware(answer)(RequestFactory().post("/", REMOTE_ADDR="8.8.8.8"))
    return found[0]


def records() -> list[NumberInsightRecord]:
    return list(NumberInsightRecord.objects.order_by("pk"))


def save(number: str = CLEAN) -> Customer:
    return Customer.objects.create(name="Ada", phone=number)


def test_a_number_screened_by_code_and_then_saved_is_one_record() -> None:
    def view() -> tuple[NumberInsightRecord, Customer]:
        return screen("+46 70 174 06 05", country="SE", name="Ada"), save()

    record, customer = visit(view)
    (only,) = records()
    assert (only, only.subject, only.field) == (record, customer, "tests.Customer.phone")
    assert (only.source, only.ip_address) == ("signup", "8.8.8.8")
    assert (only.declared_country, only.declared_name) == ("SE", "Ada")
    assert customer.get_phone_record() == only


@pytest.mark.parametrize("with_subject", [True, False])
def test_a_number_saved_and_then_screened_by_code_is_one_record(with_subject: bool) -> None:
    def view() -> tuple[NumberInsightRecord, Customer]:
        customer = save()
        subject = customer if with_subject else None
        return screen(CLEAN, subject=subject, country="SE", level="advanced"), customer

    record, customer = visit(view)
    (only,) = records()
    assert (only, only.subject, only.source) == (record, customer, "signup")
    assert (only.declared_country, only.level) == ("SE", "advanced")
    assert customer.get_phone_record() == only


def test_the_same_in_an_async_view() -> None:
    async def view(_request: HttpRequest) -> HttpResponse:
        record = await ascreen(CLEAN)
        customer = await Customer.objects.acreate(name="Ada", phone=CLEAN)
        assert await ascreen(CLEAN, subject=customer) == record
        assert await aattach(customer, record=record) == record
        assert await aattach(customer, number=CLEAN) == record
        return HttpResponse()

    async def run() -> None:
        await ScreeningMiddleware(view)(RequestFactory().post("/"))

    asyncio.run(run())
    (only,) = records()
    assert (only.subject, only.field) == (Customer.objects.get(), "tests.Customer.phone")


def test_a_record_is_attached_from_async_code() -> None:
    async def run() -> tuple[Any, Any]:
        customer = (await Customer.objects.abulk_create([Customer(name="Ada", phone=CLEAN)]))[0]
        record = await ascreen(CLEAN)
        found = await aattach(customer, number="+46 70-174 06 05")
        return record, found

    record, found = asyncio.run(run())
    assert (found, found.subject) == (record, Customer.objects.get())


def test_two_people_with_one_number_in_one_request_have_a_record_each() -> None:
    def view() -> list[Customer]:
        ada, ben = save(), save()
        assert screen(CLEAN, subject=ada).subject == ada
        return [ada, ben]

    customers = visit(view)
    assert [record.subject for record in records()] == customers


def test_what_is_typed_after_a_save_is_somebody_elses() -> None:
    def view() -> None:
        NumberInsightValidator()(CLEAN)
        save()
        NumberInsightValidator()(CLEAN)

    visit(view)
    assert [record.subject for record in records()] == [Customer.objects.get(), None]


def test_two_fields_with_one_number_have_a_record_each() -> None:
    both = visit(lambda: TwoNumbers.objects.create(phone=CLEAN, backup_phone=CLEAN))
    assert both.get_phone_record() != both.get_backup_phone_record()
    assert len(records()) == 2


def test_a_child_and_its_parent_are_one_subject() -> None:
    def view() -> NumberInsightRecord:
        child = ChildCustomer.objects.create(name="Ada", phone=CLEAN)
        return screen(CLEAN, subject=Customer.objects.get(pk=child.pk))

    assert [visit(view)] == records()


def test_a_number_that_is_judged_already_is_screened_again_where_more_is_wanted() -> None:
    def view() -> list[NumberInsightRecord]:
        customer = save()
        NumberInsightRecord.objects.update(state="screened", level="standard")
        return [screen(CLEAN, subject=customer), screen(CLEAN, subject=customer, level="advanced")]

    first, second = visit(view)
    assert [first, second] == records()
    assert [record.level for record in records()] == ["standard", "advanced"]


def test_outside_of_a_request_each_call_is_a_record() -> None:
    screen(CLEAN)
    screen(CLEAN)
    assert len(records()) == 2


def typed_by_a_form() -> None:
    form = Signup({"name": "Ada", "phone": CLEAN})
    assert form.is_valid()


def typed_by_a_validator() -> None:
    NumberInsightValidator()(CLEAN)


def typed_by_a_serializer() -> None:
    assert SignupSerializer(data={"phone": CLEAN}).is_valid()


def saved() -> None:
    save()


def screened_by_code() -> None:
    screen(CLEAN)


ACTS = [typed_by_a_form, typed_by_a_validator, typed_by_a_serializer, saved, screened_by_code]


class Retry(Exception):
    """A serialization failure, say: the view is run again."""


@pytest.mark.parametrize("is_saved", [True, False])
@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("is_nested", [True, False])
def test_a_view_that_is_rolled_back_and_run_again_leaves_its_record(
    act: Callable[[], None], is_saved: bool, is_nested: bool
) -> None:
    def attempt(number_of: int) -> None:
        with transaction.atomic():
            act()
            if is_saved and act is not saved:
                save()
            if number_of < 2:
                raise Retry

    def retried() -> None:
        for number_of in range(3):
            try:
                attempt(number_of)
            except Retry:
                continue

    def view() -> None:
        if is_nested:
            with transaction.atomic():
                retried()
        else:
            retried()

    visit(view)
    (only,) = records()
    assert only.number == CLEAN
    assert only.subject == Customer.objects.first()


def test_a_form_that_was_rolled_back_can_be_attached_all_the_same() -> None:
    def view() -> tuple[Any, Any]:
        form = Signup({"name": "Ada", "phone": CLEAN})
        with transaction.atomic():
            assert form.is_valid()
            transaction.set_rollback(True)
        customer = Customer.objects.bulk_create([Customer(name="Ada", phone=CLEAN)])[0]
        return attach(customer, record=form.screening_records["phone"]), customer

    record, customer = visit(view)
    assert [(one, one.subject, one.source) for one in records()] == [(record, customer, "signup")]


def test_a_refusal_that_was_rolled_back_is_recorded_when_it_comes_again() -> None:
    with override_settings(NUMBER_INSIGHT=fake(ENFORCEMENT="enforce")):
        screened(PREMIUM)

        def view() -> None:
            for is_last in (False, True):
                with transaction.atomic():
                    assert not Signup({"name": "Ada", "phone": PREMIUM}).is_valid()
                    assert not Signup({"name": "Ada", "phone": PREMIUM}).is_valid()
                    transaction.set_rollback(not is_last)

        visit(view)
    assert NumberInsightRecord.objects.filter(state="refused").count() == 1


def test_a_key_that_is_used_again_after_a_rollback_is_not_mistaken_for_what_it_was() -> None:
    def view() -> Customer:
        with transaction.atomic():
            screen(CLEAN)
            transaction.set_rollback(True)
        screen(VIRTUAL)  # SQLite gives it the same key
        return save()

    customer = visit(view)
    assert customer.get_phone_record().number == CLEAN
    assert {record.number for record in records()} == {CLEAN, VIRTUAL}
