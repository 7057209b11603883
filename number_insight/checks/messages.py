"""Errors, warnings and information of Django's check framework, with this app's ids."""

from __future__ import annotations

from typing import Any

from django.core import checks
from django.core.checks import CheckMessage


def error(number: str, message: str, hint: str, *, obj: Any = None) -> CheckMessage:
    """Return an error with the id ``number_insight.<number>``; `obj` is the field at fault."""
    return checks.Error(message, hint=hint, obj=obj, id=f"number_insight.{number}")


def warning(number: str, message: str, hint: str) -> CheckMessage:
    """Return a warning with the id ``number_insight.<number>``."""
    return checks.Warning(message, hint=hint, id=f"number_insight.{number}")


def info(number: str, message: str, hint: str) -> CheckMessage:
    """Return an information with the id ``number_insight.<number>``."""
    return checks.Info(message, hint=hint, id=f"number_insight.{number}")
