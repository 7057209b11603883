"""Judges, reads, applies or backfills in a process of its own, and prints what it took as JSON.

``python -m tests.benchmarks.judge judge|read|apply|backfill COUNT DATABASE WEIGHTS JOBS``
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from typing import Any

import django


def main(what: str, count: int, weights: dict[str, int], jobs: int = 1) -> dict[str, Any]:
    """Do `what` with `count` records; return seconds, CPU, the peak of memory and what was found.

    The peak is that of the largest process, the CPU of this one; `jobs` of them share a replay.
    """
    work = {"judge": _judge, "read": _read, "apply": _apply, "backfill": _backfill}[what]
    start, used = time.perf_counter(), time.process_time()
    found = work(count, weights, jobs)
    seconds, cpu = time.perf_counter() - start, time.process_time() - used
    both = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    peak = max(resource.getrusage(who).ru_maxrss for who in both)
    return {**found, "seconds": seconds, "cpu": cpu, "peak": peak}


def _judge(count: int, weights: dict[str, int], jobs: int, apply: bool = False) -> dict[str, Any]:
    from number_insight.replay import report, rulesets, run, stored  # noqa: PLC0415

    rules = json.dumps({"WEIGHTS": weights})
    rows = stored.head(stored.settled(), count)
    if jobs > 1:
        parts = run.share(rules, rows, jobs=jobs, apply=apply)
    else:
        parts = run.replay(rulesets.read(rules), rows, apply=apply)
    tally = report.Tally()
    for part in parts:
        tally.add(part)
    assert sum(tally.matrix.values()) + tally.cannot_tell == tally.records
    return {
        "records": tally.records,
        "changed": tally.changed,
        "cannot_tell": tally.cannot_tell,
        "written": tally.written,
    }


def _apply(count: int, weights: dict[str, int], jobs: int) -> dict[str, Any]:
    return _judge(count, weights, jobs, apply=True)


def _read(count: int, _weights: dict[str, int], _jobs: int) -> dict[str, Any]:
    """Read the columns that a replay reads, in two streams and in one process."""
    from number_insight.models import RiskFlag  # noqa: PLC0415
    from number_insight.replay.stored import COLUMNS, settled  # noqa: PLC0415

    records, last = 0, 0
    for row in settled().values_list(*COLUMNS)[:count].iterator():
        records, last = records + 1, row[0]
    columns = ("record_id", "code", "group", "weight", "counted", "shadow", "message", "evidence")
    flags = sum(
        1 for _ in RiskFlag.objects.filter(record__lte=last).values_list(*columns).iterator()
    )
    return {"records": records, "flags": flags}


def _backfill(count: int, _weights: dict[str, int], _jobs: int) -> dict[str, Any]:
    from django.core.management import call_command  # noqa: PLC0415

    from number_insight.models import NumberInsightRecord  # noqa: PLC0415

    path = "benchmarks.PlainCustomer.phone"
    ours = NumberInsightRecord.objects.filter(field=path)
    ours._raw_delete(ours.db)  # in one statement, since cascading would load them
    with open(os.devnull, "w") as nothing:
        call_command("number_insight_backfill", path, stdout=nothing, stderr=nothing)
    records = ours.count()
    return {"records": records}


if __name__ == "__main__":
    task, number, database, weighing, shared = sys.argv[1:]
    os.environ["NI_TEST_DATABASE_NAME"] = database
    django.setup()
    told = main(task, int(number), json.loads(weighing), int(shared))
    sys.stdout.write(json.dumps(told) + "\n")
