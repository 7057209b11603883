"""Grounds: the facts on which a record is judged, and their sources."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.utils import timezone

from number_insight import loading, numbers
from number_insight.conf import app_settings
from number_insight.insight import UNKNOWN, Insight
from number_insight.models import Lookup
from number_insight.models.choices import Basis, Verdict
from number_insight.rules.base import LIVE_SIGNALS

UNPAID = (Basis.BUDGET, Basis.LIMIT)
WITHOUT_ANSWER = (Basis.NO_ANSWER, Basis.DISABLED, *UNPAID)
"""The bases of a verdict that lacked an answer it needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A record and the facts on which it is judged.

    `record` is a `NumberInsightRecord`, or a row with its columns. `signals` are the facts that the
    source of the insight can supply. `ip_sent` is the IP with which the provider compared the
    number.
    """

    record: Any
    insight: Insight
    signals: frozenset[str]
    basis: str
    lookup: Lookup | None = None
    ip_sent: str | None = None
    note: str = ""


def local(record: Any, basis: str = Basis.FREE, note: str = "") -> Case:
    """Return the case of `record` on the facts from libphonenumber alone."""
    insight = numbers.local_insight(record.number)
    signals = {"country"} if insight.country else set()
    if insight.line_type != UNKNOWN:
        signals.add("line_type")
    return Case(record=record, insight=insight, signals=frozenset(signals), basis=basis, note=note)


def answered(record: Any, lookup: Lookup, insight: Insight, basis: str) -> Case:
    """Return the case of `record` on the answer of `lookup`, complete or as it is stored."""
    signals = told_by(lookup)
    if basis == Basis.REUSED and not _is_live(lookup):
        signals, insight = signals - LIVE_SIGNALS, insight.without_live()
    return Case(
        record=record,
        insight=completed(insight, record.number),
        signals=signals,
        basis=basis,
        lookup=lookup,
        ip_sent=lookup.ip_address,
    )


def unanswered(record: Any, lookup: Lookup, basis: str) -> Case:
    """Return the case of `record` after a `lookup` without an answer."""
    return replace(local(record, basis), lookup=lookup, ip_sent=lookup.ip_address)


def number_refused(record: Any, lookup: Lookup) -> Case:
    """Return the case of `record` after the provider rejected its number as malformed."""
    case = unanswered(record, lookup, Basis.ANSWER)
    return replace(case, insight=replace(case.insight, status=lookup.status))


def told_by(lookup: Lookup) -> frozenset[str]:
    """Return the signals that the answer of `lookup` could tell."""
    return signals_of(lookup.provider, lookup.level, cnam=lookup.cnam)


def signals_of(provider: str, level: str, *, cnam: bool) -> frozenset[str]:
    """Return the signals that an answer of `provider` at `level` could tell."""
    signals = loading.provider(provider).signals.get(level, frozenset())
    return signals if cnam else signals - {"caller"}


def _is_live(lookup: Lookup) -> bool:
    """Return whether the live data of `lookup` was stored, and is fresh."""
    if not app_settings.STORE_LIVE or lookup.answered_at is None:
        return False
    return timezone.now() - lookup.answered_at <= app_settings.FRESHNESS["live"]


def completed(insight: Insight, number: str) -> Insight:
    """Return `insight`, with the country from libphonenumber if the answer has none."""
    if insight.country:
        return insight
    local = numbers.local_insight(number)
    return replace(insight, country=local.country, country_prefix=local.country_prefix)


def least_verdict(basis: str) -> str:
    """Return the mildest verdict that `basis` permits."""
    if basis in UNPAID:
        return app_settings.ON_BUDGET
    if basis in WITHOUT_ANSWER:
        return app_settings.ON_NO_ANSWER
    return Verdict.ALLOW.value
