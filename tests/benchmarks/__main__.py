"""``python -m tests.benchmarks``: measure against the limits, and print the table."""

from __future__ import annotations

import os
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import django

from tests.benchmarks.stand import SETTINGS, RealPostgreSQL, Stand
from tests.servers import Redis


def main() -> int:
    options = _options()
    with _stand(options) as stand:
        from tests.benchmarks import running  # noqa: PLC0415  Django has to be set up

        return running.run(stand, options)


def _options() -> Namespace:
    parser = ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help="words in the names of those to run")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--share", type=float, default=1.0, help="of the usual work in a round")
    parser.add_argument("--large", type=int, default=1_000_000, help="rows of the large table")
    parser.add_argument("--json", type=Path, help="write the table there as well")
    return parser.parse_args()


@contextmanager
def _stand(options: Namespace) -> Iterator[Stand]:
    """Start the servers, and Django on them, with empty tables."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ni-bench-")))
        database = stack.enter_context(RealPostgreSQL())
        redis = stack.enter_context(Redis())
        database.create("bench")
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": SETTINGS,
            "NI_TEST_DATABASE": "postgresql",
            "NI_TEST_DATABASE_NAME": "bench",
            "NI_TEST_POSTGRESQL_PORT": str(database.port),
            "NI_TEST_REDIS_URL": redis.url,
        }
        django.setup()
        from django.core.management import call_command  # noqa: PLC0415

        call_command("migrate", run_syncdb=True, verbosity=0)
        yield Stand(database, redis, directory)


if __name__ == "__main__":
    sys.exit(main())
