"""The validator, for any field that holds a phone number."""

from __future__ import annotations

import copy
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.deconstruct import deconstructible
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from number_insight import numbers
from number_insight.conf import app_settings
from number_insight.exceptions import InvalidNumber
from number_insight.screening import refusal, signup
from number_insight.screening.arguments import check_level

MESSAGES = {
    "required": _("Enter a phone number."),
    "too_long": _("This is too long for a phone number."),
    "characters": _("Enter the phone number with the digits 0 to 9."),
    "invalid": _("Enter a valid phone number with its country code, for example %(example)s."),
    "refused": _("This phone number cannot be used here. Please use another one, or contact us."),
}
"""The visitor's messages, which ``MESSAGES`` replaces; that of a refusal is the same for every
reason, and discloses no rules, lists or thresholds."""

EXAMPLE = "%(example)s"
"""The place in a message of a number of the field's region."""


def invalid(code: str, region: str | None = None) -> ValidationError:
    """Return the error with `code`; its example is a number of `region` (alpha-2)."""
    message = str(app_settings.MESSAGES.get(code) or MESSAGES[code])
    # Without the error's own params: a stray "%" in the project's words would raise.
    return ValidationError(message.replace(EXAMPLE, numbers.example(region)), code=code)


def refused() -> ValidationError:
    """Return the error for a number that is denied."""
    return invalid("refused")


@sensitive_variables()
def clean_number(value: Any, region: str | None = None) -> str:
    """Return `value` as E.164; raise `ValidationError` with a message for the visitor.

    `region` is an alpha-2 code, and defaults to ``PHONENUMBER_DEFAULT_REGION``.
    """
    region = region or app_settings.default_region
    try:
        return numbers.normalise(value, region)
    except InvalidNumber as error:
        raise invalid(error.code, region) from None


@sensitive_variables()
def validate_possible(value: Any) -> None:
    """Raise `ValidationError` unless `value` is a possible number."""
    clean_number(value)


@deconstructible
class NumberInsightValidator:
    """Validate that a number is possible and not denied, and queue its screening.

    Under ``enforce`` a number is refused that existing evidence denies. `level` overrides
    ``LEVEL``. With ``queue=False`` nothing is queued: a `ScreenedPhoneNumberField` does that on
    save, or `ScreenedFormMixin` for a valid form.
    """

    def __init__(self, level: str | None = None, queue: bool = True) -> None:
        check_level(level)
        self.level = level
        self.queue = queue

    @sensitive_variables()
    def __call__(self, value: Any) -> None:
        number = clean_number(value)
        if refusal.is_denied(number):
            raise refused()
        if self.queue:
            record = signup.screen_typed(number, level=self.level)
            if refusal.is_denied_soon(record):
                raise refused()

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, NumberInsightValidator)
            and self.level == other.level
            and self.queue == other.queue
        )

    def __hash__(self) -> int:
        return hash((self.level, self.queue))

    @classmethod
    def take_over(cls, field: Any, *, named: bool) -> NumberInsightValidator | None:
        """Return the validator that a mixin queues for, after switching off the one of `field`.

        A field that is `named` by the project gets one that checks the number, if it has none.
        """
        given = getattr(field, "screening", None)
        if isinstance(given, cls):
            field.screening = given.without_queue()
            return given if given.queue or named else None
        for index, validator in enumerate(field.validators):
            if isinstance(validator, cls):
                field.validators = copy.copy(field.validators)
                field.validators[index] = validator.without_queue()
                return validator if validator.queue or named else None
        if named:
            field.validators = [*field.validators, cls(queue=False)]
            return cls()
        return None

    def without_queue(self) -> NumberInsightValidator:
        """Return a copy of the validator that queues nothing."""
        return type(self)(level=self.level, queue=False)
