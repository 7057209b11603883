"""Running a replay in batches, in one process or in several."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any

import django
from django.conf import settings
from django.db import connections
from django.db.models import Max, Min, QuerySet
from django.db.models.sql import Query

from number_insight import addresses
from number_insight.exceptions import ReplayFailed
from number_insight.models import NumberInsightRecord
from number_insight.replay import rulesets, writing
from number_insight.replay.judge import CannotTell, Judge
from number_insight.replay.report import Outcome, Tally
from number_insight.replay.rulesets import RuleSet
from number_insight.replay.stored import StoredCase, batches
from number_insight.rules.base import COSTLY
from number_insight.rules.scoring import severer
from number_insight.verdicts import context, grounds, history, rule_faults
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
            tally.written = writing.write(rule_set, outcomes)
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
        self._lists = Lists.in_force() if "listed" in names else None
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
