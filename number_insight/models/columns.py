"""Columns shared by several models."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from number_insight.models.fingerprints import LENGTH
from number_insight.numbers import KEPT_LENGTH

NUMBER_LENGTH = KEPT_LENGTH
"""The characters of a number column; E.164 needs 16, and an invalid text is cut to fit."""


def money(verbose_name: Any, **options: Any) -> models.DecimalField[Any, Any]:
    """Return a column for an amount of money, with the eight decimals of the API."""
    return models.DecimalField(verbose_name, max_digits=20, decimal_places=8, **options)


def fingerprint_column() -> models.CharField[Any, Any]:
    """Return a column for the fingerprint of an erased number; it is empty until then."""
    return models.CharField(_("fingerprint"), max_length=LENGTH, blank=True, editable=False)
