"""Workers in process groups of their own, which can be killed whole."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.servers import children

ROOT = Path(__file__).resolve().parents[2]
STARTUP = 30.0
"""Seconds that a worker may take until it listens."""


class Worker:
    """One Celery worker; a context manager that leaves nothing running."""

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
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "info"]
        command = [sys.executable, "-m", "celery", "-A", "tests.chaos.worker", "worker"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, *self.arguments, *quiet],
                cwd=ROOT,
                env={**self.environment, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + STARTUP
        while " ready." not in self.said():
            assert self.is_running and time.monotonic() < deadline, self.said()[-2000:]
            time.sleep(0.05)
        return self

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
        """Return what the worker has logged."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def kill(self) -> None:
        """End the worker and all it has forked, without a word."""
        assert self.process is not None
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def terminate(self, patience: float = 20) -> int:
        """Ask the worker to end, and return what it said to that."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(patience)
