"""Screening: from a typed number to a verdict."""

from __future__ import annotations

from number_insight.screening.signup import ascreen, attach, label, screen, suspended

__all__ = ["ascreen", "attach", "label", "screen", "suspended"]
