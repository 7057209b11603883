"""What to ask about a record, if anything: the cheapest question that can change its verdict."""

from __future__ import annotations

from dataclasses import dataclass

from number_insight import loading, numbers, switches
from number_insight.choices import Basis
from number_insight.conf import app_settings
from number_insight.insight import LEVELS
from number_insight.models import NumberInsightRecord
from number_insight.providers.base import Provider, Question

AUTO = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The question to put, to whom and how; or, without one, what the verdict rests on."""

    question: Question | None = None
    provider: str = loading.DEFAULT_PROVIDER
    delivery: str = "sync"
    basis: str = Basis.FREE


def plan_for(record: NumberInsightRecord) -> Plan:
    """Return what to ask about `record`, with nothing asked that cannot change its verdict."""
    if not numbers.is_possible(record.number):
        return Plan(basis=Basis.FREE)
    if not switches.lookups_are_on():
        return Plan(basis=Basis.DISABLED)
    country, wanted = numbers.country(record.number), app_settings.COUNTRIES
    if wanted is not None and country not in wanted:
        return Plan(basis=Basis.COUNTRY)
    provider = loading.provider()
    level = level_for(record, provider)
    if level is None:
        return Plan(basis=Basis.FREE)
    return Plan(
        question=_question(record, level, country, provider),
        delivery=_delivery(level, provider),
    )


def level_for(record: NumberInsightRecord, provider: Provider) -> str | None:
    """Return the level to ask at; None if no level can tell what the rules want to know."""
    if record.level in LEVELS:
        return record.level
    wanted = _wanted(record, provider)
    if not wanted:
        return None
    for level in provider.levels:
        if wanted <= provider.signals.get(level, frozenset()):
            return level
    return provider.levels[-1]


def _wanted(record: NumberInsightRecord, provider: Provider) -> frozenset[str]:
    """Return the signals that an active rule needs, this provider has, and we lack."""
    local = numbers.local_insight(record.number)
    top = "standard" if local.line_type.startswith("landline") else provider.levels[-1]
    told = provider.signals.get(top, frozenset())
    wanted: frozenset[str] = frozenset()
    for rule in loading.rules():
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
