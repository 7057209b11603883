"""The form mixin, which screens numbers when the whole form is valid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.views.decorators.debug import sensitive_variables

from number_insight.models import NumberInsightRecord
from number_insight.screening import attachment, refusal, signup
from number_insight.screening.reporting import report_failure
from number_insight.validators import NumberInsightValidator, clean_number, refused

if TYPE_CHECKING:
    _Form = forms.BaseForm
else:
    _Form = object


class ScreenedFormMixin(_Form):
    """Screen the numbers of a form once all of it is valid, so that a bad e-mail costs no lookup.

    Put it before the form class. Numbers are the fields with our form field or validator, and those
    named in `screened_fields`. `screening_records` holds the records by field name. A model form
    links them to the saved object; otherwise call `number_insight.screening.attach`.
    `country_field` and `name_field` name the fields for the person's country (alpha-2) and name.
    """

    screened_fields: tuple[str, ...] = ()
    country_field: str | None = None
    name_field: str | None = None

    @sensitive_variables()
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.screening_records: dict[str, NumberInsightRecord] = {}
        self._screenings = {
            name: validator
            for name, field in self.fields.items()
            if (
                validator := NumberInsightValidator.take_over(
                    field, named=name in self.screened_fields
                )
            )
            is not None
        }

    @sensitive_variables()
    def full_clean(self) -> None:
        super().full_clean()
        if self.is_bound and not self.errors:
            for name, validator in self._screenings.items():
                self._screen(name, validator)

    @sensitive_variables()
    def _screen(self, name: str, validator: NumberInsightValidator) -> None:
        value = self.cleaned_data.get(name)
        if value in self.fields[name].empty_values or name in self.screening_records:
            return
        if name not in self.changed_data:
            return
        try:
            number = clean_number(value)
        except ValidationError as error:  # a method of the form has cleaned it to no number
            self.add_error(name, error)
            return
        record = signup.screen_typed(
            number,
            level=validator.level,
            country=self._declared(self.country_field),
            name=self._declared(self.name_field),
        )
        if record is not None:
            self.screening_records[name] = record
        if refusal.is_denied_soon(record):
            self.add_error(name, refused())

    @sensitive_variables()
    def _declared(self, name: str | None) -> str:
        """Return the person's declaration in the field `name`, or an empty text."""
        value = None if name is None else self.cleaned_data.get(name)
        return "" if value is None else str(value)

    @sensitive_variables()
    def save(self, *args: Any, **kwargs: Any) -> Any:
        """Save a form that has a `save` of its own, and link its records to the saved object.

        The arguments are its own: a model form takes `commit`, one of django-allauth the request.
        """
        saved = super().save(*args, **kwargs)  # type: ignore[misc]
        if isinstance(saved, models.Model) and kwargs.get("commit", True) and all(args):
            for record in self.screening_records.values():
                _attach(saved, record)
        return saved


def _attach(saved: models.Model, record: NumberInsightRecord) -> None:
    try:
        attachment.attach(saved, record=record)
    except Exception as error:  # our own bug must not cost a signup
        report_failure(error, subject=saved, field=record.field, source=record.source)
