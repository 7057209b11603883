"""Web processes, and workers in process groups of their own, which can be killed whole."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.support.servers import children, free_port

ROOT = Path(__file__).resolve().parents[2]
STARTUP = 30.0
"""Seconds that a worker may take until it listens."""


SERVE = """
import sys
from django.core.management import execute_from_command_line
from django.core.servers.basehttp import WSGIServer
WSGIServer.request_queue_size = 256
execute_from_command_line(["django", *sys.argv[1:]])
"""


class Web:
    """One process that serves the host project's pages; a context manager."""

    def __init__(self, environment: Mapping[str, str], directory: Path) -> None:
        self.port = free_port()
        self.log = directory / f"web-{self.port}.log"
        self.environment = {**environment, "PYTHONPATH": str(ROOT)}

    def __enter__(self) -> Web:
        serve = ["runserver", "--noreload", "--skip-checks", f"127.0.0.1:{self.port}"]
        # By itself that server drops a crowd: it lets ten wait.
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SERVE, *serve],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + STARTUP
        while not self._answers():
            assert self.process.poll() is None and time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.process.kill()
        self.process.wait()

    def _answers(self) -> bool:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            return True
        return False

    def post(self, path: str, **fields: str) -> tuple[int, str]:
        """Post a form; return the status, and the process that answered."""
        link = http.client.HTTPConnection("127.0.0.1", self.port, timeout=STARTUP)
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        link.request("POST", path, urlencode(fields), kind)
        answer = link.getresponse()
        answer.read()
        link.close()
        return answer.status, answer.headers.get("X-Process", "")


class Worker:
    """One Celery worker."""

    greeting = " ready."
    """The words in its log from which on it listens."""

    def __init__(
        self,
        environment: Mapping[str, str],
        directory: Path,
        *,
        crash: str = "",
        pool: str = "solo",
        concurrency: int = 2,
        celery: Mapping[str, Any] | None = None,
    ) -> None:
        self.log = directory / f"worker-{time.monotonic_ns()}.log"
        self.environment = {
            **environment,
            "NI_CHAOS_CRASH": crash,
            "NI_CHAOS_ONCE": str(directory / "died"),
            "NI_CHAOS_CELERY": json.dumps(celery or {}),
        }
        self.arguments = ["--pool", pool, "--concurrency", str(concurrency)]
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Worker:
        """Start the worker and return when it listens."""
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.command()],
                cwd=ROOT,
                env={**self.environment, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + STARTUP
        while self.greeting not in self.said():
            assert self.is_running and time.monotonic() < deadline, self.said()[-2000:]
            time.sleep(0.05)
        return self

    def command(self) -> list[str]:
        """Return the module that is run, with its arguments."""
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "info"]
        return ["celery", "-A", "tests.chaos.worker", "worker", *self.arguments, *quiet]

    @property
    def is_running(self) -> bool:
        """Whether the worker's main process lives."""
        return self.process is not None and self.process.poll() is None

    @property
    def pids(self) -> list[int]:
        """The processes of its pool."""
        assert self.process is not None
        return list(children(self.process.pid))

    def said(self) -> str:
        """Return the worker's log."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def kill(self) -> None:
        """End the worker and all it has forked, without a word."""
        assert self.process is not None
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def terminate(self, patience: float = 20) -> int:
        """Ask the worker to end, and return its exit status."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(patience)


class TaskWorker(Worker):
    """One worker of django-tasks-db, which takes its tasks from the database."""

    greeting = "Starting worker"

    def command(self) -> list[str]:
        return ["django", "db_worker", "--interval", "0.1", "--no-startup-delay", "--no-reload"]
