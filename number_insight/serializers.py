"""The serializer mixin, which screens numbers when the whole serializer is valid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from django.db import models
from django.views.decorators.debug import sensitive_variables
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail
from rest_framework.fields import empty

from number_insight.models import NumberInsightRecord
from number_insight.screening import attachment, refusal, signup
from number_insight.serializerfields import is_unchanged
from number_insight.validators import NumberInsightValidator, clean_number, refused

if TYPE_CHECKING:
    _Serializer = serializers.Serializer[Any]
else:
    _Serializer = object

LISTS = (serializers.ListSerializer, serializers.ListField)


class ScreenedSerializerMixin(_Serializer):
    """Screen the numbers of a serializer once all of it is valid, so that a bad e-mail buys none.

    Put it before the serializer class. Numbers are the fields with our serializer field or
    validator, those of nested serializers too, and those named in `screened_fields`.
    `screening_records` holds the records by field name ("phone", "profile.phone"). `save` links
    them to the saved object; otherwise call `number_insight.screening.attach`. `country_field` and
    `name_field` name the fields for the person's country (alpha-2) and name. With ``many=True``
    each item is screened when it is valid.
    """

    screened_fields: tuple[str, ...] = ()
    country_field: str | None = None
    name_field: str | None = None

    @sensitive_variables()
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.screening_records: dict[str, NumberInsightRecord] = {}
        self._screenings: dict[Any, NumberInsightValidator] | None = None

    @sensitive_variables()
    def run_validation(self, data: Any = empty) -> Any:
        """Validate `data`, screen its numbers, and return the validated data."""
        if _is_nested_in_another(self):
            return super().run_validation(data)
        if self._screenings is None:
            self._screenings = dict(_take_over(self))
        validated = super().run_validation(data)
        errors = self._screen(self, validated, "", "", "")
        if errors:
            raise serializers.ValidationError(errors)
        return validated

    @sensitive_variables()
    def _screen(self, field: Any, value: Any, path: str, country: str, name: str) -> Any:
        """Screen the numbers in `value`, which `field` has validated; return the refusals."""
        if value is None or value == "":
            return None
        if isinstance(field, LISTS):
            return self._screen_items(field, value, path, country, name)
        if not isinstance(field, serializers.Serializer):
            return self._screen_number(field, value, path, country, name)
        if isinstance(field, ScreenedSerializerMixin):
            country = _declared(field, field.country_field, value) or country
            name = _declared(field, field.name_field, value) or name
        errors = {
            key: self._screen(part, _value_of(part, value), f"{path}.{key}", country, name)
            for key, part in field.fields.items()
            if not part.read_only
        }
        return {key: error for key, error in errors.items() if error}

    @sensitive_variables()
    def _screen_items(self, field: Any, items: Any, path: str, country: str, name: str) -> Any:
        errors = [
            self._screen(field.child, item, f"{path}.{place}", country, name) or {}
            for place, item in enumerate(items)
        ]
        return errors if any(errors) else None

    @sensitive_variables()
    def _screen_number(self, field: Any, value: Any, path: str, country: str, name: str) -> Any:
        validator = (self._screenings or {}).get(field)
        if validator is None or is_unchanged(field, value):
            return None
        region = getattr(field, "region", None)
        number = clean_number(value, region)
        record = signup.screen_typed(number, level=validator.level, country=country, name=name)
        if record is not None:
            self.screening_records[path.removeprefix(".")] = record
        if not refusal.is_denied_soon(record):
            return None
        return [ErrorDetail(message, "refused") for message in refused().messages]

    @sensitive_variables()
    def save(self, *args: Any, **kwargs: Any) -> Any:
        """Save the serializer, and link its records to the saved object.

        The arguments are its own: a serializer of dj-rest-auth takes the request.
        """
        saved = super().save(*args, **kwargs)
        if isinstance(saved, models.Model):
            for record in self.screening_records.values():
                if not record.subject_id:  # a nested object may have been saved with it
                    attachment.attach(saved, record=record)
        return saved


def _is_nested_in_another(serializer: Any) -> bool:
    parent = serializer.parent
    while parent is not None and not isinstance(parent, ScreenedSerializerMixin):
        parent = parent.parent
    return parent is not None


def _take_over(field: Any, *, named: bool = False) -> Iterator[tuple[Any, NumberInsightValidator]]:
    """Yield the fields within `field` that a mixin screens, and the validator of each."""
    if isinstance(field, LISTS):
        yield from _take_over(field.child, named=named)
    elif isinstance(field, serializers.Serializer):
        names = getattr(field, "screened_fields", ())
        for key, part in field.fields.items():
            yield from _take_over(part, named=key in names)
    elif (validator := NumberInsightValidator.take_over(field, named=named)) is not None:
        yield field, validator


def _value_of(field: Any, validated: Any) -> Any:
    """Return the value of `field` in the validated data of its serializer, or None."""
    for name in field.source_attrs:
        is_mapping = isinstance(validated, Mapping)
        validated = validated.get(name) if is_mapping else getattr(validated, name, None)
    return validated


def _declared(serializer: Any, name: str | None, validated: Any) -> str:
    """Return the person's declaration in the field `name`, or an empty text."""
    field = serializer.fields.get(name)
    value = None if field is None else _value_of(field, validated)
    return "" if value is None else str(value)
