"""The answer about a persona: its insight at each level."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

from number_insight import numbers
from number_insight.insight import UNKNOWN, Caller, Carrier, Insight, IPMatch, RealTime, Roaming
from number_insight.providers.personas.cast import persona_for
from number_insight.providers.personas.countries import TEST_MCC, country_of, elsewhere
from number_insight.providers.personas.persona import ANSWERED, STATUS_TEXT, Persona

PRICES = {
    "basic": Decimal("0"),
    "standard": Decimal("0.005"),
    "advanced": Decimal("0.03"),
    "cnam": Decimal("0.01"),
}
"""Sample prices of an answer in EUR, not a price list; "cnam" is added to that of the level."""

_BRANDS = {
    "landline": "Telecom",
    "landline_premium": "Premium",
    "landline_tollfree": "Freephone",
    "virtual": "Voice",
    "pager": "Paging",
}
_FIXED_CODES = {
    "landline": "FIXED",
    "landline_premium": "PREMIUM",
    "landline_tollfree": "TOLLFREE",
}


def answer(
    number: str,
    level: str,
    *,
    ip: str | None = None,
    cnam: bool = False,
    real_time: bool = False,
    request_id: str | None = None,
    persona: Persona | None = None,
) -> Insight:
    """Return the answer about `number` (E.164) at `level`, as if its trouble had passed.

    The persona is that of the number's ending unless one is given. The balance is None.
    """
    persona = persona or persona_for(number)
    insight = _basic(number, request_id or str(uuid4()))
    if level == "basic":
        return insight
    insight = _standard(insight, persona, cnam)
    if level == "advanced":
        insight = _advanced(insight, persona, ip, real_time)
    return _priced(insight, level, persona, cnam)


def _basic(number: str, request_id: str) -> Insight:
    alpha2 = numbers.country(number)
    country = country_of(alpha2) if alpha2 else None
    return Insight(
        status=0,
        status_text=STATUS_TEXT[0],
        request_id=request_id,
        number=number,
        national_format=numbers.national(number),
        country=alpha2,
        country_iso3=country.iso3 if country else None,
        country_name=country.name if country else None,
        country_prefix=numbers.calling_code(number),
    )


def _standard(insight: Insight, persona: Persona, cnam: bool) -> Insight:
    status = persona.status if persona.status in ANSWERED else 0
    current = _carrier(insight.country or "", persona) if persona.has_carrier else None
    return replace(
        insight,
        status=status,
        status_text=STATUS_TEXT[status],
        line_type=current.network_type if current else UNKNOWN,
        current_carrier=current,
        original_carrier=_original(insight.country or "", persona, current),
        ported=persona.ported,
        caller=_caller(insight, persona) if cnam else None,
    )


def _carrier(home: str, persona: Persona) -> Carrier:
    alpha2 = elsewhere(home, persona.carrier_country) if persona.carrier_country else home
    brand = _BRANDS.get(persona.line_type, "Mobile")
    return Carrier(
        network_code=_network_code(alpha2, persona.line_type),
        name=persona.carrier_name or f"Example {brand} {alpha2}".strip(),
        country=alpha2 or None,
        network_type=persona.line_type,
    )


def _original(home: str, persona: Persona, current: Carrier | None) -> Carrier | None:
    if persona.outcome == 2 or persona.quirk == "null_members":
        return None
    if current is not None and not persona.has_other_original:
        return current
    return Carrier(
        network_code=f"{_mcc(home)}98",
        name=f"Example First {home}".strip(),
        country=home or None,
        network_type=persona.line_type,
    )


def _network_code(alpha2: str, line_type: str) -> str:
    """Return MCC and MNC of a network that does not exist, or a code such as "US-FIXED"."""
    if line_type in _FIXED_CODES and alpha2:
        return f"{alpha2}-{_FIXED_CODES[line_type]}"
    return f"{_mcc(alpha2)}99"


def _mcc(alpha2: str) -> str:
    return country_of(alpha2).mcc if alpha2 else TEST_MCC


def _caller(insight: Insight, persona: Persona) -> Caller | None:
    # The caller name exists for US numbers only.
    if insight.country != "US" or persona.outcome == 2:
        return None
    if persona.line_type != "mobile":
        return Caller(name="EXAMPLE COMPANY", type="business")
    return Caller(
        name="Robin Example",
        first_name="Robin",
        last_name="Example",
        type="consumer",
        subscription_type="postpaid",
    )


def _advanced(insight: Insight, persona: Persona, ip: str | None, real_time: bool) -> Insight:
    return replace(
        insight,
        valid_number=persona.valid_number,
        reachable=persona.reachable,
        roaming=_roaming(insight.country or "", persona),
        ip=_ip_match(insight.country or "", persona, ip),
        real_time=_real_time(persona) if real_time or persona.has_real_time else None,
        outcome=persona.outcome,
    )


def _roaming(home: str, persona: Persona) -> Roaming:
    if persona.roaming != "roaming" or persona.roaming_country is None:
        return Roaming(status=persona.roaming)
    alpha2 = elsewhere(home, persona.roaming_country)
    return Roaming(
        status="roaming",
        country=alpha2,
        network_code=f"{_mcc(alpha2)}99",
        network_name=f"Example Mobile {alpha2}",
    )


def _ip_match(home: str, persona: Persona, ip: str | None) -> IPMatch:
    if not ip or not home or persona.outcome == 2:
        return IPMatch()
    alpha2 = elsewhere(home, persona.ip_country) if persona.ip_country else home
    return IPMatch(address=ip, match="country" if alpha2 == home else "mismatch", country=alpha2)


def _real_time(persona: Persona) -> RealTime:
    is_on = persona.reachable == "reachable"
    return RealTime(active=is_on, handset="on" if is_on else "off")


def _priced(insight: Insight, level: str, persona: Persona, cnam: bool) -> Insight:
    price = PRICES[level] + (PRICES["cnam"] if cnam else 0)
    refund = PRICES["cnam"] if cnam and insight.caller is None else Decimal(0)
    if persona.outcome == 2:
        refund = price
    return replace(insight, price=price, refund=refund or None)
