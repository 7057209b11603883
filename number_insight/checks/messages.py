"""Errors and warnings of Django's check framework, with this app's ids."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage


def error(number: str, message: str, hint: str, *, obj: Any = None) -> CheckMessage:
    """Return an error with the id ``number_insight.<number>``; `obj` is the field at fault."""
    return checks.Error(message, hint=hint, obj=obj, id=f"number_insight.{number}")


def warning(number: str, message: str, hint: str) -> CheckMessage:
    """Return a warning with the id ``number_insight.<number>``."""
    return checks.Warning(message, hint=hint, id=f"number_insight.{number}")


def did_you_mean(word: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    """Return a hint that names the closest match for `word` in `known`, or else all of `known`."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"Did you mean {close[0]!r}?" if close else f"Known are: {', '.join(known)}."
