"""Rounds, ratios and goals: what a measurement is, and when it is good enough."""

from __future__ import annotations

import random
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


class DifferentWork(AssertionError):
    """The two sides did not do the same work, so their times say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A bound for the median: at most or at least `value`, in `unit` (empty: a ratio)."""

    value: float
    at_least: bool = False
    unit: str = ""

    def is_met(self, median: float) -> bool:
        return median >= self.value if self.at_least else median <= self.value

    def __str__(self) -> str:
        sign = ">=" if self.at_least else "<="
        return f"{sign} {self.value:g} {self.unit}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the rounds of one benchmark gave: one value a round, and figures to explain it."""

    values: Sequence[float]
    figures: Mapping[str, Any] = field(default_factory=dict)

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        """The lowest and the highest round."""
        return min(self.values), max(self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of the table before it is measured."""

    name: str
    against: str
    goal: Goal


@dataclass(frozen=True, slots=True, kw_only=True)
class Idle:
    """The share of the machine that nobody but the benchmark used, before a line and beside it."""

    before: float
    beside: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One line of the table: its outcome, or the reason why there is none."""

    line: Line
    outcome: Outcome | None = None
    failure: str = ""
    idle: Idle | None = None

    @property
    def met(self) -> bool:
        return self.outcome is not None and self.line.goal.is_met(self.outcome.median)

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.line.name,
            "against": self.line.against,
            **self._measured(),
            "goal": str(self.line.goal),
            "met": self.met,
            "idle": [round(self.idle.before, 3), round(self.idle.beside, 3)] if self.idle else None,
            "failure": self.failure,
        }

    def _measured(self) -> dict[str, Any]:
        if self.outcome is None:
            return {"ratio": None, "spread": None, "rounds": 0, "figures": {}}
        return {
            "ratio": round(self.outcome.median, 3),
            "spread": [round(value, 3) for value in self.outcome.spread],
            "rounds": len(self.outcome.values),
            "figures": dict(self.outcome.figures),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much is done: `rounds`, the `share` of the usual work, and the rows of a large table."""

    rounds: int = 9
    share: float = 1.0
    large: int = 1_000_000

    def of(self, usual: int, least: int = 4) -> int:
        """Return how many of `usual` things are done."""
        return max(least, round(usual * self.share))

    def at_most(self, rounds: int) -> int:
        """Return the rounds of a benchmark for whose long rounds fewer are enough."""
        return min(self.rounds, rounds)


def in_turn(cases: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, list[Any]]:
    """Run every case once a round, in an order that is shuffled anew; return what each gave."""
    given: dict[str, list[Any]] = {name: [] for name in cases}
    order = list(cases)
    for _ in range(rounds):
        random.shuffle(order)
        for name in order:
            given[name].append(cases[name]())
    return given


def compared(
    ours: Sequence[float], theirs: Sequence[float], figures: Mapping[str, Any] | None = None
) -> Outcome:
    """Return the ratio of ours to theirs in each round."""
    values = [one / other for one, other in zip(ours, theirs, strict=True)]
    return Outcome(values=values, figures=figures or {})


def same(what: str, ours: object, theirs: object) -> None:
    """Raise `DifferentWork` unless both sides report the same of `what`."""
    if ours != theirs:
        raise DifferentWork(f"{what}: ours {ours!r}, theirs {theirs!r}")


def middle(values: Sequence[float], digits: int = 2) -> float:
    """Return the median, rounded for the table."""
    return round(statistics.median(values), digits)
