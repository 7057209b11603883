"""Dates and times that are typed as options of commands."""

from __future__ import annotations

from datetime import datetime, time

from django.core.management.base import CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime


def moment(text: str | None) -> datetime | None:
    """Return the time that `text` means, in the project's time zone; a day begins at midnight."""
    if text is None:
        return None
    try:
        day, found = parse_date(text), parse_datetime(text)
    except ValueError as error:
        raise CommandError(f"There is no such time as {text}.") from error
    found = datetime.combine(day, time()) if day else found
    if found is None:
        raise CommandError(f"{text!r} is no time; write 2027-01-31 or 2027-01-31T12:00.")
    return timezone.make_aware(found) if timezone.is_naive(found) else found
