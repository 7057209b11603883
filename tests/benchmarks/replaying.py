"""Judging what is stored: against reading it, with and without writing, and how much memory."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from django.db import connections

from tests.benchmarks import large
from tests.benchmarks.measuring import Outcome, Size, in_turn, middle, same
from tests.benchmarks.models import PlainCustomer
from tests.benchmarks.stand import ROOT, Stand

BOTH_CORES = 2
"""Processes that share the large replays, as `--jobs` does by itself on two cores."""
FEW = 10_000
"""Rows of the run that needs as much memory as there are fixed costs."""
OTHER_WEIGHTS = {"toll_free": 10, "premium": 10}
"""Under these about one verdict of a hundred is another one."""


def judging(stand: Stand, size: Size) -> Outcome:
    """Compare judging stored records on both cores with only reading the same columns on one."""
    large.make(stand, size.large)
    count = min(size.of(200_000, 500), size.large)
    cases: dict[str, Callable[[], dict[str, Any]]] = {
        "judge": lambda: _run("judge", count, jobs=BOTH_CORES),
        "judge in one process": lambda: _run("judge", count),
        "read": lambda: _run("read", count),
    }
    given = in_turn(cases, size.rounds)
    for judged, read in zip(given["judge"], given["read"], strict=True):
        same("records", judged["records"], read["records"])
        told = judged["changed"] + judged["cannot_tell"]
        assert told < 0.1 * count, f"{judged}: this is not what the rules have made"
        assert read["flags"] > 0, "there was nothing to read"
    rates = {
        name: [run["records"] / run["seconds"] for run in runs] for name, runs in given.items()
    }
    values = [ours / theirs for ours, theirs in zip(rates["judge"], rates["read"], strict=True)]
    figures = {f"{name} records/s": middle(rate, 0) for name, rate in rates.items()}
    return Outcome(values=values, figures=figures)


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
    for turn in range(size.rounds):
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
    command = [sys.executable, "-m", "tests.benchmarks.judge", what, str(count)]
    run = subprocess.run(
        [*command, large.LARGE, json.dumps(weights or {}), str(jobs)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(run.stdout.splitlines()[-1])
    return found
