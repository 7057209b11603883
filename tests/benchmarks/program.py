"""Programs of the stand: if one ends before its time, that is told with the end of its log."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from socket import create_connection

from tests.benchmarks import load

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0
"""Seconds in which a process has to be up, or a queue worked off."""
LONGEST_RUN = 1800.0
"""Seconds in which a program that ends by itself has to end."""


class ProgramEnded(RuntimeError):
    """A program ended before its time; the message ends with the last lines of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A running program with its log."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def cpu(self) -> float:
        """The CPU seconds of the program and all its children so far."""
        return load.seconds_of(self.process.pid)

    def check(self) -> None:
        """Raise `ProgramEnded` unless the program is running."""
        code = self.process.poll()
        if code is not None:
            tail = self.log.read_text(errors="replace").splitlines()[-5:]
            raise ProgramEnded(f"{self.name} ended with code {code}: {' | '.join(tail)}")

    def await_port(self, port: int) -> None:
        """Return when the program answers at `port`."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            self.check()
            with suppress(OSError), create_connection(("127.0.0.1", port), timeout=1):
                return
            time.sleep(0.05)
        raise TimeoutError(f"{self.name} does not answer at port {port}")


@contextmanager
def running(name: str, log: Path, *arguments: str, **environment: str) -> Iterator[Program]:
    """Run a Python program, and end it with its children."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield Program(name=name, process=process, log=log)
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGCONT, signal.SIGTERM):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
    with suppress(subprocess.TimeoutExpired):
        process.wait(5)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def output_of(module: str, *arguments: str, given: str = "", **environment: str) -> str:
    """Run a module of this package to its end, and return what it printed.

    Raise `ProgramEnded` with the end of its errors if it fails.
    """
    run = subprocess.run(
        [sys.executable, "-m", f"tests.benchmarks.{module}", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_RUN,
    )
    if run.returncode:
        tail = " | ".join(run.stderr.splitlines()[-5:])
        raise ProgramEnded(f"{module} ended with code {run.returncode}: {tail}")
    return run.stdout
