"""Grounds: the facts on which a record is judged, and their sources."""

from __future__ import annotations

from collections.abc import Mapping
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
"""The bases of a verdict that lacked an answer it needed."""
RISKY_LINE_TYPES = LINE_TYPES - {"mobile", UNKNOWN}
"""The line types that rules flag, which are taken from libphonenumber as well."""
TOLD_IN: Mapping[str, tuple[str, ...]] = {
    "line_type": ("line_type",),
    "carrier": ("current_carrier", "original_carrier"),
    "ported": ("ported",),
    "valid_number": ("valid_number",),
    "reachable": ("reachable",),
    "roaming": ("roaming",),
    "ip_match": ("ip",),
    "caller": ("caller",),
    "real_time": ("real_time",),
    "sim_swap": ("sim_swap",),
    "device_swap": ("device_swap",),
    "voip": ("voip",),
    "risk": ("risk",),
    "reassigned": ("reassigned",),
    "call_forwarding": ("call_forwarding",),
    "match": ("match",),
    "location": ("location",),
}
"""Signal -> where an `Insight` tells it."""


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
    return Case(record=record, insight=insight, signals=known(insight), basis=basis, note=note)


def answered(record: Any, lookup: Lookup, insight: Insight, basis: str) -> Case:
    """Return the case of `record` on the answer of `lookup`, complete or as it is stored."""
    signals = told_by(lookup, insight)
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
    """Return the case of `record` after a `lookup` without an answer."""
    return replace(local(record, basis), lookup=lookup, ip_sent=lookup.ip_address)


def number_refused(record: Any, lookup: Lookup) -> Case:
    """Return the case of `record` after the provider rejected its number as malformed."""
    case = unanswered(record, lookup, Basis.ANSWER)
    return replace(case, insight=refused(case.insight, lookup.status))


def refused(insight: Insight, status: int | None) -> Insight:
    """Return `insight` for a number that the provider rejected, with its `status`, if any."""
    return replace(insight, status=status, number_refused=True)


def told_by(lookup: Lookup, insight: Insight) -> frozenset[str]:
    """Return the signals that `insight`, the answer of `lookup`, tells."""
    return signals_of(lookup.provider, lookup.level, cnam=lookup.cnam) - not_told(insight)


def not_told(insight: Insight) -> frozenset[str]:
    """Return the signals that `insight` names as missing, without a carrier that it tells.

    A carrier is told where the original one is, though the current one was not found.
    """
    has_carrier = insight.current_carrier or insight.original_carrier
    return frozenset(insight.missing) - ({"carrier"} if has_carrier else frozenset())


def signals_of(provider: str, level: str, *, cnam: bool) -> frozenset[str]:
    """Return the signals that an answer of `provider` at `level` could tell."""
    signals = loading.provider(provider).signals.get(level, frozenset())
    return signals if cnam else signals - {"caller"}


def _is_live(lookup: Lookup) -> bool:
    """Return whether the live data of `lookup` was stored, and is fresh."""
    if not app_settings.keeps_live_data or lookup.answered_at is None:
        return False
    return timezone.now() - lookup.answered_at <= app_settings.FRESHNESS["live"]


def known(insight: Insight) -> frozenset[str]:
    """Return the signals with facts in `insight` that need no provider, or no certain level.

    Any part of an answer may tell that the number is cancelled.
    """
    is_known = {
        "country": bool(insight.country),
        "line_type": insight.line_type != UNKNOWN,
        "valid_number": insight.valid_number == "cancelled",
    }
    return frozenset(signal for signal in is_known if is_known[signal])


def completed(insight: Insight, number: str) -> Insight:
    """Return `insight` with `number` in canonical form, and with free facts if the answer has none.

    An answer makes no verdict milder than no answer: a risky line type stands unless the provider
    tells another one. "mobile" is no risk, so only the provider tells it.
    """
    if not insight.country or insight.line_type == UNKNOWN:
        insight = _with_free_facts(insight, numbers.local_insight(number))
    if insight.number in ("", number) or not numbers.is_same_line(insight.number, number):
        return insight
    return replace(insight, number=number)


def _with_free_facts(insight: Insight, local: Insight) -> Insight:
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
