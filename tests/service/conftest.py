"""What the tests of the service stand on: a bell that is not silent, and an empty queue."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from number_insight.screening.tasks import bell
from tests.support.servers import Redis


@pytest.fixture(autouse=True)
def bell_rings() -> Iterator[None]:
    """Let no test inherit the silence of another one's broken broker."""
    bell.unmute()
    yield
    bell.unmute()


@pytest.fixture
def queue(redis_server: Redis) -> Redis:
    """The broker, with nothing in it."""
    with redis_server.client() as client:
        client.flushall()
    return redis_server
