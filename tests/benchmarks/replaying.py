"""Judging what is stored: against reading it, with and without writing, and how much memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.db import connections

from tests.benchmarks import large, program
from tests.benchmarks.measuring import Outcome, Size, compared, in_turn, middle, same
from tests.benchmarks.models import PlainCustomer
from tests.benchmarks.stand import Stand

BOTH_CORES = 2
"""Processes that share the large replays, as `--jobs` does by itself on two cores."""
FEW = 10_000
"""Rows of the run that needs as much memory as there are fixed costs."""
OTHER_WEIGHTS = {"toll_free": 10, "premium": 10}
"""Under these about one verdict of a hundred is another one."""


def judging(stand: Stand, size: Size) -> tuple[Outcome, Outcome]:
    """Compare the CPU of judging with that of reading, and two processes with one.

    PostgreSQL's part counts on both sides: reading is mostly its work.
    """
    large.make(stand, size.large)
    count = min(size.of(100_000, 500), size.large)
    cases: dict[str, Callable[[], dict[str, Any]]] = {
        "two": lambda: _run("judge", count, jobs=BOTH_CORES),
        "one": lambda: _with_database(stand, "judge", count),
        "read": lambda: _with_database(stand, "read", count),
    }
    given = in_turn(cases, size.at_most(5))
    for judged, read in zip(given["one"], given["read"], strict=True):
        _check(judged, read, count)
    figures = {
        f"{name} {what} us": middle([1e6 * run[what] / count for run in given[name]], 0)
        for name in ("one", "read")
        for what in ("cpu", "database")
    }
    whole = {
        name: [run["cpu"] + run["database"] for run in given[name]] for name in ("one", "read")
    }
    rates = {name: [count / run["seconds"] for run in given[name]] for name in ("two", "one")}
    return (
        compared(whole["one"], whole["read"], figures),
        compared(
            rates["two"],
            rates["one"],
            {f"{name} records/s": middle(rates[name], 0) for name in rates},
        ),
    )


def _with_database(stand: Stand, what: str, count: int) -> dict[str, Any]:
    """Run one process; return the CPU seconds of PostgreSQL besides."""
    before = stand.database_cpu
    found = _run(what, count)
    return {**found, "database": stand.database_cpu - before}


def _check(judged: dict[str, Any], read: dict[str, Any], count: int) -> None:
    same("records", judged["records"], read["records"])
    told = judged["changed"] + judged["cannot_tell"]
    assert told < 0.1 * count, f"{judged}: this is not what the rules have made"
    assert read["flags"] > 0, "there was nothing to read"


def a_million(stand: Stand, size: Size) -> tuple[Outcome, Outcome]:
    """Return the seconds for judging the large table, and the memory against a small run."""
    large.make(stand, size.large)
    whole = _run("judge", size.large, jobs=BOTH_CORES)
    few = _run("judge", min(FEW, size.large), jobs=BOTH_CORES)
    same("records", whole["records"], size.large)
    figures = {"MiB": round(whole["peak"] / 1024), "MiB of 10,000": round(few["peak"] / 1024)}
    memory = Outcome(values=[whole["peak"] / few["peak"]], figures=figures)
    return Outcome(values=[whole["seconds"]]), memory


def applying(stand: Stand, size: Size) -> Outcome:
    """Compare a replay that writes one verdict of a hundred with one that writes none."""
    large.make(stand, size.large)
    count = size.of(20_000, 1000)
    values, shares = [], []
    for turn in range(size.at_most(6)):
        weights = {} if turn % 2 else OTHER_WEIGHTS
        dry = _run("judge", count, weights=weights)
        wet = _run("apply", count, weights=weights)
        same("verdicts that change", wet["changed"], dry["changed"])
        assert wet["written"] > 0, "nothing was written"
        values.append(wet["seconds"] / dry["seconds"])
        shares.append(100 * wet["written"] / count)
    return Outcome(values=values, figures={"written %": middle(shares)})


def backfill_memory(stand: Stand, size: Size) -> Outcome:
    """Compare the memory of a backfill of many rows with that of one of few."""
    large.make(stand, size.large)
    many = size.of(1_000_000, 2000)
    peaks = []
    for count in (min(FEW, many), many):
        _customers(count)
        run = _run("backfill", count)
        same("records", run["records"], count)
        peaks.append(run["peak"])
    figures = {"MiB": round(peaks[1] / 1024), "rows": many, "seconds": round(run["seconds"])}
    return Outcome(values=[peaks[1] / peaks[0]], figures=figures)


def _customers(count: int) -> None:
    """Let there be `count` customers whom nobody has screened."""
    link = connections[large.LARGE]
    with link.cursor() as cursor:
        cursor.execute("TRUNCATE benchmarks_plaincustomer")
        cursor.execute(
            "INSERT INTO benchmarks_plaincustomer (name, email, phone) "
            "SELECT 'Ada', 'ada@example.com', '+4670' || lpad(n::text, 7, '0') "
            "FROM generate_series(1, %s) n",
            [count],
        )
    link.close()
    assert PlainCustomer.objects.using(large.LARGE).count() == count
    link.close()


def _run(
    what: str, count: int, weights: dict[str, int] | None = None, jobs: int = 1
) -> dict[str, Any]:
    """Run `tests.benchmarks.judge` on the large database in a process of its own."""
    arguments = (what, str(count), large.LARGE, json.dumps(weights or {}), str(jobs))
    found: dict[str, Any] = json.loads(program.output_of("judge", *arguments).splitlines()[-1])
    return found
