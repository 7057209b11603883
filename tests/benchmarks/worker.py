"""How many lookups a worker gets through, against what the provider or the machine allows."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

from number_insight.models import Lookup, NumberInsightRecord, RiskFlag
from number_insight.screening.batch import BATCH_SIZE
from number_insight.screening.bell import bell
from tests.benchmarks.measuring import Outcome, Size, in_turn, middle, same
from tests.benchmarks.numbers import fresh_numbers
from tests.benchmarks.stand import PATIENCE, ROOT, Stand, as_environment

THREADS, DELAY = 32, 0.15
BATCH = BATCH_SIZE


def many_threads(stand: Stand, size: Size) -> Outcome:
    """Compare a worker of 32 threads with 32 calls in 150 ms, which is all that can be."""
    limit = THREADS / DELAY
    with (
        stand.sandbox(DELAY) as asked,
        stand.worker("threads", THREADS, **as_environment(asked)),
    ):
        _screen(2 * THREADS)
        count, url = size.of(480, THREADS * 4), _url(asked)
        given = in_turn(
            {"ours": lambda: _screen(count, THREADS), "bare": lambda: _bare(count, url, THREADS)},
            size.rounds,
        )
    # What bare threads come to shows how much of the limit this machine has room for.
    figures = {f"{name} lookups/s": middle(rates, 0) for name, rates in given.items()}
    figures["limit/s"] = round(limit)
    return Outcome(values=[rate / limit for rate in given["ours"]], figures=figures)


def two_processes(stand: Stand, size: Size) -> Outcome:
    """Compare a worker of two processes with the same calls and writes in two bare threads."""
    count = size.of(240, 40)
    with (
        stand.sandbox() as asked,
        stand.worker("prefork", 2, **as_environment(asked)),
    ):
        _screen(40)
        cases: dict[str, Callable[[], float]] = {
            "ours": lambda: _screen(count, BATCH),
            "bare": lambda: _bare(count, _url(asked), 2),
        }
        given = in_turn(cases, size.rounds)
    values = [ours / bare for ours, bare in zip(given["ours"], given["bare"], strict=True)]
    return Outcome(
        values=values,
        figures={f"{name} lookups/s": middle(rates, 0) for name, rates in given.items()},
    )


def _screen(count: int, width: int = 1) -> float:
    """Let the worker screen `count` records that are rung for at once; return how many a second.

    The first and the last `width` are left out: a pool that fills or empties is not at work. What
    is saved together has one time, so there have to be many more than one task takes.
    """
    records = _records(count)
    for record in records:
        bell.ring(record.pk, may_wait=True)
    keys = [record.pk for record in records]
    _wait_for(keys)
    _check_work(keys)
    rows = NumberInsightRecord.objects.filter(pk__in=keys).order_by("screened_at")
    times = list(rows.values_list("screened_at", flat=True))[width : -width or None]
    return (len(times) - 1) / (times[-1] - times[0]).total_seconds()


def _records(count: int, state: str = "queued") -> list[NumberInsightRecord]:
    return NumberInsightRecord.objects.bulk_create(
        NumberInsightRecord(number=number, level="advanced", source="api", state=state)
        for number in islice(fresh_numbers(), count)
    )


def _wait_for(keys: Sequence[int]) -> None:
    """Return when all are judged and told."""
    rows = NumberInsightRecord.objects.filter(pk__in=keys)
    deadline = time.monotonic() + PATIENCE
    while rows.filter(announced_verdict="pending").exists():
        if time.monotonic() > deadline:
            raise TimeoutError(list(rows.values_list("state", "note", "lookup__error")[:5]))
        time.sleep(0.05)


def _check_work(keys: Sequence[int]) -> None:
    """See that each number was asked once, was paid for, and got its answer on its record."""
    rows = NumberInsightRecord.objects.filter(pk__in=keys)
    lookups = Lookup.objects.filter(records__in=keys, state="answered", reserved=0, attempts=1)
    same("answered lookups", lookups.count(), len(keys))
    same("records", rows.filter(state="screened", line_type="mobile").count(), len(keys))
    same("paid", {record.cost for record in rows}, {lookup.price for lookup in lookups})


def _url(asked: dict[str, Any]) -> str:
    url: str = asked["PROVIDERS"]["default"]["OPTIONS"]["base_url"]
    return url


def _bare(count: int, url: str, threads: int) -> float:
    """Do the calls and writes for `count` records by hand; return how many a second it did."""
    # Not in the queue, where our worker would take them along.
    records = _records(count, state="waiting")
    keys = [record.pk for record in records]
    command = [sys.executable, "-m", "tests.benchmarks.bare", url, str(threads), *map(str, keys)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    _check_work(keys)
    same("flags", RiskFlag.objects.filter(record__in=keys).count(), 0)
    return float(run.stdout)
