"""``python -m tests.benchmarks``: measure against the limits, and print the table."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import django

from tests.benchmarks import page
from tests.benchmarks.stand import SETTINGS, RealPostgreSQL, Stand
from tests.support.servers import Redis


def main() -> int:
    options = _options()
    with _stand(options) as stand:
        from tests.benchmarks import running  # noqa: PLC0415  Django has to be set up

        found = running.run(stand, options)
        machine = running.machine(stand)
    _keep(found, options, machine)
    if options.database == "both":
        _keep(found + _on_sqlite(options), options, machine)
    return 0  # whatever the goals: a machine may be slow, or busy


def _keep(found: list[Any], options: Namespace, machine: str) -> None:
    print(f"{machine}.")
    if options.json:
        options.json.write_text(json.dumps(found, indent=2) + "\n")
    if options.publish and not options.names:
        page.publish(found, machine)


def _on_sqlite(options: Namespace) -> list[Any]:
    """Measure on SQLite what differs there, in a process of its own, since Django is set up."""
    size = [f"--rounds={options.rounds}", f"--share={options.share}", f"--large={options.large}"]
    with tempfile.TemporaryDirectory(prefix="ni-bench-") as directory:
        path = Path(directory) / "table.json"
        command = [*options.names, *size, "--database=sqlite", f"--json={path}"]
        subprocess.run([sys.executable, "-m", "tests.benchmarks", *command], check=True)
        found: list[Any] = json.loads(path.read_text())
    return found


def _options() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help="words in the names of those to run")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--share", type=float, default=1.0, help="of the usual work in a round")
    parser.add_argument("--large", type=int, default=1_000_000, help="rows of the large table")
    parser.add_argument(
        "--database",
        choices=("both", "postgresql", "sqlite"),
        default="both",
        help="both: PostgreSQL, and SQLite for what differs there",
    )
    parser.add_argument("--json", type=Path, help="write the table there as well")
    parser.add_argument(
        "--publish", action="store_true", help="write the table into docs/, unless names are given"
    )
    return parser.parse_args()


@contextmanager
def _stand(options: Namespace) -> Iterator[Stand]:
    """Start the servers, and Django on them, with empty tables."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ni-bench-")))
        database = None
        if options.database == "sqlite":
            path = str(directory / "bench.sqlite3")
            os.environ |= {"NI_TEST_DATABASE": "sqlite", "NI_BENCH_SQLITE": path}
        else:
            database = stack.enter_context(RealPostgreSQL())
            database.create("bench")
            port = str(database.port)
            os.environ |= {"NI_TEST_DATABASE": "postgresql", "NI_TEST_POSTGRESQL_PORT": port}
            os.environ["NI_TEST_DATABASE_NAME"] = "bench"
        redis = stack.enter_context(Redis())
        os.environ |= {"DJANGO_SETTINGS_MODULE": SETTINGS, "NI_TEST_REDIS_URL": redis.url}
        django.setup()
        from django.core.management import call_command  # noqa: PLC0415

        call_command("migrate", run_syncdb=True, verbosity=0)
        yield Stand(database, redis, directory)


if __name__ == "__main__":
    sys.exit(main())
