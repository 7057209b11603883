"""The form field, with the validator on it."""

from __future__ import annotations

from typing import Any

from django.core.validators import EMPTY_VALUES
from phonenumber_field.formfields import PhoneNumberField
from phonenumber_field.phonenumber import PhoneNumber

from number_insight.validators import NumberInsightValidator, clean_number


class ScreenedPhoneNumberField(PhoneNumberField):
    """A form field for a number that is screened when the form is valid.

    Takes what `phonenumber_field.formfields.PhoneNumberField` takes, and `level` and `queue` as
    the validator does. Its value is a `PhoneNumber` in E.164.
    """

    default_validators: list[Any] = []  # theirs wants "valid"; possible is checked in to_python

    def __init__(
        self, *args: Any, level: str | None = None, queue: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.screening = NumberInsightValidator(level=level, queue=queue)

    def to_python(self, value: Any) -> Any:
        if value in EMPTY_VALUES or not str(value).strip():
            return self.empty_value
        return PhoneNumber.from_string(clean_number(value, self.region))

    def run_validators(self, value: Any) -> None:
        super().run_validators(value)
        if value not in self.empty_values:
            self.screening(value)
