"""Providers of the tests."""

from __future__ import annotations

from datetime import date

from number_insight.providers.fake import Fake


class Dollars(Fake):
    """A fake provider that charges in another currency."""

    currency = "USD"


class Retiring(Fake):
    """A fake provider whose vendor switches it off on the day of Number Insight's end."""

    retires_on = date(2027, 2, 4)
