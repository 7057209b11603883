"""The model field, which screens a new or changed number when its object is saved."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partialmethod
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.checks import CheckMessage
from django.core.validators import EMPTY_VALUES
from django.db import models
from django.db.models import Q
from django.views.decorators.debug import sensitive_variables
from phonenumber_field.modelfields import PhoneNumberDescriptor, PhoneNumberField
from phonenumber_field.phonenumber import PhoneNumber

from number_insight import formfields, numbers
from number_insight.checks.messages import error
from number_insight.exceptions import InvalidNumber, did_you_mean
from number_insight.models import NumberInsightRecord
from number_insight.models.managers import same_number
from number_insight.models.subjects import has_key
from number_insight.validators import validate_possible


@sensitive_variables()
def to_phone_number(value: Any, region: str | None) -> Any:
    """Return `value` as a `PhoneNumber` in E.164, with the raw input if it is not possible."""
    if value in EMPTY_VALUES or hasattr(value, "resolve_expression"):
        return value
    text = numbers.text_of(value)
    try:
        return PhoneNumber.from_string(numbers.normalise(text, region))
    except InvalidNumber:
        return PhoneNumber(raw_input=text)


class ScreenedPhoneNumberDescriptor(PhoneNumberDescriptor):
    """The attribute on an instance, which remembers the value that the object was loaded with."""

    @sensitive_variables()
    def __set__(self, instance: models.Model, value: Any) -> None:
        name = self.field.name
        # An object counts as being added while it is constructed or loaded. A deferred value that
        # is set later may be the database's or the user's, and is not remembered.
        is_first = name not in instance.__dict__ and instance._state.adding
        instance.__dict__[name] = to_phone_number(value, self.field.region)
        if is_first:
            loaded_numbers(instance)[name] = stored(instance.__dict__[name])


def loaded_numbers(instance: models.Model) -> dict[str, str]:
    """Return the numbers that `instance` was loaded with, by field name."""
    numbers_by_field: dict[str, str] = instance.__dict__.setdefault("_ni_loaded", {})
    return numbers_by_field


def stored(value: Any) -> str:
    """Return `value` in E.164, or as it was typed if it is no number; empty if there is none."""
    return str(value.raw_input or value.as_e164) if isinstance(value, PhoneNumber) else ""


class ScreenedPhoneNumberField(PhoneNumberField):
    """A model field for a phone number that is screened on save, and linked to the saved object.

    ``instance.get_<field>_record()`` returns its latest record. Not screened are fixtures,
    migration models, models whose field is a copy of another model's (as those of
    django-simple-history), unchanged numbers, ``bulk_create``, ``QuerySet.update``, and saves
    inside `number_insight.screening.suspended`.

    `country_field` and `name_field` name the attributes of the model, mostly other fields, with the
    person's country (alpha-2) and name.
    """

    descriptor_class = ScreenedPhoneNumberDescriptor
    default_validators = [validate_possible]
    non_db_attrs = (*PhoneNumberField.non_db_attrs, "country_field", "name_field")
    is_copy = False
    """Whether the field is a copy of one that another model has declared, and screens nothing."""

    if TYPE_CHECKING:
        # A project may assign what the descriptor parses; `PhoneNumber` itself is not typed.
        _pyi_private_set_type: Any
        _pyi_private_get_type: Any
        _pyi_lookup_exact_type: Any

        def __get__(self, instance: models.Model | None, owner: Any) -> Any: ...
        def __set__(self, instance: models.Model, value: Any) -> None: ...

    def __init__(
        self,
        *args: Any,
        country_field: str | None = None,
        name_field: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.country_field = country_field
        self.name_field = name_field

    @property
    def _attributes(self) -> dict[str, str | None]:
        """The options that name attributes of the model, with the names given."""
        return {"country_field": self.country_field, "name_field": self.name_field}

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs |= {option: given for option, given in self._attributes.items() if given is not None}
        return name, path, args, kwargs

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        return [*super().check(**kwargs), *(() if self.is_copy else self._check_attributes())]

    def _check_attributes(self) -> Iterator[CheckMessage]:
        for option, name in self._attributes.items():
            if name is None or (isinstance(name, str) and hasattr(self.model, name)):
                continue
            message = f"{option}={name!r} is no attribute of {self.model._meta.label}."
            fields = [field.name for field in self.model._meta.concrete_fields]
            yield error("E019", message, did_you_mean(str(name), fields), obj=self)

    @sensitive_variables()
    def to_python(self, value: Any) -> Any:
        return to_phone_number(value, self.region)

    @sensitive_variables()
    def from_db_value(self, value: Any, *_args: Any) -> Any:
        return to_phone_number(value, self.region)

    @sensitive_variables()
    def get_prep_value(self, value: Any) -> Any:
        value = models.Field.get_prep_value(self, value)
        parsed = self.to_python(value)
        return self._column_text(parsed) if isinstance(parsed, PhoneNumber) else parsed

    def _column_text(self, number: PhoneNumber) -> str:
        """Return `number` in ``PHONENUMBER_DB_FORMAT`` if it can be read back, else in E.164."""
        text, form = stored(number), getattr(settings, "PHONENUMBER_DB_FORMAT", "E164")
        if form == "E164" or form not in PhoneNumber.format_map or number.country_code is None:
            return text
        written: str = number.format_as(PhoneNumber.format_map[form])
        return written if stored(self.to_python(written)) == text else text

    def value_to_string(self, obj: models.Model) -> str:
        return stored(self.value_from_object(obj))

    def clone(self) -> Any:
        copied = super().clone()
        copied.is_copy = self._is_copied_to(None)
        return copied

    def _is_copied_to(self, model: type[models.Model] | None) -> bool:
        """Return whether `model` gets a copy of a field that another, concrete model has.

        A history of a model is made in this way.
        """
        declared_on = getattr(self, "model", None)
        if declared_on is None or declared_on is model or declared_on._meta.abstract:
            return self.is_copy
        return True

    def contribute_to_class(self, cls: Any, name: str, *args: Any, **kwargs: Any) -> None:
        self.is_copy = self._is_copied_to(cls)
        super().contribute_to_class(cls, name, *args, **kwargs)
        setattr(cls, f"get_{name}_record", partialmethod(_latest_record, field=self))

    def formfield(self, form_class: Any = None, **kwargs: Any) -> Any:
        # The form field refuses but queues no lookup, since the save does.
        if form_class is None:
            kwargs.setdefault("queue", False)
        wanted = form_class or formfields.ScreenedPhoneNumberField
        return super().formfield(form_class=wanted, **kwargs)


def label(field: models.Field[Any, Any]) -> str:
    """Return the name of `field` in its records ("shop.Customer.phone")."""
    return f"{field.model._meta.label}.{field.name}"


@sensitive_variables()
def _latest_record(
    instance: models.Model, field: ScreenedPhoneNumberField
) -> NumberInsightRecord | None:
    """Return the latest record of this object's number, or None if it was never screened.

    One that was attached without a save of the field names no field; it counts for its number.
    """
    if not has_key(instance):
        return None
    records = NumberInsightRecord.objects.for_subject(instance)
    number = stored(getattr(instance, field.name))
    records = records.filter(Q(field=label(field)) | (Q(field="") & same_number(number)))
    latest: NumberInsightRecord | None = records.order_by("-pk").first()
    return latest
