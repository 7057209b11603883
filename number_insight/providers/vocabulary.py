"""The vocabulary of an insight, for the answers of all providers.

A project's own provider may use words and countries that no rule knows and no column holds.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace

from number_insight.insight import (
    CALLER_TYPES,
    IP_MATCH,
    LINE_TYPES,
    PORTED,
    REACHABLE,
    ROAMING,
    UNKNOWN,
    VALID_NUMBER,
    Caller,
    Carrier,
    Insight,
)
from number_insight.numbers import known_country


def sound(insight: Insight) -> Insight:
    """Return `insight` with unknown words and countries replaced by "unknown" and None."""
    roaming, ip = insight.roaming, insight.ip
    return replace(
        insight,
        country=known_country(insight.country),
        line_type=_word(insight.line_type, LINE_TYPES),
        current_carrier=_carrier(insight.current_carrier),
        original_carrier=_carrier(insight.original_carrier),
        ported=_word(insight.ported, PORTED),
        valid_number=_word(insight.valid_number, VALID_NUMBER),
        reachable=_word(insight.reachable, REACHABLE),
        roaming=replace(
            roaming, status=_word(roaming.status, ROAMING), country=known_country(roaming.country)
        ),
        ip=replace(ip, match=_word(ip.match, IP_MATCH), country=known_country(ip.country)),
        caller=_caller(insight.caller),
    )


def _carrier(carrier: Carrier | None) -> Carrier | None:
    if carrier is None:
        return None
    kind = _word(carrier.network_type, LINE_TYPES)
    return replace(carrier, country=known_country(carrier.country), network_type=kind)


def _caller(caller: Caller | None) -> Caller | None:
    return None if caller is None else replace(caller, type=_word(caller.type, CALLER_TYPES))


def _word(value: object, known: Set[str]) -> str:
    word = value.strip().lower() if isinstance(value, str) else UNKNOWN
    return word if word in known else UNKNOWN
