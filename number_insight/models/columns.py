"""Columns that several models have."""

from __future__ import annotations

from typing import Any

from django.db import models

NUMBER_LENGTH = 32
"""Characters: an E.164 number has 16 at most, and what is none is kept as far as it fits."""


def money(verbose_name: Any, **options: Any) -> models.DecimalField[Any, Any]:
    """Return a column for an amount, with the eight decimals that the API uses."""
    return models.DecimalField(verbose_name, max_digits=14, decimal_places=8, **options)
