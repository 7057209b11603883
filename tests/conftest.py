"""The servers, the sandbox, and a clean start for every test."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.conf import settings
from django.db import connection
from django.utils import translation

from number_insight.sandbox.server import Sandbox
from tests.celery import app
from tests.support.mariadb import MariaDB
from tests.support.programs import ServerMissing
from tests.support.servers import PostgreSQL, Redis

HERE = Path(__file__).parent

NO_DATABASE = ("docs", "ground", "providers", "rules", "sandbox", "support")
"""The folders whose tests are marked `once`, unless they are marked to use a database."""
OF_THEIR_OWN = ("browser", "chaos/queued")
"""The folders with settings of their own, under which alone they are collected."""

_servers = pytest.StashKey[ExitStack]()
_redis = pytest.StashKey[Redis]()


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave the folders that have settings of their own to the calls that name these."""
    for folder in OF_THEIR_OWN:
        module = f"tests.{folder.replace('/', '.')}.settings"
        if collection_path == HERE / folder and module != settings.SETTINGS_MODULE:
            return True
    return None


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers: one database for the run, one Redis for each worker process."""
    config.stash[_servers] = stack = ExitStack()
    if settings.DATABASE == "none" or config.option.collectonly:
        return
    worker = hasattr(config, "workerinput")
    try:
        if settings.DATABASE == "postgresql" and not worker:
            _publish_postgresql(stack.enter_context(PostgreSQL()))
        if settings.DATABASE == "mariadb" and not worker:
            _publish_mariadb(stack.enter_context(MariaDB()))
        if settings.DATABASE == "sqlite" and not worker:
            _publish_sqlite(stack.enter_context(TemporaryDirectory(prefix="number-insight-")))
        if worker or not config.getoption("numprocesses", None):
            config.stash[_redis] = stack.enter_context(Redis())
            _publish_redis(config.stash[_redis])
    except ServerMissing as exc:
        stack.close()
        raise pytest.UsageError(str(exc)) from exc


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the servers that `pytest_configure` started."""
    if _servers in config.stash:
        config.stash[_servers].close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need no database, and skip those that need another one."""
    for item in items:
        uses_database = item.get_closest_marker("django_db") is not None
        if item.path.relative_to(HERE).parts[0] in NO_DATABASE and not uses_database:
            item.add_marker(pytest.mark.once)
        if settings.DATABASE == "none" and uses_database:
            item.add_marker(pytest.mark.skip("There is no database."))
        if settings.DATABASE != "postgresql" and item.get_closest_marker("postgres_only"):
            item.add_marker(pytest.mark.skip("It takes PostgreSQL."))


def _publish_postgresql(server: PostgreSQL) -> None:
    # The settings are loaded before this file is; xdist's workers read the environment.
    os.environ["NI_TEST_POSTGRESQL_PORT"] = str(server.port)
    settings.DATABASES["default"]["PORT"] = str(server.port)


def _publish_mariadb(server: MariaDB) -> None:
    os.environ["NI_TEST_MARIADB_PORT"] = str(server.port)
    settings.DATABASES["default"]["PORT"] = str(server.port)


def _publish_sqlite(directory: str) -> None:
    os.environ["NI_TEST_SQLITE"] = name = f"{directory}/test.sqlite3"
    settings.DATABASES["default"]["TEST"]["NAME"] = name


def _publish_redis(server: Redis) -> None:
    os.environ["NI_TEST_REDIS_URL"] = server.url
    settings.CELERY_BROKER_URL = server.url
    app.conf.broker_url = server.url


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    """Leave no language of a test, which a request activates in its thread, to the next one."""
    yield
    translation.deactivate()


@pytest.fixture(scope="session")
def redis_server(pytestconfig: pytest.Config) -> Redis:
    """The broker of this process. A test that pauses or kills it brings it back."""
    return pytestconfig.stash[_redis]


@pytest.fixture
def queue(redis_server: Redis) -> Redis:
    """The broker, with nothing in it."""
    with redis_server.client() as client:
        client.flushall()
    return redis_server


@pytest.fixture
def subprocess_environment(transactional_db: None) -> dict[str, str]:
    """The environment in which a subprocess sees this test's database and broker."""
    name = str(connection.settings_dict["NAME"])
    ours = {"DJANGO_SETTINGS_MODULE": "tests.settings", "NI_TEST_DATABASE_NAME": name}
    return {**os.environ, **ours}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A running sandbox, with which tests speak over a real socket."""
    with Sandbox() as running:
        yield running


@pytest.fixture(autouse=True)
def fresh_process() -> None:
    """Begin every test with nothing asked of the fake provider, and a bell that is not muted."""
    if "number_insight.providers.fake" in sys.modules:  # otherwise nobody can have asked it yet
        sys.modules["number_insight.providers.fake"].Fake.reset()
    if "number_insight.screening.bell" in sys.modules:
        sys.modules["number_insight.screening.bell"].bell.unmute()
