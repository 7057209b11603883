"""The same promises for serializers of Django REST framework."""

from __future__ import annotations

import pytest
from rest_framework import serializers

from number_insight.models import NumberInsightRecord
from number_insight.serializerfields import ScreenedPhoneNumberField
from tests.fields.inputs import BAD
from tests.models import Customer
from tests.support.stage import CLEAN, RESERVED

pytestmark = pytest.mark.django_db


class Plain(serializers.Serializer):
    """Our field in a serializer without a model."""

    phone = ScreenedPhoneNumberField()


class ModelSerializer(serializers.ModelSerializer):
    """A model serializer as anybody writes it."""

    class Meta:
        model = Customer
        fields = ["id", "name", "phone"]


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


def test_what_need_not_be_given_may_be_empty() -> None:
    assert ScreenedPhoneNumberField(allow_blank=True).run_validation("") == ""
    assert ScreenedPhoneNumberField(allow_null=True).run_validation(None) is None
