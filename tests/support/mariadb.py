"""MariaDB for the suite, on a free loopback port; no wheel brings it, so it has to be installed."""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import ClassVar

import pymysql

from tests.support.programs import find_mariadb, unprivileged_user
from tests.support.servers import Server


class MariaDB(Server):
    """A MariaDB server that is fast, and yet keeps committed rows when it is killed.

    That is why each commit is written to the log; it is not synchronised to the disk.
    """

    options: ClassVar = {
        "bind-address": "127.0.0.1",
        "character-set-server": "utf8mb4",
        "innodb-flush-log-at-trx-commit": "2",
        "innodb-flush-method": "nosync",
        "default-time-zone": "+00:00",
    }

    def prepare(self) -> None:
        self.user = unprivileged_user("mysql")
        self.program, install = find_mariadb()
        if self.user:
            shutil.chown(self.directory, self.user)
        made = [f"--datadir={self.directory / 'data'}", "--auth-root-authentication-method=normal"]
        self.run([str(install), "--no-defaults", "--skip-test-db", *made])

    def command(self) -> list[str]:
        options = self.options | {
            "port": str(self.port),
            "datadir": str(self.directory / "data"),
            "socket": str(self.directory / "socket"),
            "pid-file": str(self.directory / "pid"),
        }
        settings = [f"--{name}={value}" for name, value in options.items()]
        return [str(self.program), "--no-defaults", *settings]

    def is_ready(self) -> bool:
        assert self.process is not None
        with suppress(OSError, pymysql.MySQLError), self.client():
            return (self.directory / "pid").read_text().strip() == str(self.process.pid)
        return False

    def client(self) -> pymysql.Connection[pymysql.cursors.Cursor]:
        """Return a connection of the superuser, who has no password."""
        return pymysql.connect(host="127.0.0.1", port=self.port, user="root", connect_timeout=2)
