"""A line is one line at every door, and what one door refuses is impossible at all of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django import forms
from django.core.management import call_command
from django.db import connection
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from number_insight import numbers
from number_insight.formfields import ScreenedPhoneNumberField
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.privacy import subject as privacy
from number_insight.providers.fake import Fake
from number_insight.screening import screen, suspended
from number_insight.screening.inquiry import Inquiry
from number_insight.serializerfields import ScreenedPhoneNumberField as SerializerField
from tests.ground.test_numbering import PASTED, REFUSED
from tests.models import Customer, UUIDCustomer
from tests.support.records import an_entry, codes_of
from tests.support.stage import CLEAN, asking, screened

pytestmark = pytest.mark.django_db

ITALIAN, SAN_MARINO = "+390549882505", "+3780549882505"


class Form(forms.Form):
    """Our form field in a form of its own."""

    phone = ScreenedPhoneNumberField()


def number_of_record() -> str:
    number: str = NumberInsightRecord.objects.latest("pk").number
    return number


def by_screen(text: str) -> str:
    return screen(text).number


def by_save(text: str) -> str:
    customer = Customer(name="Ada", phone=text)
    customer.save()
    customer.refresh_from_db()
    assert str(customer.phone) == CLEAN
    return number_of_record()


def by_form(text: str) -> str:
    form = Form({"phone": text})
    assert form.is_valid(), form.errors
    assert str(form.cleaned_data["phone"]) == CLEAN
    return number_of_record()


def by_serializer(text: str) -> str:
    return str(SerializerField().run_validation(text))


def by_backfill(text: str) -> str:
    with suspended():
        customer = Customer.objects.create(name="Ada", phone=CLEAN)
    with connection.cursor() as cursor:  # as it may stand in a table that was filled before
        cursor.execute("UPDATE tests_customer SET phone = %s WHERE id = %s", [text, customer.pk])
    call_command("number_insight_backfill", "tests.Customer.phone", verbosity=0)
    return number_of_record()


def by_list(text: str) -> str:
    return an_entry("deny", "number", text).value


def by_query(text: str) -> str:
    screen(CLEAN)
    assert NumberInsightRecord.objects.for_number(text).count() == 1
    return number_of_record()


def by_filter(text: str) -> str:
    Customer.objects.create(name="Ada", phone=CLEAN)
    return str(Customer.objects.get(phone=text).phone)


def by_erasure(text: str) -> str:
    screen(CLEAN)
    (number,) = {n for n in privacy.held(number=text).numbers if n == CLEAN}
    return number


DOORS = (
    by_screen,
    by_save,
    by_form,
    by_serializer,
    by_backfill,
    by_list,
    by_query,
    by_filter,
    by_erasure,
)


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
@pytest.mark.parametrize("kind", ["bidi marks around", "soft hyphens", "a line feed at the end"])
def test_a_pasted_number_is_the_same_at_every_door(door: Any, kind: str) -> None:
    with asking():
        assert door(PASTED[kind]) == CLEAN


@pytest.mark.parametrize("kind", PASTED)
def test_another_spelling_is_no_other_question(kind: str) -> None:
    with asking():
        first, second = screened(CLEAN), screened(PASTED[kind])
    assert (first.number, second.number) == (CLEAN, CLEAN)
    assert len(Fake.asked) == 1
    assert Lookup.objects.count() == 1


def test_no_spelling_escapes_the_limit_of_a_number() -> None:
    spellings = [PASTED[kind] for kind in ("a comma at the end", "zero width", "full-width digits")]
    freshness = {"carrier": timedelta(0), "live": timedelta(0)}
    with asking(LIMITS={"number": "1/day"}, FRESHNESS=freshness):
        assert [screened(text).basis for text in spellings] == ["answer", "limit", "limit"]
    assert len(Fake.asked) == 1


@pytest.mark.parametrize("kind", REFUSED)
def test_what_a_form_refuses_is_denied_where_there_is_no_form(kind: str) -> None:
    with asking():
        assert not Form({"phone": REFUSED[kind]}).is_valid()
        record = screened(REFUSED[kind])
    assert (record.verdict, record.score) == ("deny", 100)
    assert codes_of(record) == {"impossible"}
    assert Fake.asked == []


@pytest.mark.parametrize("number", ["+22507123405", "+5698765405"])
def test_a_number_of_a_former_plan_is_not_denied(number: str) -> None:
    record = screened(number, under=asking())
    assert (record.number, record.verdict, codes_of(record)) == (number, "allow", {"not_in_plan"})


@pytest.mark.parametrize("text", ["555-1234", "290-1234"])
def test_a_local_number_is_a_form_error_and_asks_nobody(text: str) -> None:
    with asking(), override_settings(PHONENUMBER_DEFAULT_REGION="US"):
        form = Form({"phone": text})
        assert "with its country code" in form.errors["phone"][0]
        assert screened(text).verdict == "deny"
    assert Fake.asked == []


def test_the_region_of_a_call_reads_a_national_number() -> None:
    with asking(), override_settings(PHONENUMBER_DEFAULT_REGION="US"):
        assert screen("070-174 06 05", region="SE").number == CLEAN
        assert screen("070-174 06 05").number != CLEAN


def test_a_field_that_may_be_empty_is_empty_with_what_nobody_sees() -> None:
    field = ScreenedPhoneNumberField(required=False)
    assert field.clean("\u200b \u00a0") == field.empty_value
    customer = UUIDCustomer.objects.create(phone="\u200b")
    assert customer.get_phone_record() is None
    assert not NumberInsightRecord.objects.exists()


def test_a_line_that_was_allowed_is_allowed_in_its_other_spelling() -> None:
    an_entry("allow", "number", ITALIAN)
    record = screened(SAN_MARINO, under=asking())
    assert (record.verdict, record.basis, record.country) == ("allow", "listed", "SM")


def test_a_question_of_the_command_is_canonical() -> None:
    assert Inquiry(number=numbers.normalise("+52 1 55 1234 5605")).number == "+525512345605"


class TestTheGates(TestCase):
    """Forms and records, asked about any text."""

    @settings(max_examples=60, deadline=None)
    @given(st.text("+046701 5\u200b\u00a0,.;-x\n\0", min_size=1, max_size=45))
    def test_no_two_gates_disagree(self, text: str) -> None:
        with asking(), suspended():
            is_valid = Form({"phone": text}).is_valid()
            record = None if numbers.is_blank(text) else screen(text)
        possible = record is not None and numbers.is_possible(record.number)
        assert is_valid is possible or "\0" in text
