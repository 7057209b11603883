"""Screening: from a typed number to a verdict."""

from __future__ import annotations

from number_insight.screening.attachment import aattach, attach, label
from number_insight.screening.signup import ascreen, screen, suspended

__all__ = ["aattach", "ascreen", "attach", "label", "screen", "suspended"]
