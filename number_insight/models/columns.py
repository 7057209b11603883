"""Columns that several models have."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from number_insight.models.fingerprints import LENGTH

NUMBER_LENGTH = 32
"""Characters: an E.164 number has 16 at most, and what is none is kept as far as it fits."""


def money(verbose_name: Any, **options: Any) -> models.DecimalField[Any, Any]:
    """Return a column for an amount, with the eight decimals that the API uses."""
    return models.DecimalField(verbose_name, max_digits=20, decimal_places=8, **options)


def fingerprint_column() -> models.CharField[Any, Any]:
    """Return a column for what is left of a number; while it is empty, nothing was erased."""
    return models.CharField(_("fingerprint"), max_length=LENGTH, blank=True, editable=False)
