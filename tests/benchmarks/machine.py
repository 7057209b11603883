"""The description of the machine, with the versions of all that took part."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Iterator
from importlib.metadata import version

from django.db import connection

from tests.benchmarks.stand import Stand

PACKAGES = ("Django", "celery", "psycopg", "redis", "gunicorn", "djangorestframework")


def description(stand: Stand) -> str:
    """Return machine and versions in a line."""
    return ", ".join(_parts(stand))


def _parts(stand: Stand) -> Iterator[str]:
    yield f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    yield f"Python {platform.python_version()}"
    if stand.database is not None:
        connection.ensure_connection()
        number = connection.connection.info.server_version
        yield f"PostgreSQL {number // 10_000}.{number % 10_000}"
    yield f"SQLite {sqlite3.sqlite_version}"
    with stand.redis.client() as client:
        yield f"Redis {client.info('server')['redis_version']}"
    for name in PACKAGES:
        yield f"{name} {version(name)}"
