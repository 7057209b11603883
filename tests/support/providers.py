"""Providers of the tests."""

from __future__ import annotations

from number_insight.providers.fake import Fake


class Dollars(Fake):
    """A fake provider that charges in another currency."""

    currency = "USD"
