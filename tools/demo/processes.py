"""The programs of the demo: started, waited for, and ended by the process group they began."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PATIENCE = 10.0
"""Seconds that a program has for ending by itself."""


class DemoFailed(Exception):
    """The demo cannot go on; the message is for whoever started it."""


def free_port() -> int:
    """Return a loopback port that nobody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class Program:
    """One program in a process group of its own, with its output in a file."""

    def __init__(
        self, name: str, arguments: Sequence[str], *, environment: Mapping[str, str], folder: Path
    ) -> None:
        self.name = name
        self._log = folder / f"{name}.log"
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(
                arguments,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches only the demo, which ends all in order
            )

    @property
    def output(self) -> str:
        """What the program has written so far."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def check(self) -> None:
        """Raise `DemoFailed` with its last words if the program has ended."""
        if not self.is_running:
            raise self._failure(f"ended by itself (status {self._process.returncode})")

    def wait_until(self, is_up: Callable[[], bool], *, seconds: float) -> None:
        """Return once `is_up`; raise `DemoFailed` if the program ends, or is too slow."""
        deadline = time.monotonic() + seconds
        while not is_up():
            self.check()
            if time.monotonic() > deadline:
                raise self._failure(f"is not up after {seconds:g} s")
            time.sleep(0.1)

    def wait(self, *, seconds: float) -> str:
        """Return all its output once it has ended well; raise `DemoFailed` if it does not."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired as exc:
            raise self._failure(f"is not done after {seconds:g} s") from exc
        if code:
            raise self._failure(f"failed (status {code})")
        return self.output

    def ask_to_end(self) -> None:
        """Ask the program, and whatever it has started, to end."""
        self._signal(signal.SIGTERM)

    def end(self) -> None:
        """Wait for the end, and bring it about if it does not come."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(PATIENCE)
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        # The group bears the number of its first process, and stays while any member does.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _failure(self, what: str) -> DemoFailed:
        last_words = "\n".join(self.output.splitlines()[-15:])
        return DemoFailed(f"The {self.name} {what}. Its last words:\n{last_words}")
