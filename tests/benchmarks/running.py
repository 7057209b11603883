"""Runs the benchmarks one after the other, and prints the table."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import sys
import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import Any

from django.db import connection

from tests.benchmarks import admin_pages, cost, replaying, signup, webhook, worker
from tests.benchmarks.measuring import Goal, Outcome, Result, Size
from tests.benchmarks.stand import Stand

Run = Callable[[Stand, Size], Any]
AT_MOST, AT_LEAST = False, True


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the table before it is measured."""

    name: str
    against: str
    goal: float
    at_least: bool = AT_MOST
    unit: str = ""

    def result(self, outcome: Outcome) -> Result:
        goal = Goal(value=self.goal, at_least=self.at_least, unit=self.unit)
        return Result(name=self.name, against=self.against, goal=goal, outcome=outcome)


def _line(name: str, against: str, goal: float, at_least: bool = AT_MOST, unit: str = "") -> Line:
    return Line(name=name, against=against, goal=goal, at_least=at_least, unit=unit)


PLAN: Sequence[tuple[Run, Sequence[Line]]] = (
    (
        signup.added_by_the_field,
        [
            _line(
                "signup: time added by the model field", "record + on_commit + delay by hand", 1.15
            )
        ],
    ),
    (
        signup.at_a_slow_provider,
        [_line("signup: provider of 150 ms", "provider of 0 ms", 1.1)],
    ),
    (
        signup.broker_refused,
        [_line("signup: broker refused, the slowest", "broker up", 20, unit="ms more")],
    ),
    (
        signup.broker_hung,
        [
            _line("signup: broker hung, the first", "RING_TIMEOUT", 1.1),
            _line("signup: broker hung, the slowest after it", "broker up", 20, unit="ms more"),
        ],
    ),
    (
        worker.many_threads,
        [_line("worker: provider of 150 ms, 32 threads", "32 / 0.15 s", 0.93, AT_LEAST)],
    ),
    (
        worker.two_processes,
        [_line("worker: provider of 0 ms, prefork 2", "two bare threads", 0.8, AT_LEAST)],
    ),
    (
        webhook.callbacks_a_second,
        [_line("webhook", "plain view with the same writes", 0.8, AT_LEAST)],
    ),
    (cost.of_a_thousand, [_line("cost: a mixed population", "always Advanced, no memory", 0.6)]),
    (
        admin_pages.pages,
        [
            _line("admin: list of the large table", "a page's worth of records", 1.2),
            _line("admin: filter of the large table", "a page's worth of records", 1.2),
            _line("admin: search in the large table", "a page's worth of records", 1.2),
            _line("admin: queries of the list", "bare ModelAdmin", 5, unit="more"),
        ],
    ),
    (
        admin_pages.stock,
        [_line("admin: stock list of the large table", "our list", 30, AT_LEAST)],
    ),
    (
        replaying.judging,
        [
            _line(
                "replay: judging stored insights",
                "reading the same columns (two processes, one that reads)",
                0.6,
                AT_LEAST,
            )
        ],
    ),
    (
        replaying.applying,
        [_line("replay: 1 % of verdicts written", "nothing written", 1.3)],
    ),
    (
        replaying.a_million,
        [
            _line("replay: the large table", "one minute", 60, unit="s"),
            _line("memory: replay of the large table", "10,000 rows (largest process)", 1.1),
        ],
    ),
    (
        replaying.backfill_memory,
        [_line("memory: backfill of 1,000,000 rows", "10,000 rows", 1.1)],
    ),
)


ON_SQLITE = frozenset(
    {
        "signup: time added by the model field",
        "worker: provider of 0 ms, prefork 2",
        "webhook",
    }
)
"""What is measured there as well: what writes, since SQLite has one writer at a time."""


def run(stand: Stand, options: Namespace) -> list[dict[str, Any]]:
    """Run what was asked for, print the table, and return it."""
    size = Size(rounds=options.rounds, share=options.share, large=options.large)
    plan = list(_planned(options.names, on_sqlite=stand.database is None))
    results: list[Result] = []
    start = time.monotonic()
    for place, (work, lines) in enumerate(plan, 1):
        _say(f"[{place}/{len(plan)}] {time.monotonic() - start:4.0f} s  {lines[0].name} ...")
        outcomes = _as_sequence(work(stand, size))
        found = [line.result(it) for line, it in zip(lines, outcomes, strict=True)]
        results += found
        _say("")
        sys.stdout.write("".join(f"{_told(result)}\n" for result in found))
        sys.stdout.flush()
    sys.stdout.write(f"{time.monotonic() - start:.0f} s in all.\n")
    return [result.as_json() for result in results]


def _planned(names: Sequence[str], *, on_sqlite: bool) -> Iterator[tuple[Run, Sequence[Line]]]:
    for work, lines in PLAN:
        if names and not any(name in line.name for line in lines for name in names):
            continue
        if not on_sqlite:
            yield work, lines
        elif lines[0].name in ON_SQLITE:
            yield work, [replace(line, name=f"{line.name} (SQLite)") for line in lines]


def _as_sequence(outcome: Any) -> Sequence[Outcome]:
    if isinstance(outcome, Outcome):
        return [outcome]
    return list(outcome.values()) if isinstance(outcome, Mapping) else list(outcome)


def _say(text: str) -> None:
    """Show what is being done, on a terminal, in a line that is written over."""
    if sys.stderr.isatty():
        width = shutil.get_terminal_size().columns - 1
        sys.stderr.write(f"\r\x1b[K{text[:width]}")
        sys.stderr.flush()
    elif text:
        sys.stderr.write(f"{text}\n")


def _told(result: Result) -> str:
    low, high = result.outcome.spread
    mark = "met   " if result.met else "MISSED"
    measured = f"{result.outcome.median:8.2f} ({low:.2f} to {high:.2f})"
    figures = "; ".join(f"{name} {value}" for name, value in result.outcome.figures.items())
    return f"{mark} {result.name:42} {measured:28} {result.goal!s:14} {figures}"


def machine(stand: Stand) -> str:
    """Return what it was measured on: the machine, and the versions of all that took part."""
    return ", ".join(_versions(stand))


def _versions(stand: Stand) -> Iterator[str]:
    yield f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    yield f"Python {platform.python_version()}"
    if stand.database is not None:
        number = connection.cursor().connection.info.server_version
        yield f"PostgreSQL {number // 10_000}.{number % 10_000}"
    yield f"SQLite {sqlite3.sqlite_version}"
    with stand.redis.client() as client:
        yield f"Redis {client.info('server')['redis_version']}"
    for name in ("Django", "celery", "psycopg", "redis", "gunicorn", "djangorestframework"):
        yield f"{name} {version(name)}"
