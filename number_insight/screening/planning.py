"""Planning: the cheapest question that can change the verdict on a record, if there is one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext

from number_insight import loading, numbers
from number_insight.conf import app_settings
from number_insight.insight import LEVELS
from number_insight.lookups import switches
from number_insight.models import NumberInsightRecord
from number_insight.models.choices import Basis
from number_insight.providers.base import Provider, Question
from number_insight.rules.base import LIVE_SIGNALS, Rule
from number_insight.rules.lists import CANCELS
from number_insight.rules.scoring import Flag, total, verdict_for
from number_insight.verdicts import grounds, judging
from number_insight.verdicts.judging import Judged

ENOUGH = (Basis.ANSWER, Basis.REUSED, Basis.FREE, Basis.LISTED, Basis.COUNTRY)
"""The bases of a verdict that had all that it needed."""
NUMBER_ON_LIST = ("allow_number", "deny_number")
EXCUSABLE = CANCELS["carrier"] | {"ip_mismatch", "roaming_elsewhere", "deny_country"}
"""Free findings that an answer may explain: by roaming, or by an allowed carrier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The question to put, its provider and delivery; or, without one, the basis of the verdict."""

    question: Question | None = None
    provider: str = loading.DEFAULT_PROVIDER
    delivery: str = "sync"
    basis: str = Basis.FREE
    note: str = ""

    @property
    def obstacle(self) -> str:
        """The reason why there is no question, without a full stop."""
        return gettext(self.note).removesuffix(".") if self.note else str(Basis(self.basis).label)

    @property
    def ask(self) -> tuple[Question, str, str]:
        """The question, the provider and the delivery; only where there is a question."""
        assert self.question is not None
        return self.question, self.provider, self.delivery


def plan_for(record: NumberInsightRecord, *, insist: bool = False) -> Plan:
    """Return the plan for one record; with `insist` whatever the lists and free facts say."""
    (plan,) = plans(judging.judge([grounds.local(record)]), insist=insist)
    return plan


def plans(judged: Sequence[Judged], *, insist: bool = False) -> list[Plan]:
    """Return a plan for each record that was judged on free facts.

    Nothing is asked that cannot change the verdict. With `insist` a person wants to know all the
    same.
    """
    rules = active_rules(judged)
    decided = [_basis_of_free_facts(one, rules, insist=insist) for one in judged]
    obstacle = "" if all(decided) else switches.obstacle()
    return [
        Plan(basis=basis) if basis else _plan(one, rules, obstacle)
        for one, basis in zip(judged, decided, strict=True)
    ]


def active_rules(judged: Sequence[Judged]) -> list[Rule]:
    """Return the rules that count on `judged`, which those in shadow do not."""
    shadowed = frozenset[str]().union(*(one.shadowed for one in judged))
    return [rule for rule in loading.rules() if not rule.shadow and rule.code not in shadowed]


def _basis_of_free_facts(one: Judged, rules: Sequence[Rule], *, insist: bool) -> str:
    """Return the basis of a verdict that free facts decide; empty if they do not.

    A level that was asked for by name is left out only for a number that is on a list.
    """
    record, judgement = one.case.record, one.judgement
    if not numbers.is_possible(record.number):
        return Basis.FREE
    if insist:
        return ""
    flags = [flag for flag in judgement.flags if not flag.shadow]
    if record.level in LEVELS:
        flags = [flag for flag in flags if flag.code in NUMBER_ON_LIST]
        rules = [rule for rule in rules if rule.code in NUMBER_ON_LIST]
    codes = {flag.code for flag in flags}
    if "allow_number" in codes:
        return Basis.LISTED
    deny = app_settings.THRESHOLDS.get("deny")
    if deny is None or _least_score(flags, rules, one.case.signals) < deny:
        return ""
    return Basis.LISTED if "deny_number" in codes else Basis.FREE


def _plan(one: Judged, rules: Sequence[Rule], obstacle: str) -> Plan:
    record = one.case.record
    if obstacle:
        return Plan(basis=Basis.DISABLED, note=obstacle)
    country, wanted = one.case.insight.country, app_settings.COUNTRIES
    if wanted is not None and country not in wanted:
        return Plan(basis=Basis.COUNTRY)
    provider = loading.provider()
    level = level_for(one, provider, rules)
    if level is None:
        return Plan(basis=Basis.FREE)
    return Plan(
        question=_question(record, level, country, provider),
        delivery=_delivery(level, provider),
    )


def saved(record: NumberInsightRecord) -> Decimal:
    """Return the difference between the cost of `record` and the dearest question's price.

    Only where less was enough: a lookup that could not be bought has saved nothing.
    """
    if record.basis not in ENOUGH:
        return Decimal(0)
    provider = loading.provider()
    dearest = provider.price(Question(number=record.number, level=provider.levels[-1]))
    cost: Decimal = record.cost
    return max(dearest - cost, Decimal(0))


def suffices(one: Judged, rules: Sequence[Rule]) -> bool:
    """Whether an earlier answer is enough, or what is stale of it could change the verdict.

    Facts of the carrier and the line are fresh; live data may be older than ``FRESHNESS`` lets
    it. That is asked again only if it could change the verdict, and never within that time,
    stored or not: a form that is sent twice is not paid twice.
    """
    lookup = one.case.lookup
    assert lookup is not None
    if lookup.answered_at and timezone.now() - lookup.answered_at <= app_settings.FRESHNESS["live"]:
        return True
    known = one.case.signals
    stale = grounds.told_by(lookup) & LIVE_SIGNALS - known
    asking = [rule for rule in rules if (rule.weight or rule.live) and _hears(rule, stale, known)]
    if not asking:
        return True
    flags = [flag for flag in one.judgement.flags if not flag.shadow]
    least = _least_score(flags, asking, frozenset())
    most = one.judgement.score + _most_added(asking)
    least_verdict, most_verdict = (
        verdict_for(score, app_settings.THRESHOLDS) for score in (least, most)
    )
    return least_verdict == most_verdict


def _hears(rule: Rule, stale: frozenset[str], known: frozenset[str]) -> bool:
    """Whether `rule` could say something else if the stale signals were asked again."""
    if rule.needs is None:
        return bool(stale)
    all_signals = stale | known | {"ip_match"}
    return not stale.isdisjoint(rule.needs) and all_signals.issuperset(rule.needs)


def _most_added(asking: Sequence[Rule]) -> int:
    """Return what these rules could add at most; of each group one counts."""
    heaviest: dict[str, int] = {}
    for rule in asking:
        group = rule.group or rule.code
        heaviest[group] = max(heaviest.get(group, 0), rule.weight)
    return sum(heaviest.values())


def _least_score(flags: Iterable[Flag], rules: Sequence[Rule], known: frozenset[str]) -> int:
    """Return the score that no answer could get below."""
    certain = total(flag for flag in flags if flag.code not in EXCUSABLE)
    asking = [rule for rule in rules if rule.needs is None or not known.issuperset(rule.needs)]
    return certain + sum(min(rule.weight, 0) for rule in asking)


def level_for(one: Judged, provider: Provider, rules: Sequence[Rule]) -> str | None:
    """Return the level to ask at; None if no level can tell what the rules want to know."""
    if one.case.record.level in LEVELS:
        return str(one.case.record.level)
    wanted = _wanted(one, provider, rules)
    if not wanted:
        return None
    for level in provider.levels:
        if wanted <= provider.signals.get(level, frozenset()):
            return level
    return provider.levels[-1]


def _wanted(one: Judged, provider: Provider, rules: Sequence[Rule]) -> frozenset[str]:
    """Return the signals that an active rule needs, this provider has, and we lack."""
    is_landline = one.case.insight.line_type.startswith("landline")
    top = "standard" if is_landline else provider.levels[-1]
    told = provider.signals.get(top, frozenset())
    wanted: frozenset[str] = frozenset()
    for rule in rules:
        if rule.weight:
            wanted |= told if rule.needs is None else told.intersection(rule.needs)
    if not one.case.record.ip_address or not (app_settings.SEND_IP and provider.supports_ip):
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
