"""One sandbox for all that only ask it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from number_insight.sandbox.server import Sandbox

pytest.register_assert_rewrite("tests.providers.contract")


@pytest.fixture(autouse=True)
def empty_cache() -> None:
    """Let no test find the token of another one."""
    cache.clear()


@pytest.fixture(scope="session")
def service() -> Iterator[Sandbox]:
    """A sandbox that nobody may change: a rich account, any key and secret."""
    with Sandbox(balance="100000", callback_delay=60) as running:
        yield running
