"""Customers with a phone number: one model with a plain field, one with ours, else alike."""

from __future__ import annotations

from django.db import models
from phonenumber_field.modelfields import PhoneNumberField

from number_insight.modelfields import ScreenedPhoneNumberField


class PlainCustomer(models.Model):
    """A customer whose number is only stored."""

    name = models.CharField(max_length=100)
    email = models.EmailField()
    phone = PhoneNumberField()

    def __str__(self) -> str:
        return self.name


class ScreenedCustomer(models.Model):
    """A customer whose number is screened."""

    name = models.CharField(max_length=100)
    email = models.EmailField()
    phone = ScreenedPhoneNumberField()

    def __str__(self) -> str:
        return self.name
