"""The serializer field for Django REST framework."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from phonenumber_field.phonenumber import PhoneNumber
from rest_framework import serializers

from number_insight.screening.arguments import check_region
from number_insight.validators import NumberInsightValidator, clean_number


class ScreenedPhoneNumberField(serializers.CharField):
    """A serializer field for a phone number that is screened.

    Takes `region`, the alpha-2 code for numbers without a country code, and `level` and `queue` of
    `NumberInsightValidator`. Its value is a `PhoneNumber` in E.164.
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
        self.validators.append(NumberInsightValidator(level=level, queue=queue))

    def to_internal_value(self, data: Any) -> Any:
        # DRF's own validators (prohibited characters, length) run on the raw text.
        text = super().to_internal_value(data)
        if not text:
            return text
        try:
            return PhoneNumber.from_string(clean_number(text, self.region))
        except DjangoValidationError as error:
            raise serializers.ValidationError(error.messages[0], code=error.code) from error

    def to_representation(self, value: Any) -> str:
        return str(value)
