"""``python -m number_insight.sandbox``: the sandbox without a Django project."""

from __future__ import annotations

import sys
from argparse import ArgumentParser

from number_insight.sandbox.options import CannotServe, add_options, serve


def main(arguments: list[str] | None = None) -> int:
    """Serve with the options of the command line; return the exit code."""
    parser = ArgumentParser(
        prog="python -m number_insight.sandbox",
        description="Serve a local sandbox that answers as Number Insight does.",
    )
    add_options(parser)
    try:
        serve(vars(parser.parse_args(arguments)), _write)
    except CannotServe as exc:
        sys.stderr.write(f"{exc}\n")
        return 1
    return 0


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
