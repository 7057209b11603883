"""The sums for 10, 1,000 and 100,000 signups a minute, worked from the figures of the table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

RATES = (10, 1000, 100_000)
"""Signups a minute."""
ANSWER_SECONDS = 0.3
"""The time that a provider takes, as is usual for Advanced."""
PRICE = 0.03
"""EUR for a lookup."""
BATCHED_FROM = 1000
"""Signups a minute from which on a task finds others in the queue that it takes along."""
SIGNUP, COST = "signup: time added by the model field", "cost: a mixed population"
ALONE, BATCH = "worker: CPU of a lookup alone, https", "worker: CPU of a lookup in batches, https"
NOTHING = "not measured"

Row = Mapping[str, Any]


class Missing(LookupError):
    """A figure is missing, since its line was not measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The figures of a table, by line."""

    rows: Mapping[str, Row]

    def figure(self, line: str, name: str) -> float:
        """Return a figure of a line; raise `Missing` without one."""
        try:
            return float(self.rows[line]["figures"][name])
        except KeyError:
            raise Missing(line) from None

    def counted(self, what: str, rate: int) -> float:
        """Return the count of a lookup, in batches or alone."""
        how = "in batches" if rate >= BATCHED_FROM else "alone"
        ratio = self.rows.get(f"worker: {what} of a lookup {how}", {}).get("ratio")
        if ratio is None:
            raise Missing(what)
        return float(ratio)

    def lookups(self, rate: int) -> float:
        """Return the lookups a second, of a mixed population."""
        asked, signups = (self.figure(COST, name) for name in ("paid lookups", "signups"))
        return rate / 60 * asked / signups

    def added_ms(self) -> float:
        """Return the milliseconds that our field adds to a signup."""
        return self.figure(SIGNUP, "screened ms") - self.figure(SIGNUP, "plain ms")

    def cpu_ms(self, rate: int, name: str = "ours ms") -> float:
        """Return the worker's milliseconds of CPU for a lookup."""
        return self.figure(BATCH if rate >= BATCHED_FROM else ALONE, name)


Sum = Callable[[Figures, int], float]

SUMS: Sequence[tuple[str, Sum]] = (
    ("lookups a second", lambda f, rate: f.lookups(rate)),
    ("web: cores for our part", lambda f, rate: rate / 60 * f.added_ms() / 1000),
    ("calls in flight, at 300 ms each", lambda f, rate: f.lookups(rate) * ANSWER_SECONDS),
    ("workers: cores", lambda f, rate: f.lookups(rate) * f.cpu_ms(rate) / 1000),
    (
        "the rival's cores for the same",
        lambda f, rate: f.lookups(rate) * f.cpu_ms(rate, "rival ms") / 1000,
    ),
    (
        "PostgreSQL: cores for the lookups",
        lambda f, rate: f.lookups(rate) * f.cpu_ms(rate, "ours PostgreSQL ms") / 1000,
    ),
    (
        "PostgreSQL: statements a second",
        lambda f, rate: f.lookups(rate) * f.counted("statements", rate),
    ),
    ("PostgreSQL: commits a second", lambda f, rate: f.lookups(rate) * f.counted("commits", rate)),
    ("PostgreSQL: fsyncs a second", lambda f, rate: f.lookups(rate) * f.counted("fsyncs", rate)),
    (
        "PostgreSQL: WAL, MB a second",
        lambda f, rate: f.lookups(rate) * f.counted("WAL", rate) / 1e6,
    ),
    ("EUR a day, at 0.03 a lookup", lambda f, rate: f.lookups(rate) * 86_400 * PRICE),
)


def table(rows: Sequence[Row]) -> str:
    """Return the sums as a table in Markdown."""
    return "\n".join(_lines(Figures(rows={row["name"]: row for row in rows})))


def _lines(figures: Figures) -> Iterator[str]:
    yield "| signups a minute | " + " | ".join(f"{rate:,}" for rate in RATES) + " |"
    yield "|---|" + "---|" * len(RATES)
    for name, work in SUMS:
        yield f"| {name} | " + " | ".join(_told(figures, work, rate) for rate in RATES) + " |"


def _told(figures: Figures, work: Sum, rate: int) -> str:
    try:
        value = work(figures, rate)
    except Missing:
        return NOTHING
    if value >= 100:
        return f"{round(value, 1 - int(math.log10(value)) + 1):,.0f}"
    return f"{value:.2g}"
