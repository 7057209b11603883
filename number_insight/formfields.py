"""The form field, which has the validator on it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import EMPTY_VALUES
from django.views.decorators.debug import sensitive_variables
from phonenumber_field.formfields import PhoneNumberField
from phonenumber_field.phonenumber import PhoneNumber

from number_insight import numbers
from number_insight.validators import NumberInsightValidator, clean_number


class E164(str):
    """A phone number as text, so that it can be put into a session or JSON.

    It has the attributes of `phonenumber_field.phonenumber.PhoneNumber` (``as_international``).
    """

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(PhoneNumber.from_string(str(self)), name)


class ScreenedPhoneNumberField(PhoneNumberField):
    """A form field for a phone number that is screened.

    Takes the arguments of `phonenumber_field.formfields.PhoneNumberField`, and `level` and `queue`
    of `NumberInsightValidator`. Its value is an `E164`.
    """

    default_validators: list[Any] = []  # the parent's requires "valid"; to_python checks "possible"

    def __init__(
        self, *args: Any, level: str | None = None, queue: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.screening = NumberInsightValidator(level=level, queue=queue)
        self._initial: Any = None

    @sensitive_variables()
    def to_python(self, value: Any) -> Any:
        if value in EMPTY_VALUES or numbers.is_blank(value):
            return self.empty_value
        return E164(clean_number(value, self.region))

    @sensitive_variables()
    def run_validators(self, value: Any) -> None:
        super().run_validators(value)
        if value not in self.empty_values and not self._is_unchanged(value):
            self.screening(value)

    @sensitive_variables()
    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> forms.BoundField:
        # Only the form knows the initial number; every form has a copy of its fields.
        self._initial = form.get_initial_for_field(self, field_name)
        bound: forms.BoundField = super().get_bound_field(form, field_name)
        return bound

    @sensitive_variables()
    def _is_unchanged(self, value: Any) -> bool:
        """Return whether `value` is the initial number, which is neither refused nor looked up."""
        if self._initial in EMPTY_VALUES:
            return False
        try:
            return clean_number(self._initial, self.region) == clean_number(value)
        except ValidationError:
            return False
