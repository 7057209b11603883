"""PostgreSQL as a project runs it."""

from __future__ import annotations

import psycopg

from tests.support.servers import PostgreSQL


class RealPostgreSQL(PostgreSQL):
    """PostgreSQL with its own defaults, where a commit waits for the disk."""

    options = (
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=200",
        "timezone=UTC",
    )

    def create(self, name: str, template: str = "template1") -> None:
        """Create a database."""
        with psycopg.connect(self.dsn, autocommit=True) as link:
            link.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')

    def dsn_of(self, name: str) -> str:
        """Return the URL of one of the databases."""
        return f"{self.dsn.rpartition('/')[0]}/{name}"
