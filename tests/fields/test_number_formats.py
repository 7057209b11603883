"""A number is one and the same in whatever format it is written, shown or stored."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.core import serializers
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import override_settings
from phonenumber_field.phonenumber import PhoneNumber

from tests.fields.test_model_field import numbers
from tests.models import Customer, TrackedCustomer
from tests.support.pages import blocks
from tests.support.stage import CLEAN, RESERVED

pytestmark = pytest.mark.django_db


def test_a_reserved_number_is_possible_and_equals_itself() -> None:
    customer = Customer(name="Ada", phone="447700900000")
    customer.full_clean()
    customer.save()
    found = Customer.objects.get(phone="+44 7700 900000")
    assert found.phone == customer.phone == RESERVED
    assert (str(found.phone), found.get_phone_record().number) == (RESERVED, RESERVED)
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone FROM tests_customer")
        assert cursor.fetchone() == (RESERVED,)


@pytest.mark.parametrize("asked", [CLEAN, "+46 70-174 06 05", PhoneNumber.from_string(CLEAN)])
def test_filters_take_a_number_however_it_is_written(customer: Customer, asked: Any) -> None:
    assert Customer.objects.get(phone=asked) == customer
    assert Customer.objects.filter(phone__in=[asked]).count() == 1


def test_a_national_number_that_was_parsed_elsewhere_keeps_its_country() -> None:
    parsed = PhoneNumber.from_string("070-174 06 05", region="SE")
    assert Customer.objects.create(name="Ada", phone=parsed).phone == CLEAN
    assert numbers() == [CLEAN]


def in_column() -> str:
    """Return the text in the column of the only customer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone FROM tests_customer")
        return str(cursor.fetchone()[0])


@pytest.mark.parametrize("form", ["NATIONAL", "INTERNATIONAL", "RFC3966"])
def test_the_format_that_numbers_are_printed_in_changes_nothing(form: str) -> None:
    with override_settings(PHONENUMBER_DEFAULT_FORMAT=form):
        customer = Customer(name="Ada", phone=CLEAN)
        customer.full_clean()
        customer.save()
        assert Customer.objects.filter(phone=CLEAN).exists()
        assert CLEAN in serializers.serialize("json", [customer])
    assert (numbers(), in_column()) == ([CLEAN], CLEAN)


@pytest.mark.parametrize(
    ("form", "stored"),
    [("NATIONAL", "070-174 06 05"), ("INTERNATIONAL", "+46 70 174 06 05"), ("E164", CLEAN)],
)
def test_the_format_of_the_database_is_kept_and_numbers_are_found_in_it(
    form: str, stored: str
) -> None:
    with override_settings(PHONENUMBER_DB_FORMAT=form, PHONENUMBER_DEFAULT_REGION="SE"):
        customer = Customer(name="Ada", phone=CLEAN)
        customer.full_clean()
        customer.save()
        assert in_column() == stored
        found = Customer.objects.get(phone="0046 70-174 06 05")
        assert (found.phone, found.get_phone_record().number) == (CLEAN, CLEAN)
        assert Customer.objects.filter(phone__in=[CLEAN]).exists()
        found.save()
        assert numbers() == [CLEAN]
        with pytest.raises(ValidationError, match="already exists"):
            TrackedCustomer.objects.create(name="Ada", phone=CLEAN)
            TrackedCustomer(name="Ben", phone="070 174 06 05").full_clean()


@pytest.mark.parametrize("number", ["+12015550123", "+447700900000"])
def test_a_number_that_a_format_of_the_database_would_lose_is_kept_whole(number: str) -> None:
    with override_settings(PHONENUMBER_DB_FORMAT="NATIONAL", PHONENUMBER_DEFAULT_REGION="SE"):
        Customer.objects.create(name="Ada", phone=number)
        assert (in_column(), Customer.objects.get(phone=number).phone) == (number, number)
    with override_settings(PHONENUMBER_DB_FORMAT="NATIONAL"):
        Customer.objects.update(phone=CLEAN)
        assert in_column() == CLEAN


def test_the_how_to_writes_anew_what_another_field_has_stored() -> None:
    (block,) = (b for b in blocks("docs/forms.md", "python") if "def write_anew" in b.text)
    names: dict[str, Any] = {}
    exec(block.text, names)
    Customer.objects.bulk_create([Customer(name=name, phone=CLEAN) for name in ("Ada", "Ben")])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tests_customer SET phone = '070 / 174 06 05'")
    with override_settings(PHONENUMBER_DEFAULT_REGION="SE"):
        assert Customer.objects.filter(phone=CLEAN).count() == 0
        models_of = SimpleNamespace(get_model=lambda *_path: Customer)
        names["write_anew"](models_of, SimpleNamespace(connection=connection))
        assert Customer.objects.filter(phone=CLEAN).count() == 2
    assert (in_column(), numbers()) == (CLEAN, [])


def test_the_default_region_is_tried_first() -> None:
    with override_settings(PHONENUMBER_DEFAULT_REGION="SE"):
        Customer.objects.create(name="Ada", phone="070-174 06 05")
    assert numbers() == [CLEAN]
