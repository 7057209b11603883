"""The report of a replay: an outcome for each record, and their sum."""

from __future__ import annotations

import heapq
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from number_insight.models.choices import Basis
from number_insight.replay.stored import StoredCase
from number_insight.rules.scoring import Flag, Judgement
from number_insight.verdicts import recording

MOST_AFFECTED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The judgement of other rules on one record; without one, `why` it cannot be told."""

    case: StoredCase
    judgement: Judgement | None = None
    verdict: str = ""
    why: str = ""

    @property
    def is_changed(self) -> bool:
        return self.judgement is not None and self.verdict != self.case.record.verdict

    @property
    def flags(self) -> tuple[Flag, ...]:
        """The flags as they are stored."""
        assert self.judgement is not None
        record = self.case.record
        if not self.judgement.flags and record.basis != Basis.COUNTRY:
            return ()
        return tuple(recording.stored(record, self.verdict, self.judgement.flags))


@dataclass(slots=True, kw_only=True)
class Tally:
    """A sum of outcomes; `written` counts the records that `--apply` has changed."""

    records: int = 0
    cannot_tell: int = 0
    written: int = 0
    matrix: Counter[tuple[str, str]] = field(default_factory=Counter)
    fired_before: Counter[str] = field(default_factory=Counter)
    fired_now: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    most_affected: list[tuple[int, int, str]] = field(default_factory=list)

    @property
    def changed(self) -> int:
        return sum(count for (before, now), count in self.matrix.items() if before != now)

    def as_json(self) -> dict[str, Any]:
        """Return the documented JSON form."""
        return {
            "records": self.records,
            "changed": self.changed,
            "matrix": {f"{old}->{new}": n for (old, new), n in sorted(self.matrix.items())},
            "cannot_tell": self.cannot_tell,
        }

    def count(self, outcome: Outcome) -> None:
        """Count one record."""
        self.records += 1
        record, judgement = outcome.case.record, outcome.judgement
        if judgement is None:
            self.cannot_tell += 1
            self.reasons[outcome.why] += 1
            return
        self.matrix[record.verdict, outcome.verdict] += 1
        self.fired_before.update({flag.code for flag in outcome.case.flags})
        self.fired_now.update(judgement.codes)
        if judgement.score != record.score or outcome.is_changed:
            told = f"{record.verdict} ({record.score}) -> {outcome.verdict} ({judgement.score})"
            change = abs(judgement.score - record.score)
            self._affected([(change, -record.pk, f"record {record.pk}: {told}")])

    def add(self, other: Tally) -> None:
        """Add the tally of other records."""
        self.records += other.records
        self.cannot_tell += other.cannot_tell
        self.written += other.written
        self.matrix.update(other.matrix)
        self.fired_before.update(other.fired_before)
        self.fired_now.update(other.fired_now)
        self.reasons.update(other.reasons)
        self._affected(other.most_affected)

    def _affected(self, records: list[tuple[int, int, str]]) -> None:
        self.most_affected = heapq.nlargest(MOST_AFFECTED, [*self.most_affected, *records])
