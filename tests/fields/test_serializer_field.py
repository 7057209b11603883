"""The same promises for serializers of Django REST framework."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from rest_framework import serializers

from number_insight.modelfields import ScreenedPhoneNumberField as ModelField
from number_insight.models import ListEntry, NumberInsightRecord
from number_insight.screening import suspended
from number_insight.serializerfields import ScreenedPhoneNumberField, register
from number_insight.validators import NumberInsightValidator
from tests.fields.inputs import BAD
from tests.models import Customer, SwedishCustomer
from tests.support.stage import CLEAN, RESERVED, VIRTUAL, asking

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.django_db


class Plain(serializers.Serializer):
    """Our field in a serializer without a model."""

    phone = ScreenedPhoneNumberField()


class ModelSerializer(serializers.ModelSerializer):
    """A model serializer as anybody writes it."""

    class Meta:
        model = Customer
        fields = ["id", "name", "phone"]


class SwedishPlain(serializers.Serializer):
    """Our field with a region, in a serializer that updates an object by hand."""

    phone = ScreenedPhoneNumberField(region="SE")

    def update(self, instance: SwedishCustomer, validated_data: Any) -> SwedishCustomer:
        instance.phone = validated_data["phone"]
        instance.save()
        return instance


class Both(ModelSerializer):
    """Our field on a model whose save screens as well."""

    phone = ScreenedPhoneNumberField(queue=False)


@pytest.mark.parametrize("typed", [*BAD.values(), "", None, 7.5, [], {}, True])
@pytest.mark.parametrize("serializer", [Plain, ModelSerializer, Both])
def test_what_is_no_number_is_a_clear_error_and_costs_nothing(
    serializer: type[serializers.Serializer], typed: object
) -> None:
    bound = serializer(data={"name": "Ada", "phone": typed})
    assert not bound.is_valid()
    assert list(bound.errors) == ["phone"]
    assert not NumberInsightRecord.objects.exists()


@pytest.mark.parametrize("typed", ["+46 70-174 06 05", "46701740605", 46701740605])
def test_a_number_becomes_e164_and_is_screened(typed: object) -> None:
    bound = Plain(data={"phone": typed})
    assert bound.is_valid(), bound.errors
    assert bound.data == {"phone": CLEAN}
    assert NumberInsightRecord.objects.get().number == CLEAN


def test_a_national_number_needs_a_region() -> None:
    assert ScreenedPhoneNumberField(region="SE").run_validation("070-174 06 05") == CLEAN
    with pytest.raises(serializers.ValidationError, match="with its country code"):
        ScreenedPhoneNumberField().run_validation("070-174 06 05")


@pytest.mark.parametrize("serializer", [ModelSerializer, Both])
def test_a_model_serializer_is_screened_once_by_the_save(
    serializer: type[serializers.ModelSerializer],
) -> None:
    bound = serializer(data={"name": "Ada", "phone": "447700900000"})
    assert bound.is_valid(), bound.errors
    assert not NumberInsightRecord.objects.exists()
    customer = bound.save()
    assert customer.get_phone_record() == NumberInsightRecord.objects.get()
    assert serializer(customer).data["phone"] == RESERVED


class Swedish(serializers.ModelSerializer):
    """A model serializer on a field with a region of its own."""

    class Meta:
        model = SwedishCustomer
        fields = ["id", "phone"]


def denied(number: str = CLEAN) -> None:
    """Let evidence deny `number`."""
    ListEntry.objects.create(action="deny", match="number", value=number)


@pytest.mark.parametrize(
    "typed", ["070-174 06 05", "+46701740605", "0701740605", "0046 70 174 06 05"]
)
def test_a_model_serializer_knows_the_region_of_the_model_field(typed: str) -> None:
    bound = Swedish(data={"phone": typed})
    assert bound.is_valid(), bound.errors
    assert bound.validated_data["phone"] == CLEAN
    assert bound.save().phone == CLEAN
    assert isinstance(bound.fields["phone"], ScreenedPhoneNumberField)


def test_a_hyperlinked_serializer_and_one_with_options_know_it_too() -> None:
    class Linked(serializers.HyperlinkedModelSerializer):
        class Meta:
            model = SwedishCustomer
            fields = ["phone"]
            extra_kwargs = {"phone": {"region": "GB", "level": "basic"}}

    bound = Linked(data={"phone": "07700 900000"})
    assert bound.is_valid(), bound.errors
    assert bound.validated_data["phone"] == RESERVED
    assert bound.fields["phone"].screening == NumberInsightValidator("basic", queue=False)


@pytest.mark.parametrize("serializer", [Plain, ModelSerializer, Both])
def test_under_enforce_every_serializer_refuses_what_evidence_denies(
    serializer: type[serializers.Serializer],
) -> None:
    denied()
    with asking(ENFORCEMENT="enforce"):
        bound = serializer(data={"name": "Ada", "phone": "+46 70 174 06 05"})
        assert not bound.is_valid()
    assert [detail.code for detail in bound.errors["phone"]] == ["refused"]
    assert NumberInsightRecord.objects.get().state == "refused"


@pytest.mark.parametrize("typed", [CLEAN, "070 174 06 05"])
@pytest.mark.parametrize("partial", [False, True])
@pytest.mark.parametrize("serializer", [Swedish, SwedishPlain])
def test_an_unchanged_number_is_neither_looked_up_nor_refused(
    serializer: type[serializers.Serializer], partial: bool, typed: str
) -> None:
    with suspended():
        customer = SwedishCustomer.objects.create(phone=CLEAN)
    denied()
    with asking(ENFORCEMENT="enforce"):
        bound = serializer(customer, data={"phone": typed}, partial=partial)
        assert bound.is_valid(), bound.errors
        bound.save()
    assert not NumberInsightRecord.objects.exists()


@pytest.mark.parametrize("serializer", [Swedish, SwedishPlain])
def test_a_changed_number_is_screened_or_refused(serializer: type[serializers.Serializer]) -> None:
    with suspended():
        customer = SwedishCustomer.objects.create(phone=VIRTUAL)
    bound = serializer(customer, data={"phone": CLEAN})
    assert bound.is_valid() and bound.save()
    assert {record.number for record in NumberInsightRecord.objects.all()} == {CLEAN}
    denied(RESERVED)
    with asking(ENFORCEMENT="enforce"):
        assert not serializer(customer, data={"phone": RESERVED}).is_valid()


def test_an_unchanged_number_of_a_nested_object_is_known_too() -> None:
    class Outer(serializers.Serializer):
        inner = SwedishPlain()

    with suspended():
        customer = SwedishCustomer.objects.create(phone=CLEAN)
    bound = Outer({"inner": customer}, data={"inner": {"phone": CLEAN}})
    assert bound.is_valid() and not NumberInsightRecord.objects.exists()


@pytest.mark.parametrize("instance", [object(), [1, 2], {"phone": ""}, {"phone": "nonsense"}])
def test_an_instance_without_such_a_number_is_none(instance: object) -> None:
    assert SwedishPlain(instance, data={"phone": CLEAN}).is_valid()
    assert NumberInsightRecord.objects.count() == 1


def test_what_another_validator_refuses_is_not_looked_up() -> None:
    def refuse(value: object) -> None:
        raise serializers.ValidationError("no")

    with pytest.raises(serializers.ValidationError):
        ScreenedPhoneNumberField(validators=[refuse]).run_validation(CLEAN)
    assert not NumberInsightRecord.objects.exists()


def test_a_project_may_choose_its_own_field_for_our_model_field() -> None:
    class Own(serializers.CharField):
        pass

    class Chosen(serializers.ModelSerializer):
        serializer_field_mapping = {ModelField: Own}

        class Meta:
            model = SwedishCustomer
            fields = ["phone"]

    assert isinstance(Chosen().fields["phone"], Own)
    mapping = serializers.ModelSerializer.serializer_field_mapping
    with mock.patch.dict(mapping, {ModelField: Own}):
        register()
        assert mapping[ModelField] is Own


def test_without_rest_framework_nothing_of_it_is_imported() -> None:
    code = (
        "import sys, django; from django.conf import settings;"
        "settings.configure(INSTALLED_APPS=['django.contrib.auth', 'django.contrib.contenttypes',"
        "'phonenumber_field', 'number_insight'], SECRET_KEY='x', USE_TZ=True,"
        "DATABASES={'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': ':memory:'}});"
        "django.setup(); import number_insight.modelfields, number_insight.forms;"
        "print('rest_framework' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert run.stdout.strip() == "False"


def test_what_need_not_be_given_may_be_empty() -> None:
    assert ScreenedPhoneNumberField(allow_blank=True).run_validation("") == ""
    assert ScreenedPhoneNumberField(allow_null=True).run_validation(None) is None


@pytest.mark.parametrize("given", [46701740605, 46701740605.0, 4.6701740605e10])
def test_digits_of_json_are_the_number_that_they_spell(given: float) -> None:
    with asking():
        serializer = Plain(data={"phone": given})
        assert serializer.is_valid(), serializer.errors
        assert str(serializer.validated_data["phone"]) == CLEAN


@pytest.mark.parametrize("given", [0.5, 1e308, float("inf"), float("nan")])
def test_a_float_that_spells_no_digits_is_an_error_of_the_form(given: float) -> None:
    with asking():
        assert not Plain(data={"phone": given}).is_valid()
    assert not NumberInsightRecord.objects.exists()
