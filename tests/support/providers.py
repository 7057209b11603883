"""Providers of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.test import override_settings

from number_insight.providers.fake import Fake
from tests.settings import FAKE


class Dollars(Fake):
    """A fake provider that charges in another currency."""

    currency = "USD"


class Retiring(Fake):
    """A fake provider whose vendor switches it off on the day of Number Insight's end."""

    retires_on = date(2027, 2, 4)


@contextmanager
def two_providers(
    first: dict[str, Any] | None = None,
    second: dict[str, Any] | None = None,
    *,
    backend: str = f"{__name__}.Dollars",
    **settings: Any,
) -> Iterator[None]:
    """Ask two fake providers, whose answers are given; the second one charges USD by default."""
    providers = {
        "default": {"BACKEND": FAKE, "OPTIONS": {"answers": first or {}}},
        "spare": {"BACKEND": backend, "OPTIONS": {"answers": second or {}}},
    }
    given = {"PROVIDERS": providers, "LIMITS": {}, **settings}
    with override_settings(NUMBER_INSIGHT=given):
        yield
