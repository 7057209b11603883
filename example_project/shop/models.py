"""Customers, who open an account, and subscribers, who only leave a number."""

from __future__ import annotations

import uuid

from django.db import models
from django.urls import reverse

from number_insight.modelfields import ScreenedPhoneNumberField

EMAIL_TAKEN = "There is already an account with this e-mail."


class Customer(models.Model):
    """An account, which is held until its number has been screened."""

    class Country(models.TextChoices):
        """Where customers say that they live."""

        __empty__ = "Rather not say"
        DENMARK = "DK", "Denmark"
        FINLAND = "FI", "Finland"
        FRANCE = "FR", "France"
        GERMANY = "DE", "Germany"
        NETHERLANDS = "NL", "Netherlands"
        NORWAY = "NO", "Norway"
        SWEDEN = "SE", "Sweden"
        UNITED_KINGDOM = "GB", "United Kingdom"
        UNITED_STATES = "US", "United States"

    class Status(models.TextChoices):
        """How far the account has come."""

        HELD = "held"
        """Being checked, or waiting for a reviewer."""
        ACTIVE = "active"
        """Free to order."""
        REFUSED = "refused", "Closed"
        """Closed, since a reviewer has refused it."""

    name = models.CharField(max_length=200)
    email = models.EmailField("e-mail", unique=True, error_messages={"unique": EMAIL_TAKEN})
    country = models.CharField(max_length=2, choices=Country.choices, blank=True)
    phone = ScreenedPhoneNumberField("mobile number", country_field="country", name_field="name")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.HELD)
    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    """The address of the customer's own page; nobody can guess it."""
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("shop:customer", args=[self.token])


class Subscriber(models.Model):
    """A number that gets offers by text message. The field is plain: the form screens."""

    email = models.EmailField("e-mail")
    phone = models.CharField("mobile number", max_length=32)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.email
