"""The stand: servers, web processes, workers and a provider, each a process of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

from number_insight.models import Lookup, NumberInsightRecord
from tests.benchmarks import authority, load, program, routing
from tests.benchmarks.browser import Browser
from tests.benchmarks.models import PlainCustomer, ScreenedCustomer
from tests.benchmarks.postgresql import RealPostgreSQL
from tests.benchmarks.program import Program
from tests.benchmarks.rival_http import IDENTITY, NUMBER_INSIGHT
from tests.support import keys
from tests.support.servers import Redis, free_port

PRICE = "0.03"
BACKENDS = {
    NUMBER_INSIGHT: "number_insight.providers.vonage.NumberInsight",
    IDENTITY: "number_insight.providers.identity.IdentityInsights",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Where the provider answers."""

    http: str
    https: str


class Stand:
    """Two servers (one, on SQLite) and whatever a benchmark starts; nothing outlives it."""

    def __init__(self, database: RealPostgreSQL | None, redis: Redis, directory: Path) -> None:
        self.database, self.redis, self.directory = database, redis, directory
        self._programs = 0
        self.cookie = ""
        self.ca_file = os.environ.get("NI_BENCH_CA_FILE", "")

    def clear(self) -> None:
        """Delete what an earlier row has left in the tables and in the queue."""
        with self.redis.client() as client:
            client.flushall()
        models = (NumberInsightRecord, Lookup, PlainCustomer, ScreenedCustomer)
        tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in models)
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"TRUNCATE {tables} CASCADE")
            return
        for model in models:
            model._default_manager.all().delete()

    @property
    def database_cpu(self) -> float:
        """The CPU seconds of PostgreSQL with all its processes so far."""
        assert self.database is not None and self.database.process is not None
        return load.seconds_of(self.database.process.pid)

    def program(
        self, name: str, *arguments: str, **environment: str
    ) -> AbstractContextManager[Program]:
        """Run a Python program with the stand's environment."""
        self._programs += 1
        log = self.directory / f"{self._programs}.log"
        return program.running(name, log, *arguments, **environment)

    @contextmanager
    def web(self, *, workers: int = 1, **environment: str) -> Iterator[Browser]:
        """Serve the measured pages with gunicorn; yield a browser for them."""
        port = free_port()
        size = ["--workers", str(workers), "--threads", "4"]
        options = ["--worker-class", "gthread", "--keep-alive", "120", "--backlog", "512"]
        quiet = ["--log-level", "error", "--bind", f"127.0.0.1:{port}"]
        command = ["-m", "gunicorn", *size, *options, *quiet, "tests.benchmarks.wsgi"]
        with self.program("gunicorn", *command, **environment) as server:
            server.await_port(port)
            with Browser(port) as browser:
                yield browser

    def worker(
        self, processes: int, queue: str, **environment: str
    ) -> AbstractContextManager[Program]:
        """Run a Celery worker of some processes, which takes from a queue of its own."""
        size = ["--pool", "prefork", "--concurrency", str(processes), "--queues", queue]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "error"]
        command = ["-m", "celery", "-A", "tests", "worker", *size, *quiet]
        environment[routing.QUEUE] = queue
        return self.program("the Celery worker", *command, **environment)

    @contextmanager
    def provider(self, delay: float = 0.0) -> Iterator[Provider]:
        """Serve canned answers, each after `delay` seconds."""
        http, https = free_port(), free_port()
        files = [self.directory / name for name in (authority.CERTIFICATE, authority.KEY)]
        command = ["-m", "tests.benchmarks.provider", *map(str, (http, https, delay, *files))]
        with self.program("the provider", *command) as server:
            for port in (http, https):
                server.await_port(port)
            yield Provider(http=f"http://127.0.0.1:{http}", https=f"https://127.0.0.1:{https}")


def asking(url: str, api: str = NUMBER_INSIGHT, **settings: Any) -> dict[str, Any]:
    """Return ``NUMBER_INSIGHT`` that asks at `url`, with nothing that would hold it up."""
    if api == IDENTITY:
        options: dict[str, Any] = {
            "application_id": keys.APPLICATION,
            "private_key": keys.private_key(),
            "base_url": url,
            "prices": {"format": "0", "original_carrier": "0", "current_carrier": PRICE},
        }
    else:
        options = {"api_key": "key", "api_secret": "secret", "base_url": f"{url}/ni"}
        options["prices"] = {"advanced": PRICE}
    provider = {"BACKEND": BACKENDS[api], "OPTIONS": options}
    free = {"LIMITS": {}, "BUDGET": {"day": None}, "THROUGHPUT": 100_000, "LEVEL": "advanced"}
    return {"PROVIDERS": {"default": provider}, **free, **settings}


def as_environment(number_insight: Mapping[str, Any]) -> dict[str, str]:
    """Return what tells a process of the stand to use these settings."""
    return {"NI_TEST_NUMBER_INSIGHT": json.dumps(number_insight)}
