"""Isolation: numbers and addresses keep their direction in a page from right to left."""

from __future__ import annotations

from django.utils.translation import get_language_bidi


def isolated(value: str) -> str:
    """Return `value` with the marks that a text from right to left needs around it."""
    if not value or not get_language_bidi():
        return value
    return f"\N{LEFT-TO-RIGHT ISOLATE}{value}\N{POP DIRECTIONAL ISOLATE}"
