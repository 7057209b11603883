"""The counts of a lookup in the database, taken without a clock: ours, and the rival's."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg
from django.db import connection, connections
from django.test import override_settings

from number_insight.screening import worker
from number_insight.screening.batch import BATCH_SIZE
from tests.benchmarks import lookups, program, rival
from tests.benchmarks.measuring import Outcome, Size, middle
from tests.benchmarks.postgresql import RealPostgreSQL
from tests.benchmarks.program import PATIENCE
from tests.benchmarks.rival_http import NUMBER_INSIGHT
from tests.benchmarks.stand import Stand, asking

NAMES = ("statements", "commits", "fsyncs", "bytes")
SYNCS = {
    True: "SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal'",  # from PostgreSQL 18 on
    False: "SELECT wal_sync FROM pg_stat_wal",
}
DELAY = 0.01
"""Seconds of the provider, so that the answers of a batch arrive together, as they do in life."""

Counted = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """The counts of PostgreSQL so far."""

    commits: int
    fsyncs: int
    wal: int


def in_batches(stand: Stand, size: Size) -> list[Outcome]:
    """Count what a lookup in a batch of sixteen takes."""
    return _counted(stand, size, BATCH_SIZE, size.of(20, 2))


def alone(stand: Stand, size: Size) -> list[Outcome]:
    """Count what a lookup alone takes."""
    return _counted(stand, size, 1, size.of(60, 4))


def _counted(stand: Stand, size: Size, width: int, batches: int) -> list[Outcome]:
    """Count `batches` of `width` lookups; return statements, commits, fsyncs and WAL of one."""
    assert stand.database is not None
    database, count = stand.database, batches * width
    ours: list[Counted] = []
    theirs: list[Counted] = []
    with (
        stand.provider(DELAY) as provider,
        override_settings(NUMBER_INSIGHT=asking(provider.https)),
    ):
        _ours(lookups.queued(2 * width), width)  # what a process does once
        for _ in range(size.at_most(3)):
            ours.append(_one(database, count, lambda keys: _ours(keys, width)))
            job = lookups.job_of(stand, provider.https, NUMBER_INSIGHT, count, width)
            theirs.append(_one(database, count, partial(_rivals, job)))
    return [
        Outcome(
            values=[counted[name] for counted in ours],
            figures={"rival": middle([counted[name] for counted in theirs])},
        )
        for name in NAMES
    ]


def _one(database: RealPostgreSQL, count: int, work: Callable[[list[int]], int]) -> Counted:
    """Let `work` screen `count` records, and return its statements; return the counts for each."""
    keys = lookups.queued(count)
    connections.close_all()  # a backend tells of its last statements when it ends
    before = _books(database)
    statements = work(keys)
    connections.close_all()
    after = _books(database)
    lookups.check_work(keys)
    return {
        "statements": statements / count,
        "commits": (after.commits - before.commits) / count,
        "fsyncs": (after.fsyncs - before.fsyncs) / count,
        "bytes": (after.wal - before.wal) / count,
    }


def _books(database: RealPostgreSQL) -> Books:
    """Return the present counts, from a connection to another database."""
    name = connection.settings_dict["NAME"]
    with psycopg.connect(database.dsn, autocommit=True) as link:
        _await_no_backend(link, name)
        (wal,) = _row(link, "SELECT pg_current_wal_insert_lsn() - '0/0'")
        (fsyncs,) = _row(link, SYNCS[link.info.server_version >= 180_000])
        counted = "SELECT xact_commit FROM pg_stat_database WHERE datname = %s"
        (commits,) = _row(link, counted, name)
    return Books(commits=commits, fsyncs=int(fsyncs), wal=int(wal))


def _await_no_backend(link: psycopg.Connection[Any], name: str) -> None:
    running = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND backend_type = %s"
    deadline = time.monotonic() + PATIENCE
    while _row(link, running, name, "client backend") != (0,):
        assert time.monotonic() < deadline, f"somebody stays connected to {name}"
        time.sleep(0.01)


def _row(link: psycopg.Connection[Any], sql: str, *values: Any) -> tuple[Any, ...]:
    row = link.execute(sql, values or None).fetchone()  # type: ignore[call-overload]
    assert row is not None
    found: tuple[Any, ...] = row
    return found


def _ours(keys: list[int], width: int) -> int:
    """Screen records in batches in this process; return how many statements that took."""
    seen: list[str] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        seen.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        for key in keys[::width]:
            worker.screen(key, limit=width)
    return len(seen)


def _rivals(job: rival.Job, keys: list[int]) -> int:
    """Let the rival screen as many; return how many statements that took."""
    told = json.loads(program.output_of("rival", given=rival.as_text(job)))
    statements: int = told["statements"]
    return statements
