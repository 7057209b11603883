"""Replay: stored records judged under other rules. Nothing is bought, and nobody is told."""

from __future__ import annotations

import heapq
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import QuerySet

from number_insight import judging, keeping, rule_faults, rules_in_force
from number_insight.choices import Basis, Decision
from number_insight.hindsight import Hindsight
from number_insight.models import NumberInsightRecord, RiskFlag
from number_insight.replay.judge import CannotTell, Rehearsal
from number_insight.replay.rulesets import RuleSet
from number_insight.replay.stored import Case, Row, batches
from number_insight.rules.base import COSTLY
from number_insight.verdict import Flag, Judgement, severer

BATCH = 1000
"""Records that are judged, and written, in one go."""
MOST_AFFECTED = 10
ERASED = "(erased)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What other rules make of one record; without a judgement it cannot be told, and `why`."""

    record: Row
    case: Case | None = None
    judgement: Judgement | None = None
    verdict: str = ""
    why: str = ""

    @property
    def is_changed(self) -> bool:
        return self.judgement is not None and self.verdict != self.record.verdict

    @property
    def flags(self) -> tuple[Flag, ...]:
        """The flags as they are kept."""
        assert self.judgement is not None
        if not self.judgement.flags and self.record.basis != Basis.COUNTRY:
            return ()
        row = NumberInsightRecord(country=self.record.country)
        extra = keeping.extra_flags(row, self.record.basis)
        return tuple(keeping.kept((*self.judgement.flags, *extra)))


@dataclass(slots=True, kw_only=True)
class Tally:
    """What a replay has come to so far."""

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

    def add(self, outcome: Outcome) -> None:
        """Count one record."""
        self.records += 1
        if outcome.judgement is None or outcome.case is None:
            self.cannot_tell += 1
            self.reasons[outcome.why] += 1
            return
        record, judgement = outcome.record, outcome.judgement
        self.matrix[record.verdict, outcome.verdict] += 1
        if outcome.case.flags:
            self.fired_before.update({flag.code for flag in outcome.case.flags})
        if judgement.flags:
            self.fired_now.update(judgement.codes)
        change = judgement.score - record.score
        if change or outcome.is_changed:
            self._affected(abs(change), record, outcome, judgement.score)

    def take_in(self, other: Tally) -> None:
        """Add what another process has counted."""
        self.records += other.records
        self.cannot_tell += other.cannot_tell
        self.written += other.written
        self.matrix.update(other.matrix)
        self.fired_before.update(other.fired_before)
        self.fired_now.update(other.fired_now)
        self.reasons.update(other.reasons)
        self.most_affected = heapq.nlargest(
            MOST_AFFECTED, (*self.most_affected, *other.most_affected)
        )
        heapq.heapify(self.most_affected)

    def _affected(self, change: int, record: Any, outcome: Outcome, score: int) -> None:
        told = f"record {record.pk}: {record.verdict} ({record.score}) -> "
        told += f"{outcome.verdict} ({score})"
        heapq.heappush(self.most_affected, (change, -record.pk, told))
        if len(self.most_affected) > MOST_AFFECTED:
            heapq.heappop(self.most_affected)


def replay(
    rule_set: RuleSet,
    rows: QuerySet[Any],
    tally: Tally,
    *,
    apply: bool = False,
    limit: int | None = None,
    batch: int = BATCH,
) -> Iterator[int]:
    """Judge `rows` under `rule_set` into `tally`, batch by batch; yield how many were judged.

    With `apply` the new verdicts, scores and flags are written, each batch in a transaction of
    its own. Whoever stops in between loses nothing: a second run finds the rest, since what is
    written already does not differ any more. A decision is never touched. Receivers are told
    nothing, so that no account is touched because of rules that came later.
    """
    judging_room = _Room(rule_set)
    for cases in batches(rows, batch, limit):
        outcomes = list(judging_room.outcomes(cases))
        for outcome in outcomes:
            tally.add(outcome)
        if apply:
            tally.written += write(rule_set, outcomes)
        yield len(outcomes)


class _Room:
    """Judges batches of cases, one after the other."""

    def __init__(self, rule_set: RuleSet) -> None:
        reads = [COSTLY if rule.reads is None else rule.reads for rule in rule_set.rules]
        self._hindsight = Hindsight(frozenset().union(*reads))
        shadowed = rule_faults.shadowed(rule_faults.known())
        self._rehearsal = Rehearsal(rule_set, shadowed)

    def outcomes(self, cases: Sequence[Case | Row]) -> Iterator[Outcome]:
        self._hindsight.look_at([case.record for case in cases if isinstance(case, Case)])
        for case in cases:
            if isinstance(case, Case):
                yield self._outcome(case)
            else:
                yield Outcome(record=case, why=ERASED)

    def _outcome(self, case: Case) -> Outcome:
        try:
            signup = self._hindsight.signup_of(case.record, case.shared.insight)
            judgement = self._rehearsal.judge(case, signup)
        except CannotTell as unknown:
            return Outcome(record=case.record, case=case, why=str(unknown))
        return Outcome(
            record=case.record,
            case=case,
            judgement=judgement,
            verdict=severer(judgement.verdict, judging.least(case.record.basis)),
        )


def write(rule_set: RuleSet, outcomes: Iterable[Outcome]) -> int:
    """Write what differs of `outcomes`, in one transaction; return how many records differed."""
    rules_in_force.remember(rule_set.rules)
    changes: dict[_Change, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if _differs(outcome):
            changes[_change(outcome)].append(outcome)
    if not changes:
        return 0
    key = rules_in_force.key_of(rule_set.rules)
    with transaction.atomic():
        written = [it for change, those in changes.items() for it in _rewrite(change, those, key)]
        RiskFlag.objects.filter(record__in=[it.record.pk for it in written]).delete()
        RiskFlag.objects.bulk_create(
            keeping.row_of(it.record.pk, flag) for it in written for flag in it.flags
        )
    return len(written)


def _differs(outcome: Outcome) -> bool:
    if outcome.judgement is None or outcome.case is None or outcome.record.decision:
        return False
    if outcome.is_changed or outcome.judgement.score != outcome.record.score:
        return True
    before, now = outcome.case.flags, outcome.flags
    return bool(before or now) and _written(now) != _written(before)


def _written(flags: Iterable[Flag]) -> Counter[tuple[Any, ...]]:
    return Counter(
        (f.code, f.group, f.weight, f.counted, f.shadow, f.message, _plain(f)) for f in flags
    )


def _plain(flag: Flag) -> str:
    return json.dumps(dict(flag.params), sort_keys=True, default=str)


class _Change(NamedTuple):
    """What was written on a record and what is to be: mostly the same for several of a batch."""

    state: str
    old_verdict: str
    old_score: int
    old_announced: str
    verdict: str
    score: int
    announced: str
    lane: str
    not_evaluable: tuple[str, ...]
    raised: tuple[str, ...]


def _change(outcome: Outcome) -> _Change:
    record, judgement = outcome.record, outcome.judgement
    assert judgement is not None
    # Who was told the old verdict is not told the new one: what a replay finds is for people.
    was_told = record.announced_verdict == record.verdict
    return _Change(
        state=record.state,
        old_verdict=record.verdict,
        old_score=record.score,
        old_announced=record.announced_verdict,
        verdict=outcome.verdict,
        score=judgement.score,
        announced=outcome.verdict if was_told else record.announced_verdict,
        lane=judging.lane_of(record.basis, judgement),
        not_evaluable=judgement.not_evaluable,
        raised=(*judgement.raised, *judgement.raised_in_shadow),
    )


def _rewrite(change: _Change, outcomes: Sequence[Outcome], key: str) -> Sequence[Outcome]:
    """Write `change` on those records that nobody has decided or judged meanwhile; return them."""
    keys = [outcome.record.pk for outcome in outcomes]
    undecided = NumberInsightRecord.objects.filter(pk__in=keys, decision=Decision.NONE)
    written = undecided.filter(
        state=change.state,
        verdict=change.old_verdict,
        score=change.old_score,
        announced_verdict=change.old_announced,
    ).update(
        announced_verdict=change.announced,
        verdict=change.verdict,
        score=change.score,
        lane=change.lane,
        not_evaluable=list(change.not_evaluable),
        raised_rules=list(change.raised),
        rules_key=key,
    )
    if written == len(keys):
        return outcomes
    now = undecided.filter(verdict=change.verdict, score=change.score, rules_key=key)
    ours = set(now.values_list("pk", flat=True))
    return [outcome for outcome in outcomes if outcome.record.pk in ours]
