"""The lines of the table, in the order in which they are measured. Their names stay."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from tests.benchmarks import (
    admin_pages,
    admin_rows,
    cost,
    counts,
    crowd,
    overview,
    replaying,
    signup,
    webhook,
    worker,
)
from tests.benchmarks.measuring import Goal, Line, Size
from tests.benchmarks.rival_http import IDENTITY
from tests.benchmarks.stand import Stand


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Lines that are measured together, by one function."""

    work: Callable[[Stand, Size], Any]
    lines: Sequence[Line]
    on_sqlite: bool = False
    """Whether it is measured there as well: what writes, since SQLite has one writer at a time."""


def _at_most(name: str, against: str, value: float, unit: str = "") -> Line:
    return Line(name=name, against=against, goal=Goal(value=value, unit=unit))


def _at_least(name: str, against: str, value: float) -> Line:
    return Line(name=name, against=against, goal=Goal(value=value, at_least=True))


def _part(work: Callable[[Stand, Size], Any], *lines: Line, on_sqlite: bool = False) -> Part:
    return Part(work=work, lines=lines, on_sqlite=on_sqlite)


SIGNUP = (
    _part(
        signup.added_by_the_field,
        _at_most(
            "signup: time added by the model field", "record + on_commit + delay by hand", 1.15
        ),
        on_sqlite=True,
    ),
    _part(
        signup.broker_refused,
        _at_most("signup: broker refused, the slowest", "broker up", 20, "ms more"),
    ),
    _part(
        signup.broker_hung,
        _at_most("signup: broker hung, the first", "RING_TIMEOUT", 1.1),
        _at_most("signup: broker hung, the slowest after it", "broker up", 20, "ms more"),
    ),
    _part(
        crowd.many_clients,
        _at_most("signup: 50 clients, p99", "plain form", 1.2),
        _at_most("signup: 50 clients, p99, broker killed midway", "plain form", 1.2),
        _at_most("signup: 50 clients, p99, broker hung midway", "plain form", 1.2),
    ),
)
WORKER = (
    _part(
        worker.batches,
        _at_least("worker: prefork 4, https, 150 ms, 2,000 records", "rival, 64 in flight", 0.5),
        _at_most("worker: CPU of a lookup in batches, https", "rival", 6),
        _at_most("worker: CPU of a lookup, https against http", "http", 1.3),
    ),
    _part(
        worker.alone,
        _at_most("worker: CPU of a lookup alone, https", "rival", 7),
    ),
    _part(
        partial(worker.batches, api=IDENTITY),
        _at_least("identity: prefork 4, https, 150 ms, 2,000 records", "rival, 64 in flight", 0.5),
        _at_most("identity: CPU of a lookup in batches, https", "rival", 6),
        _at_most("identity: CPU of a lookup, https against http", "http", 1.3),
    ),
    _part(
        partial(worker.alone, api=IDENTITY),
        _at_most("identity: CPU of a lookup alone, https", "rival", 7),
    ),
    _part(
        worker.bounded,
        _at_most("worker: CPU under default LIMITS and a BUDGET", "neither", 1.25),
    ),
    _part(
        counts.in_batches,
        _at_most("worker: statements of a lookup in batches", "counted", 2, "each"),
        _at_most("worker: commits of a lookup in batches", "counted", 0.3, "each"),
        _at_most("worker: fsyncs of a lookup in batches", "counted", 0.3, "each"),
        _at_most("worker: WAL of a lookup in batches", "counted", 8600, "bytes each"),
    ),
    _part(
        counts.alone,
        _at_most("worker: statements of a lookup alone", "counted", 30, "each"),
        _at_most("worker: commits of a lookup alone", "counted", 4.1, "each"),
        _at_most("worker: fsyncs of a lookup alone", "counted", 3, "each"),
        _at_most("worker: WAL of a lookup alone", "counted", 8800, "bytes each"),
    ),
)
WEBHOOK = (
    _part(
        webhook.in_process,
        _at_least("webhook: CPU in process", "plain view with the same writes", 0.8),
        on_sqlite=True,
    ),
)
COST = (
    _part(
        cost.of_a_thousand,
        _at_most("cost: a mixed population", "always Advanced, no memory", 0.6),
    ),
)
ADMIN = (
    _part(
        admin_pages.pages,
        _at_most("admin: list of the large table", "a page's worth of records", 1.2),
        _at_most("admin: filter of the large table", "a page's worth of records", 1.2),
        _at_most("admin: search in the large table", "a page's worth of records", 1.2),
        _at_most("admin: queries of the list", "bare ModelAdmin", 5, "more"),
    ),
    _part(
        admin_rows.rows,
        _at_most("admin: CPU of a row of our list", "row of the stock list", 0.85),
        _at_most("admin: buffers of the list of the large table", "64 records", 1.2),
    ),
    _part(
        overview.pages,
        _at_most("admin: desk at 1,000,000 records", "1,000 records", 1.2),
        _at_most("admin: queries of the desk", "counted", 15, "queries"),
        _at_most("admin: overview at 1,000,000 records", "1,000 records", 1.2),
        _at_most("admin: queries of the overview", "counted", 15, "queries"),
        _at_most("admin: overview over a year of tallies", "over 30 days", 2),
    ),
)
REPLAY = (
    _part(
        replaying.judging,
        _at_most("replay: CPU of judging a record", "reading the same columns", 3),
        _at_least("replay: two processes", "one process", 1.7),
    ),
    _part(
        replaying.applying,
        _at_most("replay: 1 % of verdicts written", "nothing written", 1.3),
    ),
    _part(
        replaying.a_million,
        _at_most("replay: 1,000,000 records", "two minutes on two cores", 120, "s"),
        _at_most("memory: replay of the large table", "10,000 rows (largest process)", 1.1),
    ),
    _part(
        replaying.backfill_memory,
        _at_most("memory: backfill of 1,000,000 rows", "10,000 rows", 1.1),
    ),
)
PLAN: Sequence[Part] = (*SIGNUP, *WORKER, *WEBHOOK, *COST, *ADMIN, *REPLAY)


def planned(words: Sequence[str], *, on_sqlite: bool) -> Iterator[Part]:
    """Yield the parts that have one of `words` in a name, all without any; or those on SQLite."""
    for part in PLAN:
        lines = [replace(line, name=f"{line.name} (SQLite)") for line in part.lines]
        told = replace(part, lines=lines) if on_sqlite else part
        if (part.on_sqlite or not on_sqlite) and _is_named(told, words):
            yield told


def _is_named(part: Part, words: Sequence[str]) -> bool:
    return not words or any(word in line.name for line in part.lines for word in words)


def lines() -> list[Line]:
    """Return all lines of the whole table."""
    both = [*planned([], on_sqlite=False), *planned([], on_sqlite=True)]
    return [line for part in both for line in part.lines]
