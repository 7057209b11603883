"""``python -m tests.benchmarks``: measure against the limits, and print the table."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import django

from tests.benchmarks import authority, load, publishing
from tests.benchmarks.measuring import Size
from tests.benchmarks.postgresql import RealPostgreSQL
from tests.benchmarks.program import ROOT
from tests.support.servers import Redis

SETTINGS = "tests.benchmarks.settings"
KEPT = ROOT / "build" / "benchmarks.json"
"""Where a table is kept that is not published."""
AGAIN = "--onto puts lines that are measured again (--only) into it, and publishes it."


def main() -> int:
    """Measure; return 1 if the table was to be published and may not be."""
    options = _options()
    load.adopt_orphans()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Ended by a signal."))
    with _stand(options) as stand:
        found, machine = _measure(stand, options)
    if options.database == "both":
        found += _on_sqlite(options)
    if options.onto:
        found = publishing.merged(json.loads(options.onto.read_text()), found)
    print(f"{machine}.")
    path = options.json or KEPT
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=2) + "\n")
    if not options.publish:
        return 0  # whatever the goals: a machine may be slow, or busy
    trouble = publishing.publish(found, machine, whole=bool(options.onto) or not options.only)
    if trouble:
        print(f"Not published: {trouble} The table is in {path}; {AGAIN}", file=sys.stderr)
    return 1 if trouble else 0


def _measure(stand: Any, options: Namespace) -> tuple[list[Any], str]:
    from tests.benchmarks import machine, plan, running  # noqa: PLC0415  Django has to be set up

    described = machine.description(stand)  # before anything can be broken
    size = Size(rounds=options.rounds, share=options.share, large=options.large)
    conditions = running.Conditions(size=size, wants_quiet=options.publish or options.quiet)
    parts = list(plan.planned(options.only, on_sqlite=stand.database is None))
    results = running.run(stand, parts, conditions)
    return [result.as_json() for result in results], described


def _on_sqlite(options: Namespace) -> list[Any]:
    """Measure on SQLite what differs there, in a process of its own, since Django is set up."""
    size = [f"--rounds={options.rounds}", f"--share={options.share}", f"--large={options.large}"]
    only = [word for name in options.only for word in ("--only", name)]
    quiet = ["--quiet"] if options.publish or options.quiet else []
    with tempfile.TemporaryDirectory(prefix="ni-bench-") as directory:
        path = Path(directory) / "table.json"
        command = [*only, *size, *quiet, "--database=sqlite", f"--json={path}"]
        run = subprocess.run([sys.executable, "-m", "tests.benchmarks", *command], check=False)
        if not run.returncode:
            found: list[Any] = json.loads(path.read_text())
            return found
    from tests.benchmarks import plan  # noqa: PLC0415  Django is set up by now
    from tests.benchmarks.measuring import Result  # noqa: PLC0415

    failure = f"the benchmarks on SQLite ended with code {run.returncode}"
    parts = plan.planned(options.only, on_sqlite=True)
    return [Result(line=line, failure=failure).as_json() for part in parts for line in part.lines]


def _options(arguments: Sequence[str] | None = None) -> Namespace:
    parser = ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--only", action="append", default=[], metavar="WORDS", help="lines with these in a name"
    )
    parser.add_argument(
        "--onto", type=Path, metavar="TABLE", help="put the lines into this table (JSON)"
    )
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--share", type=float, default=1.0, help="of the usual work in a round")
    parser.add_argument("--large", type=int, default=1_000_000, help="rows of the large table")
    parser.add_argument(
        "--database",
        choices=("both", "postgresql", "sqlite"),
        default="both",
        help="both: PostgreSQL, and SQLite for what differs there",
    )
    parser.add_argument("--json", type=Path, help=f"write the table there (default: {KEPT})")
    parser.add_argument("--quiet", action="store_true", help="wait for a quiet machine")
    parser.add_argument(
        "--publish", action="store_true", help="write the table into docs/, if nothing disturbed it"
    )
    return parser.parse_args(arguments)


@contextmanager
def _stand(options: Namespace) -> Iterator[Any]:
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
        os.environ["NI_BENCH_CA_FILE"] = str(authority.make(directory))
        django.setup()
        from django.core.management import call_command  # noqa: PLC0415

        from tests.benchmarks.stand import Stand  # noqa: PLC0415

        call_command("migrate", run_syncdb=True, verbosity=0)
        yield Stand(database, redis, directory)


if __name__ == "__main__":
    sys.exit(main())
