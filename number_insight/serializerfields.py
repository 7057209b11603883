"""The serializer field for Django REST framework."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import models
from django.views.decorators.debug import sensitive_variables
from phonenumber_field.phonenumber import PhoneNumber
from rest_framework import serializers
from rest_framework.fields import Field, get_error_detail

from number_insight import modelfields, numbers
from number_insight.screening.arguments import check_region
from number_insight.validators import NumberInsightValidator, clean_number


class ScreenedPhoneNumberField(serializers.CharField):
    """A serializer field for a phone number that is screened.

    Takes `region`, the alpha-2 code for numbers without a country code, and `level` and `queue` of
    `NumberInsightValidator`. Its value is a `PhoneNumber` in E.164. The number that the instance
    of the serializer has already is neither refused nor looked up.
    """

    def __init__(
        self,
        *,
        region: str | None = None,
        level: str | None = None,
        queue: bool = True,
        **kwargs: Any,
    ) -> None:
        check_region(region)
        super().__init__(**kwargs)
        self.region = region
        self.screening = NumberInsightValidator(level=level, queue=queue)

    @sensitive_variables()
    def to_internal_value(self, data: Any) -> Any:
        plain = numbers.text_of(data) if isinstance(data, float) else data
        text = super().to_internal_value(plain)
        if not text:
            return text
        try:
            return PhoneNumber.from_string(clean_number(text, self.region))
        except DjangoValidationError as error:
            detail = serializers.ValidationError(error.messages[0], code=error.code)
        raise detail

    @sensitive_variables()
    def run_validators(self, value: Any) -> None:
        super().run_validators(value)  # first, since it buys nothing
        if not value or is_unchanged(self, value):
            return
        try:
            self.screening(value)
        except DjangoValidationError as error:
            detail = serializers.ValidationError(get_error_detail(error))
        else:
            return
        raise detail

    @sensitive_variables()
    def to_representation(self, value: Any) -> str:
        return str(value)


class ModelPhoneNumberField(ScreenedPhoneNumberField):
    """The serializer field that a model serializer makes of our model field.

    Like the model form's field it has the region of the model field, and queues no lookup, since
    the save does.
    """

    def __init__(self, *, queue: bool = False, **kwargs: Any) -> None:
        super().__init__(queue=queue, **kwargs)

    def bind(self, field_name: str, parent: Any) -> None:
        super().bind(field_name, parent)
        for field in _model_fields(parent, self.source_attrs):
            if isinstance(field, modelfields.ScreenedPhoneNumberField):
                self.region = self.region or field.region


def _model_fields(serializer: Any, names: list[str]) -> Iterator[models.Field[Any, Any]]:
    """Yield the field `names` of the serializer's model, if it has just one name."""
    model = getattr(getattr(serializer, "Meta", None), "model", None)
    if model is not None:
        yield from (field for field in model._meta.concrete_fields if [field.name] == names)


@sensitive_variables()
def is_unchanged(field: Field[Any, Any, Any, Any], value: Any) -> bool:
    """Return whether `value` is the number that the serializer's instance has already."""
    region = getattr(field, "region", None)
    try:
        known = field.get_attribute(instance_of(field.parent))
        return bool(known) and clean_number(known, region) == clean_number(value, region)
    except Exception:  # whatever the instance is, it has no such number
        return False


def instance_of(serializer: Any) -> Any:
    """Return the object that `serializer` updates, or None; a nested one knows it by its parent."""
    instance = getattr(serializer, "instance", None)
    parent = getattr(serializer, "parent", None)
    if instance is None and isinstance(parent, serializers.Serializer):
        instance = serializer.get_attribute(instance_of(parent))
    return instance


def register() -> None:
    """Let model serializers make `ModelPhoneNumberField` of our model field."""
    mapping = serializers.ModelSerializer.serializer_field_mapping
    mapping.setdefault(modelfields.ScreenedPhoneNumberField, ModelPhoneNumberField)
