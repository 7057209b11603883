"""Judging: the rules on cases, whose history is read in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from number_insight import loading, numbers
from number_insight.conf import app_settings
from number_insight.insight import UNKNOWN, Insight, IPMatch
from number_insight.models import RuleFault
from number_insight.models.choices import Lane, Verdict
from number_insight.rules import base
from number_insight.rules.base import COSTLY, Rule, Signup
from number_insight.rules.scoring import Judgement, severer
from number_insight.verdicts import context, history, rule_faults
from number_insight.verdicts.grounds import UNPAID, WITHOUT_ANSWER, Case, least_verdict

Faults = dict[str, RuleFault]
"""The rules that raised exceptions before, by code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A case and the judgement of the rules on it.

    `insight` is that of the case, with the IP match of this signup, and `history` holds the past
    that the rules read. `shadowed` are the codes of rules that are in shadow because of their
    exceptions, and `recovered` the codes of rules that raised before and did not now.
    """

    case: Case
    judgement: Judgement
    insight: Insight
    signup: Signup
    history: Mapping[str, Any]
    shadowed: frozenset[str] = frozenset()
    recovered: frozenset[str] = frozenset()

    @property
    def record(self) -> Any:
        """The record of the case."""
        return self.case.record

    @property
    def verdict(self) -> str:
        """The severer of the rules' verdict and the mildest one that the basis permits."""
        return severer(self.judgement.verdict, least_verdict(self.case.basis))

    @property
    def lane(self) -> str:
        """The lane of the record in the review queue."""
        return lane_of(self.case.basis, self.judgement)

    def on(self, basis: str, note: str = "") -> Judged:
        """Return the same judgement for a verdict on another basis."""
        return replace(self, case=replace(self.case, basis=basis, note=note))


def judge(
    cases: Sequence[Case], *, faults: Faults | None = None, as_recorded: bool = False
) -> list[Judged]:
    """Return the judgement of the active rules on each of `cases`.

    One statement reads the history of all cases, and another one the `faults` of the rules, unless
    the caller has read them already. With `as_recorded` the past is, as far as it was kept, the one
    on which each record was judged.
    """
    if not cases:
        return []
    rules = loading.rules()
    faults = rule_faults.known() if faults is None else faults
    pasts = history.pasts([(case.record, case.insight) for case in cases], _read_by(rules, cases))
    if as_recorded:
        pasts = [{**past, **case.record.history} for case, past in zip(cases, pasts, strict=True)]
    return [_judged(case, past, rules, faults) for case, past in zip(cases, pasts, strict=True)]


def _read_by(rules: Iterable[Rule], cases: Sequence[Case]) -> frozenset[str]:
    """Return the facts of the past that any rule reads on any of `cases`."""
    supplied = {case.signals | {"ip_match"} for case in cases}
    evaluable = [rule for rule in rules if any(rule.is_evaluable(signals) for signals in supplied)]
    reads = (COSTLY if rule.reads is None else frozenset(rule.reads) for rule in evaluable)
    return frozenset[str]().union(*reads)


def _judged(
    case: Case,
    past: Mapping[str, Any],
    rules: Sequence[Rule],
    faults: Faults,
) -> Judged:
    signup = context.signup_of(case.record, past)
    insight, signals = for_this_ip(case, signup)
    shadowed = rule_faults.shadowed(faults)
    judgement = base.judge(
        rules,
        insight,
        signup,
        signals=signals,
        thresholds=app_settings.THRESHOLDS,
        shadowed=shadowed,
    )
    silent = (*judgement.not_evaluable, *judgement.raised, *judgement.raised_in_shadow)
    return Judged(
        case=case,
        judgement=judgement,
        insight=insight,
        signup=signup,
        history=past,
        shadowed=shadowed,
        recovered=rule_faults.recovered(faults, silent),
    )


def for_this_ip(case: Case, signup: Signup) -> tuple[Insight, frozenset[str]]:
    """Return the insight of `case` with the IP match of this signup, and its signals."""
    insight = _with_own_match(case, signup)
    signals = case.signals - {"ip_match"}
    if insight.ip.match != UNKNOWN or insight.ip.country:
        signals |= {"ip_match"}
    return insight, signals


def _with_own_match(case: Case, signup: Signup) -> Insight:
    """Return the insight of `case` with the IP match of `signup`, made here unless provided."""
    insight = case.insight
    if insight.ip.match != UNKNOWN and case.ip_sent and case.ip_sent == signup.ip:
        return insight
    country, match = signup.ip_country, UNKNOWN
    if country and insight.country:
        same = country == insight.country or numbers.shares_calling_code(country, insight.country)
        match = "country" if same else "mismatch"
    return replace(insight, ip=IPMatch(address=signup.ip, match=match, country=country))


def lane_of(basis: str, judgement: Judgement) -> str:
    """Return the lane of the review queue for a judgement on `basis`."""
    if judgement.raised and judgement.verdict != Verdict.ALLOW:
        return Lane.FAULT
    if basis in UNPAID:
        return Lane.BUDGET
    if basis in WITHOUT_ANSWER and judgement.verdict == Verdict.ALLOW:
        return Lane.NO_ANSWER
    return Lane.RISK
