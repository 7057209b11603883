"""An empty project that a reader makes by the quickstart, with the wheel and nothing else."""

from __future__ import annotations

import http.client
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

from tests.support.pages import ROOT, Block, blocks
from tests.support.servers import free_port
from tests.support.waiting import PATIENCE, until

PAGE = "docs/quickstart.md"
PORTS = ("8000", "8017", "6379")
PASSWORD = "correct-horse-8"
SETUPTOOLS = 77
"""The first version that can build us, by ``pyproject.toml``."""
TELL = """
from signup.models import User
for user in User.objects.exclude(phone=""):
    record = user.get_phone_record()
    flags = ",".join(sorted(flag.code for flag in record.flags.all()))
    print("TOLD", user, record.verdict, record.lookup and record.lookup.delivery, flags)
"""
_AS_MODULES = {"django-admin": "django", "celery": "celery"}


def build_wheel(directory: Path) -> Path:
    """Build the wheel from a copy of its sources, and return it."""
    source = directory / "source"
    shutil.copytree(
        ROOT / "number_insight",
        source / "number_insight",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", str(directory), "."]
    if can_build():
        command.append("--no-build-isolation")  # then nothing is fetched
    subprocess.run(command, cwd=source, check=True, capture_output=True, timeout=300)
    (wheel,) = directory.glob("*.whl")
    return wheel


def can_build() -> bool:
    """Whether this environment has the build backend of ``pyproject.toml``."""
    try:
        return int(version("setuptools").split(".")[0]) >= SETUPTOOLS
    except PackageNotFoundError:
        return False


def make_python(directory: Path, wheel: Path) -> Path:
    """Make an environment that holds the wheel, and borrows its dependencies."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(directory)], check=True)
    (site,) = directory.glob("lib/python*/site-packages")
    (theirs,) = Path(sys.prefix).glob("lib/python*/site-packages")
    shutil.unpack_archive(wheel, site, "zip")
    (site / "borrowed.pth").write_text(f"{theirs}\n")  # a line here brings no editable install
    return directory / "bin" / "python"


class Told(NamedTuple):
    """The short form of a record."""

    verdict: str
    delivery: str
    flags: str


@dataclass
class Project:
    """The reader's project, in which the blocks of the quickstart are followed."""

    directory: Path
    python: Path
    ports: dict[str, str] = field(default_factory=lambda: {p: str(free_port()) for p in PORTS})

    def here(self, text: str) -> str:
        """Return `text` with ports that are free on this machine."""
        return re.sub("|".join(self.ports), lambda found: self.ports[found[0]], text)

    def address(self, port: str, path: str) -> str:
        return f"http://127.0.0.1:{self.ports[port]}{path}"

    def write(self, block: Block) -> None:
        """Put a block where its first line says: at the end of a file, or as the file."""
        target = self.directory / block.path
        target.parent.mkdir(parents=True, exist_ok=True)
        before = target.read_text() if block.note.startswith("at the end") else ""
        target.write_text(before + self.here(block.text))

    def command(self, line: str) -> list[str]:
        words = shlex.split(self.here(line))
        if words[0] in _AS_MODULES:
            return [str(self.python), "-m", _AS_MODULES[words[0]], *words[1:]]
        assert words[0] == "python", line
        if words[1:] == ["manage.py", "runserver"]:
            words += ["--noreload", self.ports["8000"]]
        if words[1:] == ["manage.py", "number_insight_sandbox"]:
            words += ["--port", self.ports["8017"]]
        return [str(self.python), *words[1:]]

    @property
    def environment(self) -> dict[str, str]:
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("DJANGO", "PYTHON"))}
        secret = {"DJANGO_SUPERUSER_PASSWORD": PASSWORD, "PYTHONUNBUFFERED": "1"}
        return {**clean, **secret}

    def run(self, line: str) -> str:
        """Run one line of a console to its end, and return its output."""
        done = subprocess.run(
            self.command(line),
            cwd=self.directory,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def execute(self, code: str) -> str:
        """Run `code` as in the project's shell."""
        return self.run(f"python manage.py shell --no-imports -c {shlex.quote(code)}")

    @contextmanager
    def running(self, line: str) -> Iterator[Path]:
        """Run one line of a console as long as the block lasts, with its output in a file."""
        log = self.directory / f"{re.sub(r'[^a-z]+', '-', line)}.log"
        with log.open("ab") as out:
            process = subprocess.Popen(
                self.command(line),
                cwd=self.directory,
                env=self.environment,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        try:
            yield log
            assert process.poll() is None, log.read_text()
        finally:
            process.terminate()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def sign_up(self, username: str, number: str) -> str:
        """Fill in the form as a visitor does; return the address that the browser ends at."""
        fields = {"username": username, "phone": number}
        return self.fill_in("/signup/", fields | {"password1": PASSWORD, "password2": PASSWORD})

    def fill_in(self, path: str, fields: dict[str, str]) -> str:
        """Send the form at `path` as a browser does; return the address that it ends at."""
        browser = build_opener(HTTPCookieProcessor(jar := CookieJar()))
        address = self.address("8000", path)
        assert until(lambda: answers(address), PATIENCE)
        browser.open(address, timeout=10).read()
        token = next(cookie.value or "" for cookie in jar if cookie.name == "csrftoken")
        sent = urlencode({**fields, "csrfmiddlewaretoken": token}).encode()
        with browser.open(address, sent, timeout=20) as page:
            return str(page.url)

    def records(self) -> dict[str, Told]:
        """Return the latest record of every user in short, by user name."""
        told = self.execute(TELL)
        words = [line.split(" ")[1:] for line in told.splitlines() if line.startswith("TOLD ")]
        return {name: Told(*rest) for name, *rest in words}

    def is_settled(self, username: str) -> bool:
        return self.records()[username].verdict != "pending"


def answers(address: str) -> bool:
    """Whether a server answers at `address`."""
    try:
        with build_opener().open(address, timeout=2):
            return True
    except (URLError, http.client.HTTPException, OSError):
        return False


def follow(project: Project, *, uuid_keys: bool) -> None:
    """Follow the quickstart up to its sixth step: write its files, and run its commands."""
    for block in blocks(PAGE):
        if block.text.startswith("$ python manage.py number_insight_sandbox"):
            return
        for line in block.commands:
            if "pip install" not in line:
                project.run(line + _answers(line))
        if block.path and block.note in wanted(uuid_keys):
            project.write(block)


def wanted(uuid_keys: bool) -> tuple[str, ...]:
    return ("", "at the end", "with UUID keys") if uuid_keys else ("", "at the end")


def _answers(line: str) -> str:
    """Return the options that answer a command's questions."""
    asked = "createsuperuser" in line
    return " --noinput --username root --email root@example.com" if asked else ""
