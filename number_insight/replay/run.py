"""Running a replay in batches, in one process or in several, and writing the differences."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, NamedTuple

import django
from django.conf import settings
from django.db import connections, transaction
from django.db.models import Max, Min, QuerySet
from django.db.models.sql import Query

from number_insight import addresses
from number_insight.exceptions import ReplayFailed
from number_insight.models import NumberInsightRecord, RiskFlag
from number_insight.models.choices import Decision
from number_insight.replay import rulesets
from number_insight.replay.judge import CannotTell, Judge
from number_insight.replay.report import Outcome, Tally
from number_insight.replay.rulesets import RuleSet
from number_insight.replay.stored import StoredCase, batches
from number_insight.rules.base import COSTLY
from number_insight.rules.scoring import Flag, severer
from number_insight.verdicts import (
    context,
    grounds,
    history,
    judging,
    recording,
    rule_faults,
    rules_in_force,
)
from number_insight.verdicts.lists import Lists

ERASED = "(erased)"
RANGES = 16
"""Ranges of keys for each process, so that none waits long for the last one."""


def replay(rule_set: RuleSet, rows: QuerySet[Any], *, apply: bool = False) -> Iterator[Tally]:
    """Judge `rows` under `rule_set`; yield the tally of each batch.

    With `apply` the new verdicts, scores and flags are written, each batch in a transaction of
    its own. Whoever stops in between loses nothing: a second run finds the rest, since what is
    written already does not differ any more. A decision is never touched. Receivers are told
    nothing, so that no account is touched because of rules that came later.
    """
    replayer = Replayer(rule_set)
    for cases in batches(rows):
        outcomes, tally = replayer.outcomes(cases), Tally()
        for outcome in outcomes:
            tally.count(outcome)
        if apply:
            tally.written = write(rule_set, outcomes)
        yield tally


def why_alone() -> str:
    """Return the reason that forbids other processes; empty if there is none."""
    link: Any = connections[NumberInsightRecord.objects.db]
    if not settings.SETTINGS_MODULE:
        return "the settings are of this process alone"
    if link.in_atomic_block:
        return "what this transaction has written is seen by nobody else"
    if link.vendor == "sqlite" and link.is_in_memory_db():
        return "the database is in the memory of this process"
    return ""


def share(rules: str | None, rows: QuerySet[Any], *, jobs: int, apply: bool) -> Iterator[Tally]:
    """Do as `replay` does in `jobs` processes, which share ranges of keys; yield their tallies.

    Each process reads `rules` by itself, the text of a file, or takes those of the settings.
    Raise `ReplayFailed` if a process ends early.
    """
    names = {alias: connections[alias].settings_dict["NAME"] for alias in connections}
    context = get_context("spawn")  # a fork would share our connections
    with ProcessPoolExecutor(jobs, context, initializer=django.setup) as pool:
        parts = [
            pool.submit(_work, names, rules, part.query, apply)
            for part in _ranges(rows, jobs * RANGES)
        ]
        try:
            for part in parts:
                yield part.result()
        except BrokenProcessPool as exc:
            raise ReplayFailed("a process of the replay has ended before its work") from exc
        finally:
            for part in parts:
                part.cancel()


def _ranges(rows: QuerySet[Any], count: int) -> Iterator[QuerySet[Any]]:
    """Yield `rows` in about `count` ranges of keys."""
    ends = rows.aggregate(first=Min("pk"), last=Max("pk"))
    if ends["first"] is None:
        return
    step = (ends["last"] - ends["first"]) // count + 1
    for first in range(ends["first"], ends["last"] + 1, step):
        yield rows.filter(pk__gte=first, pk__lt=first + step)


def _work(names: Mapping[str, Any], rules: str | None, query: Query, apply: bool) -> Tally:
    """Replay one range in a process that was started for it."""
    for alias, name in names.items():  # in a test they are not those of the settings
        connections[alias].settings_dict["NAME"] = name
    rows = NumberInsightRecord.objects.all()
    rows.query = query
    tally = Tally()
    for part in replay(rulesets.chosen(rules), rows, apply=apply):
        tally.add(part)
    return tally


class Replayer:
    """Judges cases under `rule_set`, and tells its rules the past."""

    def __init__(self, rule_set: RuleSet) -> None:
        reads = [COSTLY if rule.reads is None else rule.reads for rule in rule_set.rules]
        names = frozenset[str]().union(*reads)
        self._counted = names - {"listed"}
        self._lists = Lists() if "listed" in names else None
        self._judge = Judge(rule_set, rule_faults.shadowed(rule_faults.known()))

    def outcomes(self, cases: Sequence[StoredCase]) -> list[Outcome]:
        """Return the outcome of each of `cases`."""
        pasts = self._pasts([case for case in cases if not case.is_erased])
        return [
            Outcome(case=case, why=ERASED) if case.is_erased else self._outcome(case, next(pasts))
            for case in cases
        ]

    def _outcome(self, case: StoredCase, past: Mapping[str, Any]) -> Outcome:
        signup = context.signup_of(case.record, past, as_kept=True)
        try:
            judgement = self._judge.judge(case, signup)
        except CannotTell as unknown:
            return Outcome(case=case, why=str(unknown))
        verdict = severer(judgement.verdict, grounds.least_verdict(case.record.basis))
        return Outcome(case=case, judgement=judgement, verdict=verdict)

    def _pasts(self, cases: Sequence[StoredCase]) -> Iterator[Mapping[str, Any]]:
        """Yield the past of each case: the stored one or, if there is none, one counted now."""
        lacking = [case for case in cases if self._counted - case.record.history.keys()]
        missing = {name for case in lacking for name in self._counted - case.record.history.keys()}
        counted = history.pasts([(case.record, case.insight) for case in lacking], missing)
        asked = {case.record.pk: past for case, past in zip(lacking, counted, strict=True)}
        for case in cases:
            known = asked.get(case.record.pk, {}) | case.record.history
            past = {name: known[name] for name in self._counted}
            yield {**past, **self._listed(case)} if self._lists else past

    def _listed(self, case: StoredCase) -> Mapping[str, Any]:
        """Return the entries of the lists, as they are now."""
        assert self._lists is not None
        ip = addresses.public_ip(case.record.ip_address)
        found = self._lists.matching(case.record.number, ip=ip, insight=case.insight)
        return {"listed": found}


def write(rule_set: RuleSet, outcomes: Iterable[Outcome]) -> int:
    """Write the differing outcomes in one transaction; return their number."""
    rules_in_force.remember(rule_set.rules)
    changes: dict[_Change, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if _differs(outcome):
            changes[_change(outcome)].append(outcome)
    if not changes:
        return 0
    key = rules_in_force.key_of(rule_set.rules)
    with transaction.atomic():
        written = [
            outcome for change, same in changes.items() for outcome in _rewrite(change, same, key)
        ]
        RiskFlag.objects.filter(record__in=[one.case.record.pk for one in written]).delete()
        RiskFlag.objects.bulk_create(
            recording.row_of(one.case.record.pk, flag) for one in written for flag in one.flags
        )
    return len(written)


def _differs(outcome: Outcome) -> bool:
    if outcome.judgement is None or outcome.case is None or outcome.case.record.decision:
        return False
    if outcome.is_changed or outcome.judgement.score != outcome.case.record.score:
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
    """The stored and the new columns of a record: mostly the same for several of a batch."""

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
    record, judgement = outcome.case.record, outcome.judgement
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
    keys = [outcome.case.record.pk for outcome in outcomes]
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
    return [outcome for outcome in outcomes if outcome.case.record.pk in ours]
