"""Judging: what the rules make of a record, on the grounds that there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.utils import timezone

from number_insight import gathering, history, loading, numbers, rule_faults, switches
from number_insight.choices import Basis, Lane, Verdict
from number_insight.conf import app_settings
from number_insight.insight import UNKNOWN, Insight, IPMatch
from number_insight.models import Lookup, NumberInsightRecord, RuleFault
from number_insight.rules.base import COSTLY, LIVE_SIGNALS, Rule, Signup, judge
from number_insight.verdict import Judgement


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What a record is judged on: an insight, what could be told at all, and why this much."""

    insight: Insight
    signals: frozenset[str]
    basis: str
    lookup: Lookup | None = None
    note: str = ""


def local_grounds(record: Any, basis: str) -> Grounds:
    """Return the free facts about the number of `record`."""
    insight = numbers.local_insight(record.number)
    known = {"country"} if insight.country else set()
    if insight.line_type != UNKNOWN:
        known.add("line_type")
    return Grounds(insight=insight, signals=frozenset(known), basis=basis)


def answer_grounds(lookup: Lookup, insight: Insight, basis: str) -> Grounds:
    """Return what `lookup` has told, with `insight` as it came or as it was kept."""
    told = answer_signals(lookup.provider, lookup.level, cnam=lookup.cnam)
    if basis == Basis.REUSED and not _is_live(lookup):
        told, insight = told - LIVE_SIGNALS, insight.without_live()
    return Grounds(insight=insight, signals=told, basis=basis, lookup=lookup)


def answer_signals(provider: str, level: str, *, cnam: bool) -> frozenset[str]:
    """Return what an answer of `provider` at `level` could tell."""
    told = loading.provider(provider).signals.get(level, frozenset())
    return told if cnam else told - {"caller"}


def _is_live(lookup: Lookup) -> bool:
    """Whether what `lookup` told of the state of the phone was kept, and is fresh."""
    if not app_settings.STORE_LIVE or lookup.answered_at is None:
        return False
    return timezone.now() - lookup.answered_at <= app_settings.FRESHNESS["live"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Consideration:
    """What the rules make of a record, what they were told, and who of them had raised before."""

    judgement: Judgement
    insight: Insight
    signup: Signup
    past: Mapping[str, Any]
    recovered: frozenset[str] = frozenset()


class Sitting:
    """One sitting, at which several records are judged: what is the same for all is read once."""

    def __init__(self) -> None:
        self._pasts: dict[tuple[int | None, Insight], Mapping[str, Any]] = {}

    @cached_property
    def faults(self) -> dict[str, RuleFault]:
        """What is remembered of rules that raised."""
        return rule_faults.known()

    @cached_property
    def active_rules(self) -> list[Rule]:
        """The rules that count, which those in shadow do not."""
        shadowed = rule_faults.shadowed(self.faults)
        return [rule for rule in loading.rules() if not rule.shadow and rule.code not in shadowed]

    @cached_property
    def lookups_are_on(self) -> bool:
        """Whether anything may be bought."""
        return switches.lookups_are_on()

    def look_back(self, cases: Iterable[tuple[NumberInsightRecord, Grounds]]) -> None:
        """Ask in one statement what had happened before `cases`, which are considered next."""
        signups, names = [], set[str]()
        for record, grounds in cases:
            told = completed(grounds.insight, record.number)
            if (record.pk, told) not in self._pasts:
                signups.append((record, told))
                names |= read_by(loading.rules(), grounds.signals)
        found = history.pasts(signups, names)
        for (record, told), past in zip(signups, found, strict=True):
            self._pasts[record.pk, told] = past

    def _past(
        self, record: NumberInsightRecord, insight: Insight, names: frozenset[str]
    ) -> dict[str, Any]:
        known = self._pasts.get((record.pk, insight), {})
        if not known.keys() >= names:
            (known,) = history.pasts([(record, insight)], names)
        return {name: known[name] for name in names}

    def consider(
        self, record: NumberInsightRecord, grounds: Grounds, rules: Sequence[Rule] | None = None
    ) -> Consideration:
        """Return what the rules in force make of `record`; or `rules`, taken as they are."""
        faults = self.faults if rules is None else {}
        rules = loading.rules() if rules is None else rules
        told = completed(grounds.insight, record.number)
        past = self._past(record, told, read_by(rules, grounds.signals))
        signup = gathering.signup_of(record, past)
        ip_sent = grounds.lookup.ip_address if grounds.lookup else None
        insight, signals = for_this_ip(told, signup, signals=grounds.signals, ip_sent=ip_sent)
        judgement = judge(
            rules,
            insight,
            signup,
            signals=signals,
            thresholds=app_settings.THRESHOLDS,
            shadowed=rule_faults.shadowed(faults),
        )
        silent = (*judgement.not_evaluable, *judgement.raised, *judgement.raised_in_shadow)
        recovered = rule_faults.recovered(faults, silent)
        return Consideration(
            judgement=judgement, insight=insight, signup=signup, past=past, recovered=recovered
        )


def consider(record: NumberInsightRecord, grounds: Grounds) -> tuple[Judgement, Insight]:
    """Return what the rules in force make of `record`, and the insight as it concerns its IP."""
    considered = Sitting().consider(record, grounds)
    return considered.judgement, considered.insight


def read_by(rules: Iterable[Rule], signals: frozenset[str]) -> frozenset[str]:
    """Return what has to be gathered, which is only what somebody will read."""
    asked = [rule.reads for rule in rules if rule.is_evaluable(signals | {"ip_match"})]
    return frozenset().union(*(COSTLY if reads is None else reads for reads in asked))


def for_this_ip(
    insight: Insight, signup: Signup, *, signals: frozenset[str], ip_sent: str | None
) -> tuple[Insight, frozenset[str]]:
    """Return `insight` with the IP match of this signup, and the signals that can be told then.

    `ip_sent` is the one that the provider was told, of another visitor perhaps.
    """
    insight = _with_own_match(insight, signup, ip_sent)
    signals -= {"ip_match"}
    if insight.ip.match != UNKNOWN or insight.ip.country:
        signals |= {"ip_match"}
    return insight, signals


def _with_own_match(insight: Insight, signup: Signup, ip_sent: str | None) -> Insight:
    """Return `insight` without what it tells of another visitor's IP."""
    if insight.ip.match != UNKNOWN and ip_sent and ip_sent == signup.ip:
        return insight
    country = signup.ip_country
    match = UNKNOWN
    if country and insight.country:
        same = country == insight.country or numbers.shares_calling_code(country, insight.country)
        match = "country" if same else "mismatch"
    return replace(insight, ip=IPMatch(address=signup.ip, match=match, country=country))


def completed(insight: Insight, number: str) -> Insight:
    """Return `insight` with the country from libphonenumber, where an answer left it out."""
    if insight.country:
        return insight
    local = numbers.local_insight(number)
    return replace(insight, country=local.country, country_prefix=local.country_prefix)


_UNPAID = (Basis.BUDGET, Basis.LIMIT)
WITHOUT_ANSWER = (Basis.NO_ANSWER, Basis.DISABLED, *_UNPAID)
"""What a verdict rests on where an answer was needed and could not be had."""


def least(basis: str) -> str:
    """Return the verdict that the lack of an answer calls for."""
    if basis in _UNPAID:
        return app_settings.ON_BUDGET
    if basis in WITHOUT_ANSWER:
        return app_settings.ON_NO_ANSWER
    return Verdict.ALLOW.value


def lane_of(basis: str, judgement: Judgement) -> str:
    if judgement.raised and judgement.verdict != Verdict.ALLOW:
        return Lane.FAULT
    if basis in _UNPAID:
        return Lane.BUDGET
    if basis in WITHOUT_ANSWER and judgement.verdict == Verdict.ALLOW:
        return Lane.NO_ANSWER
    return Lane.RISK
