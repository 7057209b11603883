"""Amounts of money and percentages, as they may be written in the settings."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from math import isfinite

TOO_LARGE = Decimal(10) ** 10
"""An amount has to lie below this one, so that the columns take sums of it."""


def is_amount(value: object) -> bool:
    """Whether `value` can be read as a sum of money."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        return False
    try:
        amount = Decimal(str(value))
    except (InvalidOperation, ValueError):  # a whole number may have too many digits to write
        return False
    return amount.is_finite() and 0 <= amount < TOO_LARGE


def is_percentage(value: object) -> bool:
    """Whether `value` is a number from 0 to 100."""
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return False
    return isfinite(value) and 0 <= value <= 100
