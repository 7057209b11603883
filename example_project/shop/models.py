"""Customers, who open an account, and subscribers, who only leave a number."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.urls import reverse

from number_insight.modelfields import ScreenedPhoneNumberField


class Customer(models.Model):
    """An account, which is held until its number has been screened."""

    class Status(models.TextChoices):
        """How far the account has come."""

        HELD = "held"
        """Being checked, or waiting for a reviewer."""
        ACTIVE = "active"
        """Free to order."""
        REFUSED = "refused"
        """Turned away by a reviewer."""

    name = models.CharField(max_length=200)
    email = models.EmailField(
        "e-mail",
        unique=True,
        error_messages={"unique": "There is already an account with this e-mail."},
    )
    country = models.CharField(max_length=2, blank=True)
    phone = ScreenedPhoneNumberField("mobile number", country_field="country", name_field="name")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.HELD)
    token = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    """What opens the customer's own page; nobody can guess it."""
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("shop:customer", args=[self.token])

    def move(self, status: Customer.Status, *, only_from: tuple[Customer.Status, ...]) -> bool:
        """Change the status in one step; False if it was in none of `only_from`."""
        rows: Any = type(self).objects.filter(pk=self.pk, status__in=only_from)
        return bool(rows.update(status=status))


class Subscriber(models.Model):
    """A number that gets offers by text message. The field is plain: the form screens."""

    email = models.EmailField("e-mail")
    phone = models.CharField("mobile number", max_length=32)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.email
