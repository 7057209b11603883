"""Planning: the cheapest question that can change the verdict on a record, if there is one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import chain

from django.utils import timezone
from django.utils.translation import gettext

from number_insight import loading, numbers
from number_insight.conf import app_settings
from number_insight.insight import LEVELS
from number_insight.lookups import prices, questions, retirement, routing, switches
from number_insight.models import NumberInsightRecord
from number_insight.models.choices import LACKING_NOTHING, Basis, RecordState
from number_insight.providers.base import Provider, Question
from number_insight.rules.base import LIVE_SIGNALS, Rule
from number_insight.rules.lists import CANCELS
from number_insight.rules.scoring import Flag, total, verdict_for
from number_insight.verdicts import grounds, judging
from number_insight.verdicts.judging import Judged

NUMBER_ON_LIST = ("allow_number", "deny_number")
EXCUSABLE = CANCELS["carrier"] | {"ip_mismatch", "roaming_elsewhere", "deny_country"}
"""The codes of free findings that an answer may cancel, by roaming or by an allowed carrier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A question with its provider and delivery; without one, the basis of the verdict."""

    question: Question | None = None
    provider: str = loading.DEFAULT_PROVIDER
    known_at: tuple[str, ...] = ()
    """Other providers whose earlier answers serve as well."""
    delivery: str = "sync"
    basis: str = Basis.FREE
    note: str = ""

    @property
    def obstacle(self) -> str:
        """The reason why there is no question, without a full stop."""
        return gettext(self.note).removesuffix(".") if self.note else str(Basis(self.basis).label)

    @property
    def ask(self) -> tuple[Question, str, str]:
        """The question, the provider and the delivery of a plan that has a question."""
        assert self.question is not None
        return self.question, self.provider, self.delivery


def plan_for(record: NumberInsightRecord, *, insist: bool = False) -> Plan:
    """Return the plan for one record; see `plans`."""
    (plan,) = plans(judging.judge([grounds.local(record)]), insist=insist)
    return plan


def plans(judged: Sequence[Judged], *, insist: bool = False) -> list[Plan]:
    """Return a plan for each record that was judged on free facts.

    A question that cannot change the verdict is not asked, unless a person insists.
    """
    rules = active_rules(judged)
    decided = [_basis_of_free_facts(one, rules, insist=insist) for one in judged]
    obstacle = "" if all(decided) else switches.obstacle()
    return [
        Plan(basis=basis) if basis else _plan(one, rules, obstacle)
        for one, basis in zip(judged, decided, strict=True)
    ]


def active_rules(judged: Sequence[Judged]) -> list[Rule]:
    """Return the rules that count in `judged`, without the ones in shadow."""
    shadowed = frozenset[str]().union(*(one.shadowed for one in judged))
    return [rule for rule in loading.rules() if not rule.shadow and rule.code not in shadowed]


def _basis_of_free_facts(one: Judged, rules: Sequence[Rule], *, insist: bool) -> str:
    """Return the basis of a verdict that free facts decide; empty if they do not.

    If the record demands a level, only a list that holds the number decides.
    """
    record, judgement = one.record, one.judgement
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
    if deny is None or _lowest_score(flags, rules, one.case.signals) < deny:
        return ""
    return Basis.LISTED if "deny_number" in codes else Basis.FREE


def _plan(one: Judged, rules: Sequence[Rule], obstacle: str) -> Plan:
    record = one.record
    if obstacle:
        return Plan(basis=Basis.DISABLED, note=obstacle)
    country, countries = one.case.insight.country, app_settings.COUNTRIES
    if countries is not None and country not in countries:
        return Plan(basis=Basis.COUNTRY)
    names = routing.route(record.number)
    plans = [plan for name in names if (plan := _plan_at(name, one, rules))]
    if not plans or plans[0].provider != names[0]:
        return Plan(basis=Basis.FREE)
    return plans[0] if len(plans) == 1 else _first_askable(plans, _passed_by(record))


def _plan_at(name: str, one: Judged, rules: Sequence[Rule]) -> Plan | None:
    """Return the question for the provider `name`, or None if its answer would change nothing."""
    provider = loading.provider(name)
    level = level_for(one, provider, rules)
    if level is None:
        return None
    return Plan(
        question=question_at(one.record, level, one.case.insight.country, provider),
        provider=name,
        delivery=_delivery(level, provider),
    )


def _first_askable(plans: Sequence[Plan], passed: str | None) -> Plan:
    """Return the first of `plans` after the provider `passed` that may be carried out now.

    A lookup that may be paid for already is joined, wherever it is. If no plan may be carried out,
    it is the first at a provider that is not switched off for good: its lookup waits, and passes on
    or is answered later.
    """
    names = [plan.provider for plan in plans]
    behind = names.index(passed) + 1 if passed in names else 0
    if not behind and _is_open(plans[0]):
        return plans[0]
    held = (plan for plan in plans if questions.is_held(plan.ask))
    askable = (plan for plan in plans[behind:] if _is_open(plan))
    lasting = (plan for plan in plans if not retirement.reason(plan.provider))
    plan = next(chain(held, askable, lasting, plans))
    return replace(plan, known_at=tuple(names))


def _is_open(plan: Plan) -> bool:
    return plan.question is not None and not routing.obstacle(plan.provider, plan.question)


def _passed_by(record: NumberInsightRecord) -> str | None:
    """Return the provider that has just passed on a queued record, or None."""
    if record.state != RecordState.QUEUED or record.lookup is None:
        return None
    return str(record.lookup.provider)


def saved(record: NumberInsightRecord) -> Decimal:
    """Return the difference between the cost of `record` and the dearest question's price.

    It is 0 for a verdict that lacked an answer: a lookup that could not be bought saves nothing;
    and for a cost in another currency, which cannot be compared.
    """
    provider = loading.provider()
    paid_in = record.lookup.currency if record.cost and record.lookup else provider.currency
    if record.basis not in LACKING_NOTHING or paid_in != provider.currency:
        return Decimal(0)
    dearest = provider.price(Question(number=record.number, level=provider.levels[-1]))
    cost: Decimal = record.cost
    return max(dearest - cost, Decimal(0))


def highest_price() -> Decimal:
    """Return the highest price of any question that the settings allow, or a higher charge."""
    provider, level = loading.provider(), app_settings.LEVEL
    levels = (level,) if level in LEVELS else provider.levels
    cnam = app_settings.CNAM and provider.supports_cnam
    asked = [Question(number="", level=level, cnam=cnam and level != "basic") for level in levels]
    return max(prices.reserves(loading.DEFAULT_PROVIDER, asked))


def suffices(one: Judged, rules: Sequence[Rule]) -> bool:
    """Return whether the verdict on an earlier answer stands, so that no new lookup is needed.

    The answer's facts on carrier and line are fresh. Its live data may be older than ``FRESHNESS``
    allows, and is then bought again only if it could change the verdict. Within that time it is
    not bought again even if it was not stored: a form that is sent twice is not paid twice.
    """
    lookup = one.case.lookup
    assert lookup is not None
    if lookup.answered_at and timezone.now() - lookup.answered_at <= app_settings.FRESHNESS["live"]:
        return True
    known = one.case.signals
    stale = grounds.told_by(lookup, one.case.insight) & LIVE_SIGNALS - known
    affected = [
        rule for rule in rules if (rule.weight or rule.live) and _is_affected(rule, stale, known)
    ]
    if not affected:
        return True
    flags = [flag for flag in one.judgement.flags if not flag.shadow]
    lowest = _lowest_score(flags, affected, frozenset())
    highest = one.judgement.score + highest_addition(affected)
    thresholds = app_settings.THRESHOLDS
    return verdict_for(lowest, thresholds) == verdict_for(highest, thresholds)


def _is_affected(rule: Rule, stale: frozenset[str], known: frozenset[str]) -> bool:
    """Return whether fresh values of the `stale` signals could change the findings of `rule`."""
    if rule.needs is None:
        return bool(stale)
    all_signals = stale | known | {"ip_match"}
    return not stale.isdisjoint(rule.needs) and all_signals.issuperset(rule.needs)


def highest_addition(rules: Sequence[Rule]) -> int:
    """Return the highest score that `rules` could add; of each group only the heaviest counts."""
    heaviest: dict[str, int] = {}
    for rule in rules:
        group = rule.group or rule.code
        heaviest[group] = max(heaviest.get(group, 0), rule.weight)
    return sum(heaviest.values())


def _lowest_score(flags: Iterable[Flag], rules: Sequence[Rule], known: frozenset[str]) -> int:
    """Return the lowest score that an answer could lead to."""
    flags = list(flags)
    open_rules = [rule for rule in rules if rule.needs is None or not known.issuperset(rule.needs)]
    excusable = EXCUSABLE | _excused(flags, open_rules)
    certain = total(flag for flag in flags if flag.code not in excusable)
    return certain + sum(min(rule.weight, 0) for rule in open_rules)


def _excused(flags: Iterable[Flag], rules: Iterable[Rule]) -> frozenset[str]:
    """Return the codes of `flags` that one of `rules` would excuse, if a provider can tell it."""
    codes = {flag.code for flag in flags}
    excusing = [rule for rule in rules if not rule.excuses.isdisjoint(codes)]
    told = loading.told_by_any() if excusing else frozenset()
    excuses = (rule.excuses for rule in excusing if told.issuperset(rule.needs or ()))
    return frozenset[str]().union(*excuses)


def level_for(one: Judged, provider: Provider, rules: Sequence[Rule]) -> str | None:
    """Return the cheapest level that serves the rules, or None if none can serve them."""
    if one.record.level in LEVELS:
        return str(one.record.level)
    signals = _needed_signals(one, provider, rules)
    if not signals:
        return None
    for level in provider.levels:
        if signals <= provider.signals.get(level, frozenset()):
            return level
    return provider.levels[-1]


def _needed_signals(one: Judged, provider: Provider, rules: Sequence[Rule]) -> frozenset[str]:
    """Return the signals that the rules need and `provider` can supply, without the free ones."""
    is_landline = one.case.insight.line_type.startswith("landline")
    top = "standard" if is_landline else provider.levels[-1]
    supplied = provider.signals.get(top, frozenset())
    needed: frozenset[str] = frozenset()
    found = {flag.code for flag in one.judgement.flags if flag.counted}
    for rule in rules:
        if rule.weight or not rule.excuses.isdisjoint(found):
            needed |= supplied if rule.needs is None else supplied.intersection(rule.needs)
    if not one.record.ip_address or not (app_settings.SEND_IP and provider.supports_ip):
        needed -= {"ip_match"}
    # The country and the calling code are known for free.
    return needed - {"country"}


def question_at(
    record: NumberInsightRecord, level: str, country: str | None, provider: Provider
) -> Question:
    """Return the question about the number of `record` at a level of `provider`."""
    send_ip = app_settings.SEND_IP and provider.supports_ip and level == "advanced"
    ask_name = app_settings.CNAM and provider.supports_cnam and level != "basic"
    # Without the declared country: if it contradicts the number, the API refuses both.
    return Question(
        number=record.number,
        level=level,
        ip=record.ip_address if send_ip else None,
        cnam=ask_name and country == "US",
    )


def _delivery(level: str, provider: Provider) -> str:
    wants_callback = app_settings.DELIVERY == "async" and level == "advanced"
    return "async" if wants_callback and provider.supports_callback else "sync"
