"""The stage: a fresh folder with a database and a queue, and the four programs of a real site."""

from __future__ import annotations

import json
import os
import secrets
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from typing import Any

import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from number_insight.providers.personas.promises import NUMBER_INSIGHT
from tools.demo.processes import Program, free_port
from tools.demo.review import Browser

ROOT = Path(__file__).resolve().parents[2]
PROJECT = ROOT / "example_project"
STARTING = 60.0
"""Seconds that a program may take to come up, on a slow machine."""
JUDGING = 60.0
"""Seconds that all numbers together may take to be judged."""
LOGIN = "demo"

MANAGE = (sys.executable, str(PROJECT / "manage.py"))
SANDBOX = (*MANAGE, "number_insight_sandbox")
WORKER = (
    *(sys.executable, "-m", "celery", "--app", "project", "worker", "--loglevel", "info"),
    *("--pool", "threads", "--concurrency", "8"),
    *("--without-gossip", "--without-mingle", "--without-heartbeat"),  # there is only one
)
ENDINGS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def _deferred(numbers: Iterable[signal.Signals]) -> Iterator[None]:
    """Hold back the signals `numbers` until the end."""
    received: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _frame: received.append(number))
        for number in numbers
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for sent in received:
            signal.raise_signal(sent)


class Stage:
    """Sandbox, site, worker and sweep on free loopback ports; all of it is gone afterwards.

    `delivery` is "sync", or "async" to have the answers posted to the site's webhook. `provider` is
    the one that the site asks, a key of `promises.NAMES`.
    """

    def __init__(self, delivery: str = "sync", provider: str = NUMBER_INSIGHT) -> None:
        self.sandbox_port, self.site_port = free_port(), free_port()
        self.sandbox_url = f"http://127.0.0.1:{self.sandbox_port}"
        self.site_url = f"http://127.0.0.1:{self.site_port}"
        self.password = secrets.token_urlsafe(9)
        self._delivery = delivery
        self._provider = provider
        self._programs: list[Program] = []

    def __enter__(self) -> Stage:
        self._temporary = TemporaryDirectory(prefix="number-insight-demo-")
        self._folder = Path(self._temporary.name)
        self._environment = {**os.environ, **self._settings()}
        try:
            self._start_all()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the programs and remove the folder; a second Ctrl-C does not cut it short."""
        before = {number: signal.signal(number, signal.SIG_IGN) for number in ENDINGS}
        for program in reversed(self._programs):
            program.ask_to_end()
        for program in reversed(self._programs):
            program.end()
        self._programs.clear()
        self._temporary.cleanup()
        for number, handler in before.items():
            signal.signal(number, handler)

    def check(self) -> None:
        """Raise `DemoFailed` if one of the programs has ended."""
        for program in self._programs:
            program.check()

    def ledger(self) -> dict[str, Any]:
        """Return what the sandbox was asked, and what it charged."""
        found: dict[str, Any] = _get(f"{self.sandbox_url}/ledger.json").json()
        return found

    def browser(self) -> Browser:
        """Return a browser that is logged into the admin."""
        return Browser(self.site_url, LOGIN, self.password)

    def screenings(self) -> Iterator[list[dict[str, Any]]]:
        """Yield what ``follow_screenings`` has printed so far, again and again until its end."""
        follower = self._start("report", *MANAGE, "follow_screenings", "--timeout", str(JUDGING))
        self._programs.remove(follower)
        try:
            while follower.is_running:
                self.check()
                yield _documents(follower.output)
            yield _documents(follower.wait(seconds=1))
        finally:
            follower.ask_to_end()
            follower.end()

    def _start_all(self) -> None:
        public_key = _make_keys(self._folder)
        place = ("--port", str(self.sandbox_port), "--public-key", str(public_key))
        sandbox = self._start("sandbox", *SANDBOX, *place)
        self._run("migrate", "--verbosity", "0")
        self._run("seed_lists")
        self._run("seed_history")
        worker = self._start("worker", *WORKER)
        site = self._start("site", *MANAGE, "runserver", "--noreload", str(self.site_port))
        self._start("sweep", *MANAGE, "number_insight_sweep", "--loop", "5")
        self._run("createsuperuser", "--noinput", "--username", LOGIN, "--email", "demo@localhost")
        sandbox.wait_until(lambda: _is_up(f"{self.sandbox_url}/health"), seconds=STARTING)
        site.wait_until(lambda: _is_up(self.site_url), seconds=STARTING)
        worker.wait_until(lambda: " ready." in worker.output, seconds=STARTING)

    def _run(self, *arguments: str) -> None:
        program = self._start(f"command {arguments[0]}", *MANAGE, *arguments)
        program.wait(seconds=STARTING)
        self._programs.remove(program)

    def _start(self, name: str, *arguments: str) -> Program:
        with _deferred(ENDINGS):  # a program that started has to be known, or nobody would end it
            program = Program(name, arguments, environment=self._environment, folder=self._folder)
            self._programs.append(program)
        return program

    def _settings(self) -> dict[str, str]:
        return {
            "DEMO_DELIVERY": self._delivery,
            "DEMO_FOLDER": str(self._folder),
            "DEMO_PROVIDER": self._provider,
            "DEMO_SANDBOX_URL": self.sandbox_url,
            "DEMO_SITE_URL": self.site_url,
            "DJANGO_SETTINGS_MODULE": "tools.demo.settings",
            "DJANGO_SUPERUSER_PASSWORD": self.password,
            "NO_PROXY": "127.0.0.1",
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(PROJECT)]),
            "PYTHONUNBUFFERED": "1",
            "SECRET_KEY": secrets.token_urlsafe(40),
        }


def _make_keys(folder: Path) -> Path:
    """Write the key pair of an application into `folder`; return the path of the public one."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (folder / "private.key").write_bytes(private)
    path = folder / "public.pem"
    path.write_bytes(public)
    return path


def _get(url: str) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False  # no proxy stands before this machine's own ports
        return session.get(url, timeout=5)


def _is_up(url: str) -> bool:
    try:
        return _get(url).ok
    except requests.ConnectionError:
        return False


def _documents(output: str) -> list[dict[str, Any]]:
    complete = output[: output.rfind("\n") + 1]
    return [json.loads(line) for line in complete.splitlines() if line.startswith("{")]
