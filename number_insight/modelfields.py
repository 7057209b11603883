"""The model field, which screens a new or changed number when its object is saved."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial, partialmethod
from typing import Any

from django.core.checks import CheckMessage
from django.core.validators import EMPTY_VALUES
from django.db import models, transaction
from django.db.models.signals import post_save, pre_save
from django.views.decorators.debug import sensitive_variables
from phonenumber_field.modelfields import PhoneNumberDescriptor, PhoneNumberField
from phonenumber_field.phonenumber import PhoneNumber

from number_insight import formfields, numbers
from number_insight.checks.messages import error
from number_insight.exceptions import InvalidNumber, did_you_mean
from number_insight.models import NumberInsightRecord
from number_insight.models.subjects import kinds_of
from number_insight.screening import signup
from number_insight.validators import validate_possible


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
    """Return the text that the column stores for `value`."""
    return str(value.raw_input or value.as_e164) if isinstance(value, PhoneNumber) else ""


class ScreenedPhoneNumberField(PhoneNumberField):
    """A model field for a phone number that is screened on save, and linked to the saved object.

    ``instance.get_<field>_record()`` returns its latest record. Not screened are fixtures,
    migration models, unchanged numbers, ``bulk_create``, ``QuerySet.update``, and saves inside
    `number_insight.screening.suspended`.

    `country_field` and `name_field` name the attributes of the model, mostly other fields, with the
    person's country (alpha-2) and name.
    """

    descriptor_class = ScreenedPhoneNumberDescriptor
    default_validators = [validate_possible]
    non_db_attrs = (*PhoneNumberField.non_db_attrs, "country_field", "name_field")

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

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        options = {"country_field": self.country_field, "name_field": self.name_field}
        kwargs |= {option: given for option, given in options.items() if given is not None}
        return name, path, args, kwargs

    def check(self, **kwargs: Any) -> list[CheckMessage]:
        return [*super().check(**kwargs), *self._check_attributes()]

    def _check_attributes(self) -> Iterator[CheckMessage]:
        options = {"country_field": self.country_field, "name_field": self.name_field}
        for option, name in options.items():
            if name is None or (isinstance(name, str) and hasattr(self.model, name)):
                continue
            message = f"{option}={name!r} is no attribute of {self.model._meta.label}."
            fields = [field.name for field in self.model._meta.concrete_fields]
            yield error("E019", message, did_you_mean(str(name), fields), obj=self)

    def to_python(self, value: Any) -> Any:
        return to_phone_number(value, self.region)

    def from_db_value(self, value: Any, *_args: Any) -> Any:
        return to_phone_number(value, self.region)

    def get_prep_value(self, value: Any) -> Any:
        value = models.Field.get_prep_value(self, value)
        parsed = self.to_python(value)
        return stored(parsed) if isinstance(parsed, PhoneNumber) else parsed

    def contribute_to_class(self, cls: Any, name: str, *args: Any, **kwargs: Any) -> None:
        super().contribute_to_class(cls, name, *args, **kwargs)
        setattr(cls, f"get_{name}_record", partialmethod(_latest_record, field=self))
        # One receiver for all models, so that proxies and child models are covered as well.
        pre_save.connect(_remember_changes, dispatch_uid="number_insight.pre_save")
        post_save.connect(_screen_changes, dispatch_uid="number_insight.post_save")

    def formfield(self, form_class: Any = None, **kwargs: Any) -> Any:
        # The form field refuses but queues no lookup, since the save does.
        if form_class is None:
            kwargs.setdefault("queue", False)
        return super().formfield(form_class or formfields.ScreenedPhoneNumberField, **kwargs)


def label(field: models.Field[Any, Any]) -> str:
    """Return the name of `field` in its records ("shop.Customer.phone")."""
    return f"{field.model._meta.label}.{field.name}"


@sensitive_variables()
def _latest_record(
    instance: models.Model, field: ScreenedPhoneNumberField
) -> NumberInsightRecord | None:
    """Return the latest record of this object's number, or None if it was never screened."""
    if instance.pk is None:
        return None
    records = NumberInsightRecord.objects.filter(
        subject_type__in=kinds_of(field.model), subject_id=str(instance.pk), field=label(field)
    )
    latest: NumberInsightRecord | None = records.order_by("-pk").first()
    return latest


def _screened_fields(sender: type[models.Model]) -> list[ScreenedPhoneNumberField]:
    if sender.__module__ == "__fake__":  # a historical model of a migration
        return []
    fields = sender._meta.concrete_fields
    return [field for field in fields if isinstance(field, ScreenedPhoneNumberField)]


@sensitive_variables()
def _remember_changes(
    sender: type[models.Model],
    instance: models.Model,
    raw: bool,
    using: str,
    update_fields: frozenset[str] | None,
    **_kwargs: Any,
) -> None:
    """Remember the fields whose numbers the save creates or changes."""
    fields = [] if raw else _screened_fields(sender)
    changed = [
        field
        for field in fields
        if field.attname in instance.__dict__
        and (update_fields is None or field.name in update_fields)
        and _is_new(instance, field, using)
    ]
    instance.__dict__["_ni_changed"] = changed  # even if empty: the previous save may have failed


def _is_new(instance: models.Model, field: ScreenedPhoneNumberField, using: str) -> bool:
    number = stored(instance.__dict__[field.name])
    if numbers.is_blank(number):
        return False
    if instance._state.adding or instance.pk is None:
        return True
    if loaded_numbers(instance).get(field.name) == number:
        return False
    # It differs from the loaded one, but the object may have been refreshed since: query.
    manager = type(instance)._base_manager.using(using).filter(pk=instance.pk)
    return stored(manager.order_by().values_list(field.name, flat=True).first()) != number


@sensitive_variables()
def _screen_changes(
    sender: type[models.Model],
    instance: models.Model,
    created: bool,
    raw: bool,
    using: str,
    **_kwargs: Any,
) -> None:
    """Screen the numbers that the save has created or changed."""
    changed = instance.__dict__.pop("_ni_changed", ())
    if created and not raw:  # even if it was created before, in a transaction that was rolled back
        changed = _filled_fields(sender, instance)
    for field in changed:
        number = stored(instance.__dict__[field.name])
        # Until the commit only the database knows the stored number.
        loaded = loaded_numbers(instance)
        loaded.pop(field.name, None)
        transaction.on_commit(partial(loaded.__setitem__, field.name, number), using=using)
        signup.screen_saved(
            instance,
            number,
            field=label(field),
            region=numbers.known_region(field.region),
            created=created,
            using=using,
            country_field=field.country_field,
            name_field=field.name_field,
        )


def _filled_fields(
    sender: type[models.Model], instance: models.Model
) -> list[ScreenedPhoneNumberField]:
    fields = _screened_fields(sender)
    values = {field: stored(instance.__dict__.get(field.name)) for field in fields}
    return [field for field, number in values.items() if not numbers.is_blank(number)]
