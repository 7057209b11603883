"""The vocabulary of an insight, for the answers of all providers.

A project's own provider may use words and countries that no rule knows, and values that no column
holds. None of them may cost the answer, which is paid.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeGuard

from number_insight import facts
from number_insight.insight import (
    UNKNOWN,
    Caller,
    Carrier,
    Insight,
    IPMatch,
    Location,
    RealTime,
    Risk,
    Roaming,
    Swap,
    utc_time,
)
from number_insight.numbers import known_country
from number_insight.providers import scalars
from number_insight.providers.base import Acknowledgement
from number_insight.providers.scalars import clean, flag

LONGEST_REQUEST_ID = 64
SUBSCRIPTIONS = frozenset({"prepaid", "postpaid"})
LONGEST = 50
"""The longest name or word that is kept of a match or a risk, in characters."""


def sound(insight: Insight) -> Insight:
    """Return `insight` with unknown words replaced by "unknown", and other nonsense by None.

    A value of a wrong type is read as far as it can be: ``0.03`` and ``"0.03"`` are a price.
    """
    return replace(
        insight,
        **_of_the_question(insight),
        national_format=scalars.text(insight.national_format),
        country=known_country(insight.country),
        country_iso3=scalars.letters(insight.country_iso3, 3),
        country_name=scalars.text(insight.country_name),
        country_prefix=scalars.text(insight.country_prefix),
        line_type=_word(insight.line_type, facts.LINE_TYPES),
        current_carrier=_carrier(insight.current_carrier),
        original_carrier=_carrier(insight.original_carrier),
        ported=_word(insight.ported, facts.PORTED),
        valid_number=_word(insight.valid_number, facts.VALID_NUMBER),
        reachable=_word(insight.reachable, facts.REACHABLE),
        roaming=_roaming(insight.roaming),
        ip=_ip(insight.ip),
        caller=_caller(insight.caller),
        real_time=_real_time(insight.real_time),
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


def acknowledged(acknowledgement: Acknowledgement) -> Acknowledgement:
    """Return `acknowledgement` with a request id and amounts that can be stored."""
    return replace(
        acknowledgement,
        request_id=_request_id(acknowledgement.request_id),
        price=_amount(acknowledgement.price),
        balance=_amount(acknowledgement.balance),
    )


def _of_the_question(insight: Insight) -> dict[str, Any]:
    """Return what `insight` tells of the question itself, and of its price."""
    outcome = scalars.integer(insight.outcome)
    return {
        "status": scalars.integer(insight.status),
        "status_text": scalars.scrubbed(insight.status_text),
        "request_id": _request_id(insight.request_id),
        "number": scalars.number(insight.number),
        "outcome": outcome if outcome in (0, 1, 2) else None,
        "price": _amount(insight.price),
        "refund": _amount(insight.refund),
        "balance": _amount(insight.balance),
        "raw": insight.raw if isinstance(insight.raw, Mapping) else None,
    }


def _request_id(value: object) -> str:
    return (scalars.text(value) or "")[:LONGEST_REQUEST_ID]


def _amount(value: object) -> Decimal | None:
    """Return an amount; one that is a decimal already is doubted elsewhere, if it has to be."""
    return value if isinstance(value, Decimal) else scalars.amount(value)


def _carrier(carrier: object) -> Carrier | None:
    if not isinstance(carrier, Carrier):
        return None
    return Carrier(
        network_code=scalars.text(carrier.network_code),
        name=scalars.text(carrier.name),
        country=known_country(carrier.country),
        network_type=_word(carrier.network_type, facts.LINE_TYPES),
    )


def _roaming(roaming: object) -> Roaming:
    if not isinstance(roaming, Roaming):
        return Roaming()
    return Roaming(
        status=_word(roaming.status, facts.ROAMING),
        country=known_country(roaming.country),
        network_code=scalars.text(roaming.network_code),
        network_name=scalars.text(roaming.network_name),
    )


def _ip(ip: object) -> IPMatch:
    if not isinstance(ip, IPMatch):
        return IPMatch()
    return IPMatch(
        address=scalars.address(ip.address),
        match=_word(ip.match, facts.IP_MATCH),
        country=known_country(ip.country),
        city=scalars.text(ip.city),
    )


def _caller(caller: object) -> Caller | None:
    if not isinstance(caller, Caller):
        return None
    return Caller(
        name=scalars.text(caller.name),
        first_name=scalars.text(caller.first_name),
        last_name=scalars.text(caller.last_name),
        type=_word(caller.type, facts.CALLER_TYPES),
        subscription_type=_word(caller.subscription_type, SUBSCRIPTIONS),
    )


def _real_time(state: object) -> RealTime | None:
    if not isinstance(state, RealTime):
        return None
    return RealTime(active=flag(state.active), handset=_word(state.handset, {"on", "off"}))


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
