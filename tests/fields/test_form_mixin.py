"""The mixin screens once all of a form is valid, and links the record to the saved object."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from number_insight.formfields import ScreenedPhoneNumberField
from number_insight.forms import ScreenedFormMixin
from number_insight.middleware import ScreeningMiddleware
from number_insight.models import NumberInsightRecord
from number_insight.screening import attach, attachment, screen, visitor
from number_insight.validators import NumberInsightValidator
from tests.models import Customer
from tests.support.stage import CLEAN, VIRTUAL

pytestmark = pytest.mark.django_db

GOOD = {"name": "Ada", "email": "ada@example.org", "phone": CLEAN}


class OurField(ScreenedFormMixin, forms.Form):
    """Finds the field by its class."""

    email = forms.EmailField()
    phone = ScreenedPhoneNumberField(level="basic")


class OurValidator(ScreenedFormMixin, forms.Form):
    """Finds the field by its validator."""

    email = forms.EmailField()
    phone = forms.CharField(validators=[NumberInsightValidator(level="basic")])


class Named(ScreenedFormMixin, forms.Form):
    """Is told the field."""

    email = forms.EmailField()
    phone = forms.CharField()
    screened_fields = ("phone",)


class ModelForm(ScreenedFormMixin, forms.ModelForm):
    """A model whose column is a plain one; the form screens."""

    phone = ScreenedPhoneNumberField()

    class Meta:
        model = Customer
        fields = ["name", "email"]


FORMS = [OurField, OurValidator, Named]


def numbers() -> list[str]:
    return list(NumberInsightRecord.objects.order_by("pk").values_list("number", flat=True))


@pytest.mark.parametrize("form", FORMS)
def test_a_bad_email_costs_nothing(form: Any) -> None:
    assert not form({**GOOD, "email": "nonsense"}).is_valid()
    assert numbers() == []


@pytest.mark.parametrize("form", FORMS)
def test_a_valid_form_is_one_record_however_often_it_is_cleaned(form: Any) -> None:
    bound = form(GOOD)
    assert bound.is_valid()
    bound.full_clean()
    assert numbers() == [CLEAN]
    assert bound.screening_records["phone"].number == CLEAN
    assert bound.screening_records["phone"].level == ("auto" if form is Named else "basic")


@pytest.mark.parametrize("form", FORMS)
def test_an_unchanged_number_costs_nothing(form: Any) -> None:
    assert form(GOOD, initial={"phone": CLEAN}).is_valid()
    assert numbers() == []


@pytest.mark.parametrize("form", FORMS)
def test_a_form_does_not_change_the_fields_of_its_class(form: Any) -> None:
    for number in (CLEAN, VIRTUAL):
        assert form({**GOOD, "phone": number}).is_valid()
    assert numbers() == [CLEAN, VIRTUAL]


@pytest.mark.parametrize("form", FORMS)
def test_what_is_no_number_is_an_error(form: Any) -> None:
    assert "phone" in form({**GOOD, "phone": "+46"}).errors
    assert numbers() == []


def test_a_model_form_links_its_record_to_what_was_saved() -> None:
    form = ModelForm(GOOD)
    assert form.is_valid()
    saved = form.save()
    assert NumberInsightRecord.objects.for_subject(saved).get().number == CLEAN


def test_a_form_without_a_model_is_linked_by_attach() -> None:
    form = OurField(GOOD)
    assert form.is_valid()
    customer = Customer.objects.bulk_create([Customer(name="Ada", phone=CLEAN)])[0]
    record = attach(customer, record=form.screening_records["phone"])
    assert record is not None
    assert NumberInsightRecord.objects.for_subject(customer).get() == record


def test_attach_finds_the_newest_orphan_by_its_number() -> None:
    screen(CLEAN)
    newest = screen(CLEAN)
    screen(VIRTUAL)
    customer = Customer.objects.bulk_create([Customer(name="Ada", phone=CLEAN)])[0]
    assert attach(customer, number="+46 70 174 06 05") == newest
    assert attach(customer, number="+46 70 174 06 99") is None
    assert attach(customer) is None


def test_one_request_is_one_record_however_many_fields_and_validators_see_the_number() -> None:
    found: list[Customer] = []

    def view(request: HttpRequest) -> HttpResponse:
        form = OurValidator(request.POST)
        assert form.is_valid()
        NumberInsightValidator()(CLEAN)
        found.append(Customer.objects.create(name="Ada", phone=form.cleaned_data["phone"]))
        return HttpResponse()

    request = RequestFactory().post("/", GOOD, REMOTE_ADDR="8.8.8.8")
    ScreeningMiddleware(view)(request)
    record = NumberInsightRecord.objects.get()
    assert (record.subject, record.ip_address, record.source) == (found[0], "8.8.8.8", "signup")
    assert found[0].get_phone_record() == record
    assert visitor.current() is None


def test_a_record_that_was_rolled_back_is_not_adopted_but_made_anew() -> None:
    def view(request: HttpRequest) -> HttpResponse:
        NumberInsightValidator()(CLEAN)
        NumberInsightRecord.objects.all().delete()  # what a rollback comes to
        Customer.objects.create(name="Ada", phone=CLEAN)
        return HttpResponse()

    ScreeningMiddleware(view)(RequestFactory().post("/"))
    assert NumberInsightRecord.objects.get().subject == Customer.objects.get()


def test_what_a_method_of_the_form_cleans_to_no_number_is_an_error_at_the_field() -> None:
    class Cleaning(ScreenedFormMixin, forms.Form):
        phone = ScreenedPhoneNumberField()

        def clean_phone(self) -> str:
            return "nobody"

    form = Cleaning({"phone": CLEAN})
    assert not form.is_valid()
    assert list(form.errors) == ["phone"]
    assert numbers() == []


def test_a_bug_of_ours_does_not_cost_what_a_model_form_saves(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def stumble(*_args: object, **_kwargs: object) -> None:
        raise ZeroDivisionError

    form = ModelForm(GOOD)
    assert form.is_valid()
    monkeypatch.setattr(attachment, "attach", stumble)
    assert form.save() == Customer.objects.get()
    assert "ZeroDivisionError" in caplog.text
