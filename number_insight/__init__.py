"""Screens signups for fraud by phone number, and shows why in the Django admin."""

from __future__ import annotations

__version__ = "0.1.0"
