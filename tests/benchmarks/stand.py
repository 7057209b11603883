"""The stand: servers, web processes, workers and a sandbox, each a process of its own."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg

from tests.support.servers import PostgreSQL, Redis, free_port

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = "tests.benchmarks.settings"
PATIENCE = 120.0
"""Seconds in which a process has to be up, or a queue worked off."""
PRICE = "0.03"


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


class Stand:
    """Two servers (one, on SQLite) and whatever a benchmark starts; nothing outlives it."""

    def __init__(self, database: RealPostgreSQL | None, redis: Redis, directory: Path) -> None:
        self.database, self.redis, self.directory = database, redis, directory
        self._programs = 0
        self.cookie = ""

    @contextmanager
    def program(self, *arguments: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
        """Run a Python program with the stand's environment, and end it with its children."""
        self._programs += 1
        with (self.directory / f"{self._programs}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            end(process)

    @contextmanager
    def web(self, **environment: str) -> Iterator[Browser]:
        """Serve the measured pages with one gunicorn worker; yield a browser for them."""
        port = free_port()
        options = ["--worker-class", "gthread", "--threads", "4", "--keep-alive", "120"]
        quiet = ["--log-level", "error", "--bind", f"127.0.0.1:{port}"]
        command = ["-m", "gunicorn", *options, *quiet, "tests.benchmarks.wsgi"]
        with self.program(*command, **environment):
            wait_for_port(port)
            with Browser(port) as browser:
                yield browser

    @contextmanager
    def worker(
        self, pool: str, concurrency: int, **environment: str
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Run a Celery worker."""
        size = ["--pool", pool, "--concurrency", str(concurrency)]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "error"]
        command = ["-m", "celery", "-A", "tests", "worker", *size, *quiet]
        with self.program(*command, **environment) as process:
            yield process

    @contextmanager
    def sandbox(self, delay: float = 0.0) -> Iterator[dict[str, Any]]:
        """Serve a sandbox in a process of its own; yield ``NUMBER_INSIGHT`` to ask it with."""
        port = free_port()
        options = ["--port", str(port), "--delay", str(delay), "--balance", "1000000"]
        with self.program("-m", "number_insight.sandbox", *options):
            wait_for_port(port)
            yield asking(f"http://127.0.0.1:{port}/ni")


def asking(base_url: str, **settings: Any) -> dict[str, Any]:
    """Return ``NUMBER_INSIGHT`` that asks at `base_url`, with nothing that would hold it up."""
    options = {"api_key": "key", "api_secret": "secret", "base_url": base_url}
    options["prices"] = {"advanced": PRICE}  # type: ignore[assignment]
    backend = "number_insight.providers.vonage.NumberInsight"
    provider = {"BACKEND": backend, "OPTIONS": options}
    free = {"LIMITS": {}, "BUDGET": {"day": None}, "THROUGHPUT": 100_000, "LEVEL": "advanced"}
    return {"PROVIDERS": {"default": provider}, **free, **settings}


def as_environment(number_insight: Mapping[str, Any]) -> dict[str, str]:
    """Return what tells a process of the stand to use these settings."""
    return {"NI_TEST_NUMBER_INSIGHT": json.dumps(number_insight)}


class Browser:
    """One connection that stays open, as a proxy keeps it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._link = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.cookies = ""

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._link.close()

    def post(self, path: str, **fields: str) -> float:
        """Post a form; return the seconds until its answer was read, which has to be 200."""
        kind = "application/x-www-form-urlencoded"
        return self._timed("POST", path, urlencode(fields).encode(), {"Content-Type": kind})

    def send(self, path: str, body: bytes) -> float:
        """Post a JSON document; return the seconds."""
        return self._timed("POST", path, body, {"Content-Type": "application/json"})

    def get(self, path: str) -> float:
        """Get a page; return the seconds."""
        return self._timed("GET", path, None, {"Cookie": self.cookies})

    def queries(self, path: str) -> int:
        """Get a page; return how many queries it took."""
        self._timed("GET", path, None, {"Cookie": self.cookies, "X-Queries": "1"})
        return int(self.headers["X-Queries"])

    def _timed(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> float:
        start = time.perf_counter()
        self._link.request(method, path, body, headers)
        answer = self._link.getresponse()
        self.body, self.headers = answer.read(), answer.headers
        took = time.perf_counter() - start
        assert answer.status == 200, f"{path}: {answer.status} {self.body[:500]!r}"
        return took


def wait_for_port(port: int) -> None:
    """Return when somebody answers at `port`."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
        with suppress(OSError):
            link.connect()
            link.close()
            return
        time.sleep(0.05)
    raise TimeoutError(f"nobody answers at port {port}")


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it has started."""
    for number in (signal.SIGCONT, signal.SIGTERM):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
    with suppress(subprocess.TimeoutExpired):
        process.wait(5)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
