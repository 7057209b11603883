"""An error report with DEBUG off shows no number in a frame of ours, whatever fails beneath it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
from asgiref.sync import async_to_sync
from django import forms
from django.http import HttpRequest
from django.test import RequestFactory
from django.views.debug import ExceptionReporter, technical_500_response
from rest_framework import serializers

import number_insight
from number_insight.formfields import ScreenedPhoneNumberField as FormField
from number_insight.forms import ScreenedFormMixin
from number_insight.models import NumberInsightRecord
from number_insight.screening import ascreen, attach, screen, suspended
from number_insight.serializerfields import ScreenedPhoneNumberField as SerializerField
from number_insight.serializers import ScreenedSerializerMixin
from number_insight.validators import NumberInsightValidator, validate_possible
from tests.models import Customer

pytestmark = pytest.mark.django_db

OURS = str(Path(number_insight.__file__).parent)
TYPED = "+46 70-174 06 77"
SPELLINGS = ("701740677", "70-174 06 77", "70 174 06 77", "174 06 77")


class Stumbled(Exception):
    """A fault somewhere beneath."""


def stumble(*_args: Any, **_kwargs: Any) -> Any:
    raise Stumbled


class Base(forms.Form):
    """A form of the project that fails while it is made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.data.get("fail") == "init":
            raise Stumbled

    def clean(self) -> None:
        if self.data.get("fail") == "clean":
            raise Stumbled


class Mixed(ScreenedFormMixin, Base):
    """A form with the mixin."""

    phone = FormField()


class Plain(serializers.Serializer):
    """A serializer of the project that fails while it validates."""

    phone = SerializerField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.initial_data.get("fail") == "init":
            raise Stumbled

    def validate(self, attrs: Any) -> Any:
        raise Stumbled


class MixedSerializer(ScreenedSerializerMixin, Plain):
    """The same with the mixin."""


class ModelSerializer(serializers.ModelSerializer):
    """A model serializer as anybody writes it."""

    class Meta:
        model = Customer
        fields = ["phone"]


def refusing(_value: Any) -> None:
    raise Stumbled


def a_customer() -> Customer:
    with suspended():
        return Customer.objects.create(name="Ada", phone=TYPED)


def report(work: Callable[[], Any]) -> tuple[ExceptionReporter, HttpRequest]:
    """Return the reporter of what `work` raises, as Django makes it for a mail to ADMINS."""
    request = RequestFactory().get("/")
    try:
        work()
    except Exception:
        return ExceptionReporter(request, *sys.exc_info()), request
    pytest.fail("nothing was raised")


def shown(reporter: ExceptionReporter) -> Iterator[str]:
    """Yield our frames in which a number is shown."""
    for frame in reporter.get_traceback_frames():
        if not str(frame["filename"]).startswith(OURS):
            continue
        told = str(frame["vars"])
        if any(spelling in told for spelling in SPELLINGS):
            yield f"{frame['filename']}:{frame['function']}"


@pytest.fixture(autouse=True)
def in_production(settings: Any) -> None:
    settings.DEBUG = False


PROJECTS_FAULTS: dict[str, Callable[[], Any]] = {
    "a form that fails while it is made": lambda: Mixed({"phone": TYPED, "fail": "init"}),
    "a form that fails while it is cleaned": lambda: Mixed(
        {"phone": TYPED, "fail": "clean"}
    ).is_valid(),
    "a form field with a validator": lambda: FormField(validators=[refusing]).clean(TYPED),
    "a serializer that fails while it is made": lambda: MixedSerializer(
        data={"phone": TYPED, "fail": "init"}
    ),
    "a serializer": lambda: Plain(data={"phone": TYPED}).is_valid(),
    "a serializer with the mixin": lambda: MixedSerializer(data={"phone": TYPED}).is_valid(),
    "a serializer field with a validator": lambda: SerializerField(
        validators=[refusing]
    ).run_validation(TYPED),
    "a model that is not possible": lambda: Customer(name="Ada", phone=f"{TYPED}x").full_clean(),
    "the validator of the model field": lambda: validate_possible(f"{TYPED}x"),
    "the validator": lambda: NumberInsightValidator()(f"{TYPED}x"),
}


@pytest.mark.parametrize("work", PROJECTS_FAULTS.values(), ids=PROJECTS_FAULTS)
def test_a_fault_of_the_project_shows_no_number_in_our_frames(work: Callable[[], Any]) -> None:
    reporter, _request = report(work)
    assert list(shown(reporter)) == []


OUR_FAULTS: dict[str, Callable[[Customer], Any]] = {
    "a value that is set": lambda customer: setattr(customer, "phone", TYPED),
    "a new object": lambda _customer: Customer(phone=TYPED),
    "an object that is loaded": lambda customer: Customer.objects.get(pk=customer.pk),
    "a query": lambda _customer: list(Customer.objects.filter(phone=TYPED)),
    "a form": lambda _customer: Mixed({"phone": TYPED}).is_valid(),
    "a serializer": lambda _customer: Plain(data={"phone": TYPED}).is_valid(),
    "a model serializer": lambda _customer: ModelSerializer(data={"phone": TYPED}).is_valid(),
    "the validator": lambda _customer: NumberInsightValidator()(TYPED),
    "screen": lambda _customer: screen(TYPED),
    "ascreen": lambda _customer: async_to_sync(ascreen)(TYPED),
    "attach": lambda customer: attach(customer, number=TYPED),
    "records of a number": lambda _customer: NumberInsightRecord.objects.for_number(TYPED),
}


@pytest.mark.parametrize("work", OUR_FAULTS.values(), ids=OUR_FAULTS)
def test_a_fault_of_ours_shows_none_either(
    work: Callable[[Customer], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = a_customer()
    monkeypatch.setattr(phonenumbers, "parse", stumble)
    for name in ("read", "parse"):  # what is remembered of a number needs no parsing
        monkeypatch.setattr(f"number_insight.numbering.{name}", stumble)
    reporter, _request = report(lambda: work(customer))
    assert list(shown(reporter)) == []


def test_the_reporter_would_show_what_is_not_hidden() -> None:
    def unprotected(number: str) -> None:
        raise Stumbled

    reporter, _request = report(lambda: unprotected(TYPED))
    assert any(TYPED in str(frame["vars"]) for frame in reporter.get_traceback_frames())


def test_neither_does_the_page_that_django_makes_of_it() -> None:
    try:
        MixedSerializer(data={"phone": TYPED}).is_valid()
    except Stumbled:
        page = technical_500_response(RequestFactory().get("/"), *sys.exc_info())
    ours = [part for part in page.content.decode().split('<li class="frame') if OURS in part[:300]]
    assert ours and not any(spelling in part for part in ours for spelling in SPELLINGS)
