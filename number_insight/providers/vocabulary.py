"""The vocabulary of an insight, for the answers of all providers.

A project's own provider may use words and countries that no rule knows and no column holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace
from datetime import datetime
from typing import TypeGuard

from number_insight import facts
from number_insight.insight import UNKNOWN, Caller, Carrier, Insight, Location, Risk, Swap, utc_time
from number_insight.numbers import known_country
from number_insight.providers.scalars import clean, flag

LONGEST = 50
"""The longest name or word that is kept of a match or a risk, in characters."""


def sound(insight: Insight) -> Insight:
    """Return `insight` with unknown words and countries replaced by "unknown" and None."""
    roaming, ip = insight.roaming, insight.ip
    return replace(
        insight,
        country=known_country(insight.country),
        line_type=_word(insight.line_type, facts.LINE_TYPES),
        current_carrier=_carrier(insight.current_carrier),
        original_carrier=_carrier(insight.original_carrier),
        ported=_word(insight.ported, facts.PORTED),
        valid_number=_word(insight.valid_number, facts.VALID_NUMBER),
        reachable=_word(insight.reachable, facts.REACHABLE),
        roaming=replace(
            roaming,
            status=_word(roaming.status, facts.ROAMING),
            country=known_country(roaming.country),
        ),
        ip=replace(ip, match=_word(ip.match, facts.IP_MATCH), country=known_country(ip.country)),
        caller=_caller(insight.caller),
        sim_swap=_swap(insight.sim_swap),
        device_swap=_swap(insight.device_swap),
        voip=_word_if_told(insight.voip, facts.VOIP),
        risk=_risk(insight.risk),
        reassigned=_word_if_told(insight.reassigned, facts.REASSIGNED),
        call_forwarding=flag(insight.call_forwarding),
        match=words(insight.match) if isinstance(insight.match, Mapping) else None,
        location=_location(insight.location),
        missing={
            signal: reason
            for signal, reason in words(insight.missing).items()
            if reason in facts.MISSING
        },
    )


def _carrier(carrier: Carrier | None) -> Carrier | None:
    if carrier is None:
        return None
    kind = _word(carrier.network_type, facts.LINE_TYPES)
    return replace(carrier, country=known_country(carrier.country), network_type=kind)


def _caller(caller: Caller | None) -> Caller | None:
    return None if caller is None else replace(caller, type=_word(caller.type, facts.CALLER_TYPES))


def _swap(swap: object) -> Swap | None:
    if not isinstance(swap, Swap):
        return None
    hours = swap.period_hours
    return replace(
        swap,
        swapped=flag(swap.swapped),
        at=_time(swap.at),
        period_hours=hours if _is_integer(hours) and hours > 0 else None,
    )


def _risk(risk: object) -> Risk | None:
    if not isinstance(risk, Risk):
        return None
    kind = _short(risk.kind) if isinstance(risk.kind, str) else None
    return replace(
        risk,
        score=risk.score if _is_integer(risk.score) and 0 <= risk.score <= 100 else None,
        blocked=flag(risk.blocked),
        blocked_at=_time(risk.blocked_at),
        kind=kind or None,
    )


def _location(location: object) -> Location | None:
    if not isinstance(location, Location):
        return None
    return replace(location, verified=_word(location.verified, facts.VERIFIED))


def words(value: object) -> dict[str, str]:
    """Return the texts of a mapping under texts, in lower case."""
    items = value.items() if isinstance(value, Mapping) else ()
    return {
        _short(name): _short(word)
        for name, word in items
        if isinstance(name, str) and isinstance(word, str)
    }


def _short(text: str) -> str:
    return clean(text).lower()[:LONGEST]


def _time(value: object) -> datetime | None:
    return utc_time(value) if isinstance(value, datetime) else None


def _is_integer(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _word(value: object, known: Set[str]) -> str:
    word = value.strip().lower() if isinstance(value, str) else UNKNOWN
    return word if word in known else UNKNOWN


def _word_if_told(value: object, known: Set[str]) -> str | None:
    return None if value is None else _word(value, known)
