"""Canaries that must not be found, and the places to search for them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.utils import timezone

from number_insight.models import Lookup, NumberInsightRecord

NUMBER = "+46701749005"
IP = "8.8.44.88"
NAME = "Kanarien Vogelsang"
SECRET = "geheim-4f1c9e70"
CANARIES = (NUMBER[1:], NUMBER[3:], "70-174 90 05", "70 174 90 05", IP, NAME, SECRET)


def found_in(text: str, canaries: Iterable[str] = CANARIES) -> list[str]:
    """Return which of `canaries` are in `text`."""
    return [canary for canary in canaries if canary.casefold() in text.casefold()]


def shown(records: Iterable[logging.LogRecord]) -> str:
    """Return all that a log can print of `records`, tracebacks and arguments included."""
    formatter = logging.Formatter("%(name)s %(levelname)s %(message)s")
    return "\n".join(f"{formatter.format(record)} {record.args!r}" for record in records)


def rows(label: str = "number_insight") -> str:
    """Return every column of every row of an app, as text."""
    found = []
    for model in apps.get_app_config(label).get_models(include_auto_created=True):
        for row in model._base_manager.order_by("pk").values():
            found.append(f"{model._meta.model_name} {json.dumps(row, default=str, sort_keys=True)}")
    return "\n".join(found)


def aged(days: float = 91, **which: Any) -> None:
    """Let records and lookups be so many days old."""
    then = timezone.now() - timedelta(days=days)
    NumberInsightRecord.objects.filter(**which).update(created_at=then)
    Lookup.objects.update(created_at=then)
