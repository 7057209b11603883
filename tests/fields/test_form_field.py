"""Form field, validator and model form: a clear error or a number, and nothing bought by chance."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.db.migrations.writer import MigrationWriter
from django.test import override_settings

from number_insight.formfields import ScreenedPhoneNumberField
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.validators import NumberInsightValidator
from tests.fields.inputs import BAD
from tests.support.stage import CLEAN, RESERVED, VIRTUAL
from tests.views import SignupForm

pytestmark = pytest.mark.django_db


class PlainForm(forms.Form):
    """Our form field in a form without a model."""

    email = forms.EmailField()
    phone = ScreenedPhoneNumberField()


class ValidatedForm(forms.Form):
    """Our validator on somebody's own field."""

    phone = forms.CharField(validators=[NumberInsightValidator()])


def bought() -> tuple[int, int]:
    return NumberInsightRecord.objects.count(), Lookup.objects.count()


@pytest.mark.parametrize("typed", BAD.values(), ids=BAD)
@pytest.mark.parametrize("form", [PlainForm, ValidatedForm, SignupForm])
def test_what_is_no_number_is_a_clear_error_and_costs_nothing(
    form: type[forms.Form], typed: str
) -> None:
    bound = form({"name": "Ada", "email": "ada@example.org", "phone": typed})
    assert not bound.is_valid()
    message = bound.errors["phone"][0]
    assert message in {
        "This field is required.",
        "Null characters are not allowed.",
        "Enter a phone number.",
        "This is too long for a phone number.",
        "Enter the phone number with the digits 0 to 9.",
        "Enter a valid phone number with its country code, for example +46 70 174 06 05.",
    } or message.startswith("Ensure this value has at most 128 characters")
    assert bought() == (0, 0)


@pytest.mark.parametrize("form", [PlainForm, SignupForm])
@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("+46 70-174 06 05", CLEAN),
        ("0046701740605", CLEAN),
        ("46701740605", CLEAN),
        (" +46701740605 ", CLEAN),
        ("447700900000", RESERVED),
        ("+1 (415) 555-2671", "+14155552671"),
    ],
)
def test_what_people_type_becomes_e164(form: type[forms.Form], typed: str, number: str) -> None:
    bound = form({"name": "Ada", "email": "ada@example.org", "phone": typed})
    assert bound.is_valid(), bound.errors
    assert bound.cleaned_data["phone"].as_e164 == number


def test_a_region_reads_national_numbers() -> None:
    assert ScreenedPhoneNumberField(region="SE").clean("070-174 06 05") == CLEAN
    with pytest.raises(ValidationError, match="with its country code"):
        ScreenedPhoneNumberField().clean("070-174 06 05")


def test_a_form_field_screens_what_is_valid() -> None:
    assert PlainForm({"email": "ada@example.org", "phone": CLEAN}).is_valid()
    assert NumberInsightRecord.objects.get().number == CLEAN


def test_without_queue_it_screens_nothing() -> None:
    ScreenedPhoneNumberField(queue=False).clean(CLEAN)
    NumberInsightValidator(queue=False)(CLEAN)
    assert bought() == (0, 0)


def test_an_empty_number_that_need_not_be_given_is_none_of_our_business() -> None:
    assert ScreenedPhoneNumberField(required=False).clean("  ") == ""
    assert bought() == (0, 0)


def test_the_level_of_a_validator_is_that_of_its_records() -> None:
    NumberInsightValidator(level="basic")(CLEAN)
    ScreenedPhoneNumberField(level="standard").clean(VIRTUAL)
    levels = NumberInsightRecord.objects.order_by("pk").values_list("level", flat=True)
    assert list(levels) == ["basic", "standard"]


def test_a_model_form_is_screened_once_and_by_the_save() -> None:
    form = SignupForm({"name": "Ada", "email": "", "phone": CLEAN})
    assert form.is_valid()
    assert bought() == (0, 0)
    form.save()
    assert bought() == (1, 0)


def test_an_unchanged_number_of_a_plain_form_is_not_screened() -> None:
    data = {"email": "ada@example.org", "phone": "+46 70 174 06 05"}
    assert PlainForm(data, initial={"phone": CLEAN}).is_valid()
    assert bought() == (0, 0)
    assert PlainForm(data, initial={"phone": VIRTUAL}).is_valid()
    assert bought() == (1, 0)


@pytest.mark.parametrize("form", ["NATIONAL", "RFC3966"])
def test_a_form_does_not_mind_how_numbers_are_printed(form: str) -> None:
    with override_settings(PHONENUMBER_DEFAULT_FORMAT=form):
        bound = SignupForm({"name": "Ada", "phone": CLEAN})
        assert bound.is_valid(), bound.errors
        bound.save()
    assert NumberInsightRecord.objects.get().number == CLEAN


@pytest.mark.parametrize("value", [7, None, [], {}, b"+46701740605", object(), True])
def test_a_validator_says_no_to_what_is_no_text(value: Any) -> None:
    with pytest.raises(ValidationError):
        NumberInsightValidator()(value)
    assert bought() == (0, 0)


def test_a_validator_pickles_deconstructs_and_compares() -> None:
    validator = NumberInsightValidator(level="basic", queue=False)
    assert pickle.loads(pickle.dumps(validator)) == validator
    assert hash(pickle.loads(pickle.dumps(validator))) == hash(validator)
    assert validator != NumberInsightValidator(level="basic")
    text, imports = MigrationWriter.serialize(validator)
    assert text == ("number_insight.validators.NumberInsightValidator(level='basic', queue=False)")
    assert imports == {"import number_insight.validators"}
