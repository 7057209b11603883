"""Models of host projects, one for each way to carry a screened number."""

from __future__ import annotations

import uuid

from django.db import models
from simple_history.models import HistoricalRecords

from number_insight.modelfields import ScreenedPhoneNumberField


class Customer(models.Model):
    """The plain case."""

    name = models.CharField(max_length=100)
    email = models.EmailField(blank=True)
    phone = ScreenedPhoneNumberField()

    def __str__(self) -> str:
        return self.name


class ProxyCustomer(Customer):
    """The same rows under another name."""

    class Meta:
        proxy = True


class ChildCustomer(Customer):
    """A row in two tables; the number is in the parent's."""

    company = models.CharField(max_length=100, blank=True)


class UUIDCustomer(models.Model):
    """A key that is no integer, and a number that need not be given."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    phone = ScreenedPhoneNumberField(blank=True)

    def __str__(self) -> str:
        return str(self.id)


class Member(models.Model):
    """Its number comes with a declared country and name: in a field, and in a property."""

    first_name = models.CharField(max_length=300, blank=True)
    country = models.CharField(max_length=50, blank=True)
    phone = ScreenedPhoneNumberField(country_field="country", name_field="full_name")

    def __str__(self) -> str:
        return self.first_name

    @property
    def full_name(self) -> str | None:
        if self.first_name == "nameless":
            raise LookupError("no name")
        return f"{self.first_name} Lovelace" if self.first_name else None


class TwoNumbers(models.Model):
    """Two fields on one model, one of them nullable."""

    phone = ScreenedPhoneNumberField()
    backup_phone = ScreenedPhoneNumberField(null=True, blank=True)  # noqa: DJ001 a host may do so

    def __str__(self) -> str:
        return str(self.phone)


class TrackedCustomer(models.Model):
    """Each of its saves leaves a row in a history, by django-simple-history."""

    name = models.CharField(max_length=100)
    phone = ScreenedPhoneNumberField(unique=True, name_field="shout")
    history = HistoricalRecords(user_db_constraint=False)  # these tables come before the users'

    def __str__(self) -> str:
        return self.name

    @property
    def shout(self) -> str:
        return self.name.upper()


class LateCustomer(models.Model):
    """Saved first, and given a number later; the project's receivers may do so on any save."""

    phone = ScreenedPhoneNumberField(blank=True)
    given = models.CharField(max_length=50, blank=True)

    def __str__(self) -> str:
        return str(self.phone)


class Seat(models.Model):
    """Its key has two parts."""

    pk = models.CompositePrimaryKey("theatre", "number")
    theatre = models.CharField(max_length=20)
    number = models.IntegerField()
    phone = ScreenedPhoneNumberField(blank=True)

    def __str__(self) -> str:
        return f"{self.theatre} {self.number}"
