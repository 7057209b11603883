"""Dates and times that are typed as options of commands."""

from __future__ import annotations

from datetime import datetime, time

from django.utils.dateparse import parse_date, parse_datetime

from number_insight import clock
from number_insight.management.options import wrong_option

NO_SUCH_TIME = "There is no such time as {}."


def moment(text: str | None) -> datetime | None:
    """Return the time that `text` means, as a column takes it.

    It is one of the project's time zone unless it names another; a day begins at midnight.
    """
    if text is None:
        return None
    try:
        day, found = parse_date(text), parse_datetime(text)
    except ValueError as error:
        raise wrong_option(NO_SUCH_TIME.format(text)) from error
    found = datetime.combine(day, time()) if day else found
    if found is None:
        raise wrong_option(f"{text!r} is no time; write 2027-01-31 or 2027-01-31T12:00.")
    try:
        return clock.stored(clock.local(found).astimezone(clock.UTC))
    except OverflowError as error:  # the first and the last day of the calendar
        raise wrong_option(NO_SUCH_TIME.format(text)) from error
