"""A database of its own, in which 0.1.0 was installed and all later migrations were applied."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, connections

from tests.upgrades.site import APP, Site

FIRST = "0001_initial"


@pytest.fixture(scope="module")
def site(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """A site of 0.1.0 with a hundred thousand signups, upgraded to this version."""
    made = Site()
    with django_db_blocker.unblock(), _empty_database(tmp_path_factory.mktemp("upgrade")):
        for app in ("auth", "admin", "sessions"):
            call_command("migrate", app, verbosity=0)
        call_command("migrate", APP, FIRST, verbosity=0)
        made.write()
        call_command("migrate", run_syncdb=True, verbosity=0)
        yield made


@contextmanager
def _empty_database(directory: Path) -> Iterator[None]:
    """Have an empty database in the place of the suite's inside the block."""
    place = connection.settings_dict
    kept = place["NAME"]
    name = f"{kept}_upgrade" if connection.vendor != "sqlite" else f"{directory}/upgrade.sqlite3"
    _command(f"CREATE DATABASE {name}")
    connections.close_all()
    place["NAME"] = name
    try:
        yield
    finally:
        connections.close_all()
        place["NAME"] = kept
        _command(f"DROP DATABASE {name}")


def _command(sql: str) -> None:
    """Have the server make or drop a database; SQLite's is a file that makes itself."""
    if connection.vendor != "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(sql)
