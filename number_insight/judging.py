"""From an insight to a judged record: the facts, the flags, the verdict, and who is told.

Everything here that writes runs inside the caller's transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from number_insight import (
    gathering,
    keeping,
    listing,
    loading,
    numbers,
    rule_faults,
    rules_in_force,
    signals,
)
from number_insight.choices import Basis, Lane, RecordState, Verdict
from number_insight.conf import app_settings
from number_insight.insight import UNKNOWN, Insight, IPMatch
from number_insight.models import Lookup, NumberInsightRecord, RuleFault
from number_insight.rules.base import COSTLY, LIVE_SIGNALS, Rule, Signup, judge
from number_insight.rules.lists import decisive
from number_insight.verdict import Judgement, severer

logger = logging.getLogger("number_insight.judging")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What a record is judged on: an insight, what could be told at all, and why this much."""

    insight: Insight
    signals: frozenset[str]
    basis: str
    lookup: Lookup | None = None
    note: str = ""


def local_grounds(record: NumberInsightRecord, basis: str) -> Grounds:
    """Return the free facts about the number of `record`."""
    insight = numbers.local_insight(record.number)
    known = {"country"} if insight.country else set()
    if insight.line_type != UNKNOWN:
        known.add("line_type")
    return Grounds(insight=insight, signals=frozenset(known), basis=basis)


def answer_grounds(lookup: Lookup, insight: Insight, basis: str) -> Grounds:
    """Return what `lookup` has told, with `insight` as it came or as it was kept."""
    provider = loading.provider(lookup.provider)
    told = provider.signals.get(lookup.level, frozenset())
    if not lookup.cnam:
        told -= {"caller"}
    if basis == Basis.REUSED and not _is_live(lookup):
        told, insight = told - LIVE_SIGNALS, insight.without_live()
    return Grounds(insight=insight, signals=told, basis=basis, lookup=lookup)


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
    recovered: frozenset[str] = frozenset()


def consider(
    record: NumberInsightRecord, grounds: Grounds, rules: Sequence[Rule] | None = None
) -> tuple[Judgement, Insight]:
    """Return what the active rules make of `record`, and the insight as it concerns its IP.

    `rules` are taken as they are, whether they have raised before or not.
    """
    if rules is None:
        considered = _consider(record, grounds, loading.rules(), rule_faults.known())
    else:
        considered = _consider(record, grounds, rules, {})
    return considered.judgement, considered.insight


def _consider(
    record: NumberInsightRecord,
    grounds: Grounds,
    rules: Sequence[Rule],
    faults: dict[str, RuleFault],
) -> Consideration:
    told = completed(grounds.insight, record.number)
    signup = gathering.signup_of(record, told, read_by(rules, grounds.signals))
    insight, signals = for_this_ip(grounds, told, signup)
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
    return Consideration(judgement=judgement, insight=insight, signup=signup, recovered=recovered)


def active_rules() -> list[Rule]:
    """Return the rules that count, which those in shadow do not."""
    shadowed = rule_faults.shadowed(rule_faults.known())
    return [rule for rule in loading.rules() if not rule.shadow and rule.code not in shadowed]


def read_by(rules: Iterable[Rule], signals: frozenset[str]) -> frozenset[str]:
    """Return what has to be gathered, which is only what somebody will read."""
    asked = [rule.reads for rule in rules if rule.is_evaluable(signals | {"ip_match"})]
    return frozenset().union(*(COSTLY if reads is None else reads for reads in asked))


def for_this_ip(
    grounds: Grounds, insight: Insight, signup: Signup
) -> tuple[Insight, frozenset[str]]:
    """Return `insight` with the IP match of this signup, and the signals that can be told then."""
    insight = _with_own_match(grounds, insight, signup)
    signals = grounds.signals - {"ip_match"}
    if insight.ip.match != UNKNOWN or insight.ip.country:
        signals |= {"ip_match"}
    return insight, signals


def _with_own_match(grounds: Grounds, insight: Insight, signup: Signup) -> Insight:
    """Return `insight` without what it tells of another visitor's IP."""
    sent = _ip_sent(grounds)
    if insight.ip.match != UNKNOWN and sent and sent == signup.ip:
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


def _ip_sent(grounds: Grounds) -> str | None:
    return grounds.lookup.ip_address if grounds.lookup else None


def settle(record: NumberInsightRecord, grounds: Grounds) -> None:
    """Judge `record` on `grounds`, and write facts, flags and verdict."""
    considered = _consider(record, grounds, loading.rules(), rule_faults.known())
    judgement, insight = considered.judgement, considered.insight
    verdict = severer(judgement.verdict, least(grounds.basis))
    keeping.write_facts(record, insight if app_settings.STORE_LIVE else insight.without_live())
    record.state = RecordState.FAILED if grounds.basis in _WITHOUT_ANSWER else RecordState.SCREENED
    record.basis, record.lane = grounds.basis, lane_of(grounds.basis, judgement)
    record.verdict, record.score, record.note = verdict, judgement.score, grounds.note
    record.not_evaluable = list(judgement.not_evaluable)
    record.raised_rules = [*judgement.raised, *judgement.raised_in_shadow]
    record.rules_key = rules_in_force.key_of(loading.rules())
    judged_before, record.screened_at = record.screened_at, timezone.now()
    if grounds.lookup is not None:
        record.lookup, record.level = grounds.lookup, grounds.lookup.level
    record.save(update_fields=WRITTEN)
    if judged_before:
        record.flags.all().delete()
    flags = (*judgement.flags, *keeping.extra_flags(record, grounds.basis))
    keeping.write_flags(record, flags)
    transaction.on_commit(partial(announce, record.pk), robust=True)
    _remember(considered, is_first=judged_before is None)


def _remember(considered: Consideration, *, is_first: bool) -> None:
    """Count on commit which entry decided and which rules raised: others write these rows too."""
    transaction.on_commit(rules_in_force.remember, robust=True)
    judgement, entry = considered.judgement, decisive(considered.signup.listed)
    decided = any(flag.group == "lists" and not flag.shadow for flag in judgement.flags)
    if is_first and decided and entry is not None and entry.entry_id is not None:
        transaction.on_commit(partial(listing.count_hit, entry.entry_id), robust=True)
    if judgement.raised or considered.recovered:
        noted = partial(rule_faults.note, judgement.raised, considered.recovered)
        transaction.on_commit(noted, robust=True)


_UNPAID = (Basis.BUDGET, Basis.LIMIT)
_WITHOUT_ANSWER = (Basis.NO_ANSWER, Basis.DISABLED, *_UNPAID)

WRITTEN = [
    "line_type",
    "carrier_name",
    "carrier_country",
    "original_carrier_name",
    "country",
    "ported",
    "valid_number",
    "reachable",
    "roaming_status",
    "roaming_country",
    "ip_match",
    "ip_country",
    "caller_name",
    "caller_type",
    "state",
    "basis",
    "lane",
    "verdict",
    "score",
    "note",
    "not_evaluable",
    "raised_rules",
    "rules_key",
    "screened_at",
    "lookup",
    "level",
    "cost",
]
"""The columns that `settle` may write; a decision is not among them."""


def least(basis: str) -> str:
    """Return the verdict that the lack of an answer calls for."""
    if basis in _UNPAID:
        return app_settings.ON_BUDGET
    if basis in _WITHOUT_ANSWER:
        return app_settings.ON_NO_ANSWER
    return Verdict.ALLOW.value


def lane_of(basis: str, judgement: Judgement) -> str:
    if judgement.raised and judgement.verdict != Verdict.ALLOW:
        return Lane.FAULT
    if basis in _UNPAID:
        return Lane.BUDGET
    if basis in _WITHOUT_ANSWER and judgement.verdict == Verdict.ALLOW:
        return Lane.NO_ANSWER
    return Lane.RISK


def announce(record_id: int) -> None:
    """Tell the receivers a verdict that they do not know yet, and note that they were told."""
    record = NumberInsightRecord.objects.filter(pk=record_id).first()
    if record is None or record.verdict == record.announced_verdict:
        return
    previous = record.announced_verdict
    if previous == Verdict.PENDING:
        send(signals.record_screened, record=record, source=record.source)
    send(signals.verdict_changed, record=record, previous=previous, source=record.source)
    NumberInsightRecord.objects.filter(pk=record.pk).update(announced_verdict=record.verdict)


def send(signal: Any, **told: Any) -> None:
    """Send `signal` robustly; what a receiver raises is logged."""
    for receiver, answer in signal.send_robust(NumberInsightRecord, **told):
        if isinstance(answer, Exception):
            logger.error(
                "Receiver %r raised %s; it is not told again.", receiver, type(answer).__name__
            )


def cost_of(lookup: Lookup, record: NumberInsightRecord) -> Decimal:
    """Return what `record` cost: the first that waited bears the price, the others nothing."""
    first = NumberInsightRecord.objects.filter(lookup=lookup).order_by("pk").first()
    return lookup.cost if first is not None and first.pk == record.pk else Decimal(0)
