"""The declared country and name reach the rules, from the model field and from the form."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.db import connection, models
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.test.utils import isolate_apps

from number_insight.formfields import ScreenedPhoneNumberField as FormField
from number_insight.forms import ScreenedFormMixin
from number_insight.middleware import ScreeningMiddleware
from number_insight.modelfields import ScreenedPhoneNumberField
from number_insight.models import NumberInsightRecord
from tests.models import Member
from tests.support.stage import CLEAN, VIRTUAL, asking, work_off

pytestmark = pytest.mark.django_db


class OfferForm(ScreenedFormMixin, forms.Form):
    """A form without a model."""

    country_field, name_field = "land", "who"
    land = forms.CharField(required=False)
    who = forms.CharField(required=False)
    phone = FormField()


def declared(record: NumberInsightRecord | None) -> tuple[str, str]:
    assert record is not None
    record.refresh_from_db()
    return record.declared_country, record.declared_name


def saved(**facts: Any) -> NumberInsightRecord:
    record: NumberInsightRecord = Member.objects.create(phone=CLEAN, **facts).get_phone_record()
    return record


def codes(record: NumberInsightRecord) -> set[str]:
    with asking():
        work_off(record.pk)
    return {flag.code for flag in record.flags.all()}


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"country": "gb", "first_name": "Ada"}, ("GB", "Ada Lovelace")),
        ({"country": "Great Britain"}, ("", "")),
        ({}, ("", "")),
        ({"country": "SE", "first_name": "x" * 300}, ("SE", "x" * 200)),
    ],
)
def test_saving_takes_country_and_name_with_it(
    facts: dict[str, str], said: tuple[str, str]
) -> None:
    member = Member(phone=CLEAN, **facts)
    member.save()
    assert declared(member.get_phone_record()) == said


def test_another_country_than_the_number_s_is_found_at_a_model_field() -> None:
    assert "declared_country" in codes(saved(country="GB"))
    assert "declared_country" not in codes(saved(country="SE"))


def test_a_change_is_screened_with_what_is_said_by_then() -> None:
    member = Member.objects.create(phone=CLEAN, country="SE")
    member.phone, member.country = VIRTUAL, "NO"
    member.save()
    assert declared(member.get_phone_record()) == ("NO", "")


def test_a_deferred_country_is_fetched() -> None:
    Member.objects.create(phone=CLEAN, country="SE", first_name="Ada")
    member = Member.objects.only("phone").get()
    member.phone = VIRTUAL
    member.save()
    assert declared(member.get_phone_record()) == ("SE", "Ada Lovelace")


def test_a_property_that_raises_costs_neither_the_signup_nor_its_screening(
    caplog: pytest.LogCaptureFixture,
) -> None:
    assert declared(saved(first_name="nameless", country="SE")) == ("SE", "")
    assert "Member.full_name raised LookupError." in caplog.text


def test_a_form_takes_them_from_its_own_fields() -> None:
    form = OfferForm({"phone": CLEAN, "land": "GB", "who": "Ada"})
    assert form.is_valid()
    assert declared(form.screening_records["phone"]) == ("GB", "Ada")
    assert "declared_country" in codes(form.screening_records["phone"])
    assert OfferForm({"phone": VIRTUAL}).is_valid()
    assert declared(NumberInsightRecord.objects.latest("pk")) == ("", "")


def test_a_record_of_the_form_is_completed_by_the_object_while_nobody_has_judged_it() -> None:
    class PlainForm(ScreenedFormMixin, forms.Form):
        phone = FormField()

    def view(request: HttpRequest) -> HttpResponse:
        for number in (CLEAN, VIRTUAL):
            form = PlainForm({"phone": number})
            assert form.is_valid()
            if number == VIRTUAL:
                NumberInsightRecord.objects.filter(number=VIRTUAL).update(state="screened")
            Member.objects.create(phone=number, country="GB", first_name="Ada")
        return HttpResponse()

    ScreeningMiddleware(view)(RequestFactory().post("/"))
    first, second = NumberInsightRecord.objects.order_by("pk")
    assert (declared(first), declared(second)) == (("GB", "Ada Lovelace"), ("", ""))


def test_the_options_are_written_into_migrations_and_change_no_table() -> None:
    plain = ScreenedPhoneNumberField()
    assert {"country_field", "name_field"}.isdisjoint(plain.deconstruct()[3])
    field = ScreenedPhoneNumberField(country_field="country", name_field="name")
    _, _, args, kwargs = field.deconstruct()
    again = ScreenedPhoneNumberField(*args, **kwargs)
    assert (again.country_field, again.name_field) == ("country", "name")
    for one in (plain, field):
        one.set_attributes_from_name("phone")
    editor = connection.schema_editor(collect_sql=True)
    assert not editor._field_should_be_altered(plain, field)
    longer = ScreenedPhoneNumberField(max_length=200)
    longer.set_attributes_from_name("phone")
    assert editor._field_should_be_altered(plain, longer)


@isolate_apps("tests")
def test_a_name_that_the_model_does_not_have_is_an_error() -> None:
    class Guest(models.Model):
        country = models.CharField(max_length=2)
        phone = ScreenedPhoneNumberField(country_field="contry", name_field="country")

        class Meta:
            app_label = "tests"

        def __str__(self) -> str:
            return str(self.phone)

    (found,) = Guest.check()
    assert (found.id, found.hint) == ("number_insight.E019", "Did you mean 'country'?")
    assert found.obj == Guest._meta.get_field("phone")
    assert "country_field='contry' is no attribute of tests.Guest." in found.msg


def test_fields_and_properties_of_the_model_are_fine() -> None:
    assert Member.check() == []
