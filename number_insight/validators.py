"""The validator: for any field that holds a number."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.deconstruct import deconstructible
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from number_insight import numbers
from number_insight.conf import app_settings
from number_insight.exceptions import InvalidNumber
from number_insight.screening import refusal, signup

MESSAGES = {
    "required": _("Enter a phone number."),
    "too_long": _("This is too long for a phone number."),
    "characters": _("Enter the phone number with the digits 0 to 9."),
    "invalid": _("Enter a valid phone number with its country code, for example +46 70 174 06 05."),
}

REFUSED = _("This phone number cannot be used here. Please use another one, or contact us.")
"""One message for every reason: it tells a stranger nothing about rules, lists or thresholds."""


@sensitive_variables()
def clean_number(value: Any, region: str | None = None) -> str:
    """Return `value` as E.164, or raise a `ValidationError` that is fit for who typed it."""
    try:
        return numbers.normalise(value, region or app_settings.default_region)
    except InvalidNumber as error:
        raise ValidationError(MESSAGES[error.code], code=error.code) from error


def validate_possible(value: Any) -> None:
    """Raise a `ValidationError` unless `value` is a possible number."""
    clean_number(value)


@deconstructible
class NumberInsightValidator:
    """Checks the format, refuses what evidence denies (``enforce``), and queues the lookup.

    `level` overrides ``LEVEL``. With ``queue=False`` nothing is queued: saving a
    `ScreenedPhoneNumberField` does that, or `ScreenedFormMixin`.
    """

    def __init__(self, level: str | None = None, queue: bool = True) -> None:
        self.level = level
        self.queue = queue

    @sensitive_variables()
    def __call__(self, value: Any) -> None:
        number = clean_number(value)
        if refusal.is_denied(number):
            raise ValidationError(REFUSED, code="refused")
        if self.queue:
            record = signup.screen_typed(number, level=self.level)
            if refusal.is_denied_soon(record):
                raise ValidationError(REFUSED, code="refused")

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, NumberInsightValidator)
            and self.level == other.level
            and self.queue == other.queue
        )

    def __hash__(self) -> int:
        return hash((self.level, self.queue))

    def without_queue(self) -> NumberInsightValidator:
        """Return the same validator, but one that queues nothing."""
        return type(self)(level=self.level, queue=False)
