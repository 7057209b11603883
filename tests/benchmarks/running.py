"""Runs the benchmarks one after the other, and prints the table; one that fails stops no other."""

from __future__ import annotations

import sys
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connections

from tests.benchmarks import load
from tests.benchmarks.measuring import Idle, Outcome, Result, Size
from tests.benchmarks.plan import Part
from tests.benchmarks.stand import Stand

QUIET_WITHIN = 60.0
"""Seconds for which a line waits for a machine that is busy with other things."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """How the parts are run: `wants_quiet` waits for a quiet machine, and measures once more."""

    size: Size
    wants_quiet: bool


def run(stand: Stand, parts: Sequence[Part], conditions: Conditions) -> list[Result]:
    """Run the parts, print their lines, and return them."""
    results: list[Result] = []
    start = time.monotonic()
    for place, part in enumerate(parts, 1):
        passed = f"{time.monotonic() - start:5.0f} s"
        _say(f"[{place}/{len(parts)}] {passed}  {part.lines[0].name} ...")
        found = _measured(stand, part, conditions)
        results += found
        sys.stdout.write("".join(f"{_told(result)}\n" for result in found))
        sys.stdout.flush()
    sys.stdout.write(f"{time.monotonic() - start:.0f} s in all.\n")
    return results


def _measured(stand: Stand, part: Part, conditions: Conditions) -> list[Result]:
    """Run one part, and once more if other load disturbed it and a quiet machine is wanted."""
    found = _run(stand, part, conditions)
    if conditions.wants_quiet and any(is_disturbed(result) for result in found):
        _say("  beside other load; once more")
        return _run(stand, part, conditions)
    return found


def is_disturbed(result: Result) -> bool:
    """Return whether something else than the benchmarks used the machine, before or beside."""
    idle = result.idle
    return idle is not None and min(idle.before, idle.beside) < load.LEAST_IDLE


def _run(stand: Stand, part: Part, conditions: Conditions) -> list[Result]:
    before = load.await_quiet(QUIET_WITHIN) if conditions.wants_quiet else load.glance(0.2)
    reading, outcomes, failure = load.read(), [], ""
    try:
        stand.clear()
        outcomes = _as_sequence(part.work(stand, conditions.size))
    except Exception as error:  # the others still have to be measured
        traceback.print_exc()
        failure = _in_a_line(error)
    finally:
        connections.close_all()
    idle = Idle(before=before, beside=load.idle_share(reading))
    if failure:
        return [Result(line=line, failure=failure, idle=idle) for line in part.lines]
    return [
        Result(line=line, outcome=outcome, idle=idle)
        for line, outcome in zip(part.lines, outcomes, strict=True)
    ]


def _as_sequence(outcome: Any) -> Sequence[Outcome]:
    if isinstance(outcome, Outcome):
        return [outcome]
    return list(outcome.values()) if isinstance(outcome, Mapping) else list(outcome)


def _in_a_line(error: Exception) -> str:
    text = " ".join(f"{type(error).__name__}: {error}".split()).replace("|", "/")
    return text if len(text) <= 200 else f"{text[:199]}…"


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _told(result: Result) -> str:
    return "  ".join(_cells(result))


def _cells(result: Result) -> Iterator[str]:
    if result.outcome is None:
        yield f"FAILED {result.line.name:50} {result.failure}"
        return
    low, high = result.outcome.spread
    yield "met   " if result.met else "MISSED"
    yield f"{result.line.name:50}"
    yield f"{result.outcome.median:8.2f} ({low:.2f} to {high:.2f})".ljust(28)
    yield f"{result.line.goal!s:14}"
    if result.idle is not None:
        yield f"idle {result.idle.before:.0%}, {result.idle.beside:.0%}"
    yield "; ".join(f"{name} {value}" for name, value in result.outcome.figures.items())
