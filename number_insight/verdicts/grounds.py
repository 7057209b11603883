"""Grounds: the facts that a record is judged on, and where they come from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.utils import timezone

from number_insight import loading, numbers
from number_insight.conf import app_settings
from number_insight.insight import LINE_TYPES, UNKNOWN, Insight
from number_insight.models import Lookup
from number_insight.models.choices import Basis, Verdict
from number_insight.rules.base import LIVE_SIGNALS

UNPAID = (Basis.BUDGET, Basis.LIMIT)
WITHOUT_ANSWER = (Basis.NO_ANSWER, Basis.DISABLED, *UNPAID)
"""The bases of a verdict that needed an answer and had to do without."""
RISKY_LINE_TYPES = LINE_TYPES - {"mobile", UNKNOWN}
"""The line types that libphonenumber's word is enough for, since rules flag them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One record, and the facts that it is judged on.

    `record` is a `NumberInsightRecord`, or a row with its columns. `signals` are the facts that
    could be told at all. `ip_sent` is the IP that the provider has compared with the number.
    """

    record: Any
    insight: Insight
    signals: frozenset[str]
    basis: str
    lookup: Lookup | None = None
    ip_sent: str | None = None
    note: str = ""


def local(record: Any, basis: str = Basis.FREE, note: str = "") -> Case:
    """Return the case of `record` on libphonenumber's word alone."""
    insight = numbers.local_insight(record.number)
    return Case(record=record, insight=insight, signals=known(insight), basis=basis, note=note)


def answered(record: Any, lookup: Lookup, insight: Insight, basis: str) -> Case:
    """Return the case of `record` on the answer of `lookup`, be it as it came or as it was kept."""
    signals = told_by(lookup)
    if basis == Basis.REUSED and not _is_live(lookup):
        signals, insight = signals - LIVE_SIGNALS, insight.without_live()
    insight = completed(insight, record.number)
    return Case(
        record=record,
        insight=insight,
        signals=signals | known(insight),
        basis=basis,
        lookup=lookup,
        ip_sent=lookup.ip_address,
    )


def unanswered(record: Any, lookup: Lookup, basis: str) -> Case:
    """Return the case of `record` whose `lookup` brought no answer."""
    return replace(local(record, basis), lookup=lookup, ip_sent=lookup.ip_address)


def number_refused(record: Any, lookup: Lookup) -> Case:
    """Return the case of `record` whose number the provider refused as a number."""
    case = unanswered(record, lookup, Basis.ANSWER)
    return replace(case, insight=replace(case.insight, status=lookup.status))


def told_by(lookup: Lookup) -> frozenset[str]:
    """Return the signals that the provider of `lookup` can tell at its level."""
    signals = loading.provider(lookup.provider).signals.get(lookup.level, frozenset())
    return signals if lookup.cnam else signals - {"caller"}


def _is_live(lookup: Lookup) -> bool:
    """Whether the live data of `lookup` was stored, and is fresh."""
    if not app_settings.STORE_LIVE or lookup.answered_at is None:
        return False
    return timezone.now() - lookup.answered_at <= app_settings.FRESHNESS["live"]


def known(insight: Insight) -> frozenset[str]:
    """Return the signals that need no provider, as far as `insight` tells them."""
    is_known = {"country": bool(insight.country), "line_type": insight.line_type != UNKNOWN}
    return frozenset(signal for signal in is_known if is_known[signal])


def completed(insight: Insight, number: str) -> Insight:
    """Return `insight` with what libphonenumber knows of `number` where the answer left it out.

    An answer makes no verdict milder than no answer would: a line type that is a risk stands until
    the provider tells another one. "mobile" is no risk, and is the provider's to tell.
    """
    local = numbers.local_insight(number)
    if not insight.country:
        insight = replace(insight, country=local.country, country_prefix=local.country_prefix)
    if insight.line_type == UNKNOWN and local.line_type in RISKY_LINE_TYPES:
        insight = replace(insight, line_type=local.line_type)
    return insight


def least_verdict(basis: str) -> str:
    """Return the mildest verdict that `basis` permits."""
    if basis in UNPAID:
        return app_settings.ON_BUDGET
    if basis in WITHOUT_ANSWER:
        return app_settings.ON_NO_ANSWER
    return Verdict.ALLOW.value
