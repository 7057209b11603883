"""The stand of a chaos test: a sandbox, a broker, workers, and their settings."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from django.db import connection
from django.test import override_settings

from number_insight.models import Lookup, NumberInsightRecord
from number_insight.sandbox.server import Sandbox
from number_insight.screening import sweeps
from tests.chaos.processes import Worker
from tests.models import Customer
from tests.support.invariants import SECRETS, UNFINISHED, assert_invariants
from tests.support.servers import Redis
from tests.support.stage import sign_up, vonage
from tests.support.waiting import until

PATIENCE = 40.0
"""Seconds in which everything has to be well again."""


def number(index: int) -> str:
    """Return one of a thousand numbers of the clean mobile."""
    return f"+467017{index:03d}05"


class Stand:
    """Everything a chaos test breaks."""

    def __init__(
        self, sandbox: Sandbox, redis: Redis, environment: Mapping[str, str], directory: Path
    ) -> None:
        self.sandbox, self.redis, self.directory = sandbox, redis, directory
        self.environment = dict(environment)
        self.workers: list[Worker] = []
        self.must_settle = True
        self._stack = ExitStack()
        self._told: dict[str, Any] = {}

    def configure(self, **settings: Any) -> None:
        """Lay `settings` over ``NUMBER_INSIGHT``, here and in the workers to come."""
        options = {"base_url": settings.pop("base_url")} if "base_url" in settings else {}
        self._told |= settings
        base: dict[str, Any] = {"LEVEL": "advanced", "LIMITS": {}, "THROUGHPUT": 1000}
        given = vonage(self.sandbox, **{**base, "BUDGET": {"day": "100"}, **self._told})
        given["PROVIDERS"]["default"]["OPTIONS"] |= {"api_secret": SECRETS[0], **options}
        self.environment["NI_TEST_NUMBER_INSIGHT"] = json.dumps(given)
        self._stack.enter_context(override_settings(NUMBER_INSIGHT=given))

    @property
    def process_environment(self) -> dict[str, str]:
        """The environment of a process that sees these settings and this database."""
        port = str(connection.settings_dict["PORT"])
        return {**self.environment, "NI_TEST_POSTGRESQL_PORT": port}

    def worker(self, **options: Any) -> Worker:
        """Start a worker; `options` are those of `Worker`."""
        worker = self.new_worker(**options)
        self.workers.append(worker)
        return worker.start()

    def new_worker(self, **options: Any) -> Worker:
        """Return a worker of the kind that serves this stand."""
        return Worker(self.process_environment, self.directory, **options)

    def sign_up(self, count: int, start: int = 0) -> list[Customer]:
        """Let `count` customers sign up, each in a transaction and with a number of their own."""
        return [sign_up(number(start + index)) for index in range(count)]

    def heal(self, seconds: float = PATIENCE, every: float = 1.0) -> None:
        """Sweep, as beat does, until everything is settled."""
        self.sweep_until(all_settled, seconds, every)

    def sweep_until(
        self, condition: Callable[[], bool], seconds: float = PATIENCE, every: float = 1.0
    ) -> None:
        """Sweep, as beat does, until `condition` holds."""
        deadline = time.monotonic() + seconds
        while not until(condition, every):
            assert time.monotonic() < deadline, self.plight()
            sweeps.sweep()

    def heals_within(self, seconds: float) -> bool:
        """Sweep for so long; return whether everything is settled."""
        deadline = time.monotonic() + seconds
        while not all_settled() and time.monotonic() < deadline:
            sweeps.sweep()
            until(all_settled, 1.0)
        return all_settled()

    def plight(self) -> str:
        """Return the states of records and the logs of workers, for the message of a failure."""
        states = NumberInsightRecord.objects.values_list("state", "lookup__state", "note")
        logs = "\n".join(worker.said()[-1500:] for worker in self.workers)
        return f"{sorted(map(str, states))[:5]}\n{logs}"

    def close(self) -> None:
        """End all workers, and assert the invariants."""
        for worker in self.workers:
            if worker.process is not None:
                worker.kill()
        told = "".join(worker.said() for worker in self.workers)
        try:
            assert_invariants(self.sandbox, settled=self.must_settle, told=told)
        finally:
            self._stack.close()


def all_settled() -> bool:
    """Whether no record waits for anything."""
    return not NumberInsightRecord.objects.filter(state__in=UNFINISHED).exists()


def all_taken() -> bool:
    """Whether every record has been taken up once, and no call is under way."""
    calling = Lookup.objects.filter(state="calling")
    return not calling.exists() and not NumberInsightRecord.objects.filter(state="queued").exists()


def end_leases() -> None:
    """Let the minute pass after which a worker that is gone counts as gone."""
    Lookup.objects.filter(state="calling").update(lease_until="2020-01-01T00:00Z")
