"""A type of number for pydantic, and so for Django Ninja: ``contrib.pydantic.PhoneNumber``."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated

from django.core.exceptions import (
    ImproperlyConfigured,
    SynchronousOnlyOperation,
    ValidationError,
)
from django.views.decorators.debug import sensitive_variables

from number_insight.validators import NumberInsightValidator, clean_number

try:
    from pydantic import AfterValidator
    from pydantic_core import PydanticCustomError
except ImportError as error:
    raise ImproperlyConfigured("number_insight.contrib.pydantic needs pydantic.") from error


@sensitive_variables()
def _checked(value: str) -> str:
    """Return `value` in E.164; raise pydantic's error if it is no number, or refused.

    Nothing is bought here, since the rest of the document may be invalid: the view screens.
    """
    try:
        number = clean_number(value)
        _refuse(number)
    except ValidationError as error:
        told = {"message": " ".join(error.messages)}
        raise PydanticCustomError("phone_number", "{message}", told) from None
    return number


@sensitive_variables()
def _refuse(number: str) -> None:
    """Refuse `number` where the settings say so, but never in an event loop.

    Django Ninja reads the document of an async view in the loop, where no database may be asked: it
    is left to the view to refuse, rather than to fail at each signup.
    """
    with suppress(SynchronousOnlyOperation):
        NumberInsightValidator(queue=False)(number)


PhoneNumber = Annotated[str, AfterValidator(_checked)]
"""A number that people type, in E.164 afterwards; refused where the settings enforce it, except in
an event loop."""
