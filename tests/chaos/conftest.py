"""Servers that the chaos suite may break, and the stand that asserts the invariants afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection, connections

from number_insight.sandbox.server import Sandbox
from tests.chaos.stage import Stand
from tests.support.servers import PostgreSQL, Redis

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the suite: it takes minutes, and ends servers."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.chaos)


@pytest.fixture
def broker(redis_server: Redis) -> Iterator[Redis]:
    """The broker, running and empty; and so it is left behind."""
    _make_whole(redis_server)
    yield redis_server
    _make_whole(redis_server)


def _make_whole(server: Redis) -> None:
    if server.running:
        server.resume()
    else:
        server.start()
    with server.client() as client:
        client.flushall()


@pytest.fixture
def stand(
    sandbox: Sandbox, broker: Redis, subprocess_environment: dict[str, str], tmp_path: Path
) -> Iterator[Stand]:
    """A stand whose workers ask the sandbox; afterwards the invariants are asserted."""
    made = Stand(sandbox, broker, subprocess_environment, tmp_path)
    made.configure()
    yield made
    made.close()


@pytest.fixture
def postgresql(transactional_db: None) -> Iterator[PostgreSQL]:
    """A PostgreSQL of the test's own, to be broken, in the place of the suite's."""
    place = connection.settings_dict
    kept = {key: place[key] for key in ("HOST", "PORT", "NAME")}
    connections.close_all()
    with PostgreSQL() as server:
        place.update(HOST="127.0.0.1", PORT=str(server.port), NAME="postgres")
        call_command("migrate", run_syncdb=True, verbosity=0)
        yield server
        connections.close_all()
        place.update(kept)
