"""What to ask about a record, if anything: the cheapest question that can change its verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone

from number_insight import judging, loading, numbers
from number_insight.choices import Basis
from number_insight.conf import app_settings
from number_insight.insight import LEVELS
from number_insight.judging import Sitting
from number_insight.models import NumberInsightRecord
from number_insight.providers.base import Provider, Question
from number_insight.rules.base import LIVE_SIGNALS, Rule
from number_insight.rules.lists import CANCELS
from number_insight.verdict import Judgement, total, verdict_for

ENOUGH = (Basis.ANSWER, Basis.REUSED, Basis.FREE, Basis.LISTED, Basis.COUNTRY)
"""Where a verdict rests on all that was needed for it."""
NUMBER_ON_LIST = ("allow_number", "deny_number")
EXCUSABLE = CANCELS["carrier"] | {"ip_mismatch", "roaming_elsewhere", "deny_country"}
"""Free findings that an answer may explain: by roaming, or by an allowed carrier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The question to put, to whom and how; or, without one, what the verdict rests on."""

    question: Question | None = None
    provider: str = loading.DEFAULT_PROVIDER
    delivery: str = "sync"
    basis: str = Basis.FREE

    @property
    def ask(self) -> tuple[Question, str, str]:
        """The question, the provider and the delivery; only where there is a question."""
        assert self.question is not None
        return self.question, self.provider, self.delivery


def plan_for(
    record: NumberInsightRecord, *, insist: bool = False, sitting: Sitting | None = None
) -> Plan:
    """Return what to ask about `record`, with nothing asked that cannot change its verdict.

    With `insist` a person wants to know all the same, whatever the lists and free facts say.
    """
    if not numbers.is_possible(record.number):
        return Plan(basis=Basis.FREE)
    sitting = sitting or Sitting()
    decided = None if insist else _decided(record, sitting)
    if decided is not None:
        return Plan(basis=decided)
    if not sitting.lookups_are_on:
        return Plan(basis=Basis.DISABLED)
    country, wanted = numbers.country(record.number), app_settings.COUNTRIES
    if wanted is not None and country not in wanted:
        return Plan(basis=Basis.COUNTRY)
    provider = loading.provider()
    level = level_for(record, provider, sitting.active_rules)
    if level is None:
        return Plan(basis=Basis.FREE)
    return Plan(
        question=_question(record, level, country, provider),
        delivery=_delivery(level, provider),
    )


def saved(record: NumberInsightRecord) -> Decimal:
    """Return what `record` cost less than the dearest question would have, by the price list.

    Only where less was enough: what could not be bought has saved nothing.
    """
    if record.basis not in ENOUGH:
        return Decimal(0)
    provider = loading.provider()
    dearest = provider.price(Question(number=record.number, level=provider.levels[-1]))
    cost: Decimal = record.cost
    return max(dearest - cost, Decimal(0))


def suffices(record: NumberInsightRecord, known: judging.Grounds, sitting: Sitting) -> bool:
    """Whether an earlier answer is enough for `record`, or what is stale of it could matter.

    What was told of the carrier and the line is fresh; what was told of the phone's state may be
    older than ``FRESHNESS`` lets it. That is asked again only if it could change the verdict, and
    never within that time, kept or not: nobody pays for a form that is sent twice.
    """
    lookup = known.lookup
    assert lookup is not None
    if lookup.answered_at and timezone.now() - lookup.answered_at <= app_settings.FRESHNESS["live"]:
        return True
    told = loading.provider(lookup.provider).signals.get(lookup.level, frozenset())
    stale = told & LIVE_SIGNALS - known.signals
    rules = [rule for rule in sitting.active_rules if rule.weight or rule.live]
    asking = [rule for rule in rules if _would_hear(rule, stale, known.signals)]
    if not asking:
        return True
    found = sitting.consider(record, known, sitting.active_rules).judgement
    bounds = (_least_score(found, asking, frozenset()), found.score + _most_added(asking))
    least, most = (verdict_for(score, app_settings.THRESHOLDS) for score in bounds)
    return least == most


def _would_hear(rule: Rule, stale: frozenset[str], known: frozenset[str]) -> bool:
    """Whether `rule` could say something else if what is stale were asked again."""
    if rule.needs is None:
        return bool(stale)
    return not stale.isdisjoint(rule.needs) and (stale | known | {"ip_match"}).issuperset(
        rule.needs
    )


def _most_added(asking: Sequence[Rule]) -> int:
    """Return what these rules could add at most; of each group one counts."""
    heaviest: dict[str, int] = {}
    for rule in asking:
        group = rule.group or rule.code
        heaviest[group] = max(heaviest.get(group, 0), rule.weight)
    return sum(heaviest.values())


def _decided(record: NumberInsightRecord, sitting: Sitting) -> str | None:
    """Return what decides without anything bought, if anything does.

    A level that was asked for by name is only left out for a number that is on a list.
    """
    rules = sitting.active_rules
    if record.level in LEVELS:
        rules = [rule for rule in rules if rule.code in NUMBER_ON_LIST]
    free = judging.local_grounds(record, Basis.FREE)
    found = sitting.consider(record, free, rules).judgement
    if "allow_number" in found.codes:
        return Basis.LISTED
    deny = app_settings.THRESHOLDS.get("deny")
    if deny is None or _least_score(found, rules, free.signals) < deny:
        return None
    return Basis.LISTED if "deny_number" in found.codes else Basis.FREE


def _least_score(found: Judgement, rules: Sequence[Rule], known: frozenset[str]) -> int:
    """Return the score that no answer could get below."""
    certain = total(flag for flag in found.flags if flag.code not in EXCUSABLE)
    asking = [rule for rule in rules if rule.needs is None or not known.issuperset(rule.needs)]
    return certain + sum(min(rule.weight, 0) for rule in asking)


def level_for(record: NumberInsightRecord, provider: Provider, rules: Sequence[Rule]) -> str | None:
    """Return the level to ask at; None if no level can tell what the rules want to know."""
    if record.level in LEVELS:
        return record.level
    wanted = _wanted(record, provider, rules)
    if not wanted:
        return None
    for level in provider.levels:
        if wanted <= provider.signals.get(level, frozenset()):
            return level
    return provider.levels[-1]


def _wanted(
    record: NumberInsightRecord, provider: Provider, rules: Sequence[Rule]
) -> frozenset[str]:
    """Return the signals that an active rule needs, this provider has, and we lack."""
    local = numbers.local_insight(record.number)
    top = "standard" if local.line_type.startswith("landline") else provider.levels[-1]
    told = provider.signals.get(top, frozenset())
    wanted: frozenset[str] = frozenset()
    for rule in rules:
        if rule.weight:
            wanted |= told if rule.needs is None else told.intersection(rule.needs)
    if not record.ip_address or not (app_settings.SEND_IP and provider.supports_ip):
        wanted -= {"ip_match"}
    # The country and the calling code are known for free.
    return wanted - {"country"}


def _question(
    record: NumberInsightRecord, level: str, country: str | None, provider: Provider
) -> Question:
    send_ip = app_settings.SEND_IP and provider.supports_ip and level == "advanced"
    ask_name = app_settings.CNAM and provider.supports_cnam and level != "basic"
    # The declared country is never sent: if it contradicts the number, the API refuses both.
    return Question(
        number=record.number,
        level=level,
        ip=record.ip_address if send_ip else None,
        cnam=ask_name and country == "US",
    )


def _delivery(level: str, provider: Provider) -> str:
    wants_callback = app_settings.DELIVERY == "async" and level == "advanced"
    return "async" if wants_callback and provider.supports_callback else "sync"
