"""Rendering of an `Insight` as the provider's JSON, in the dialect of a year.

2017 has flat IP fields, "unknown" for missing facts, and numbers as strings; 2018 has nested
objects; 2021 has nulls, roaming as a bare string, and no IP match any more.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from number_insight.insight import UNKNOWN, Carrier, Insight
from number_insight.providers.personas import STATUS_TEXT

OUTCOMES = {0: "Success", 1: "Partial success - some fields populated", 2: "Failed"}


def refusal(status: int, text: str = "", *, is_async: bool = False) -> dict[str, Any]:
    """Return the body of a refusal, which has no other member, not even a request_id."""
    text = text or STATUS_TEXT.get(status, "Unknown error")
    if is_async:
        return {"error_text": text, "status": status}
    return {"status": status, "status_message": text}


def acknowledgement(insight: Insight) -> dict[str, Any]:
    """Return the immediate answer to an asynchronous request."""
    return {
        "request_id": insight.request_id,
        "number": insight.number.lstrip("+"),
        "remaining_balance": amount(insight.balance),
        "request_price": amount(insight.price),
        "status": 0,
    }


def document(insight: Insight, level: str, dialect: str, quirk: str = "") -> dict[str, Any]:
    """Return the body of the answer to a request at `level`."""
    body = _basic(insight)
    if level == "basic":
        return body
    body |= _standard(insight, dialect)
    if level == "advanced":
        body |= _advanced(insight, dialect)
    elif dialect != "2021":
        body["roaming"] = {"status": UNKNOWN}
    return _quirked(body, insight, quirk)


def amount(value: Decimal | None) -> str:
    """Return an amount as the provider writes it: a string with eight decimals."""
    return f"{value or Decimal(0):.8f}"


def _basic(insight: Insight) -> dict[str, Any]:
    return {
        "status": insight.status,
        "status_message": insight.status_text,
        "request_id": insight.request_id,
        "international_format_number": insight.number.lstrip("+"),
        "national_format_number": insight.national_format,
        "country_code": insight.country,
        "country_code_iso3": insight.country_iso3,
        "country_name": insight.country_name,
        "country_prefix": insight.country_prefix,
    }


def _standard(insight: Insight, dialect: str) -> dict[str, Any]:
    body: dict[str, Any] = {"request_price": amount(insight.price)}
    if insight.refund:
        body["refund_price"] = amount(insight.refund)
    body |= {
        "remaining_balance": amount(insight.balance),
        "current_carrier": _carrier(insight.current_carrier, dialect),
        "original_carrier": _carrier(insight.original_carrier, dialect),
        "ported": insight.ported,
    }
    return body | _caller(insight)


def _carrier(carrier: Carrier | None, dialect: str) -> dict[str, Any] | None:
    if carrier is None:
        # "unknown" until 2020, null since: Vonage/vonage-dotnet-sdk#252.
        return None if dialect == "2021" else dict.fromkeys(_MEMBERS, UNKNOWN)
    return {member: getattr(carrier, member) for member in _MEMBERS}


_MEMBERS = ("network_code", "name", "country", "network_type")


def _caller(insight: Insight) -> dict[str, Any]:
    caller = insight.caller
    if caller is None:
        return {}
    person = {
        "caller_type": caller.type,
        "caller_name": caller.name,
        "first_name": caller.first_name,
        "last_name": caller.last_name,
    }
    person = {name: value for name, value in person.items() if value is not None}
    nested = {**person, "subscription_type": caller.subscription_type}
    return {"caller_identity": nested, **person}


def _advanced(insight: Insight, dialect: str) -> dict[str, Any]:
    outcome = insight.outcome or 0
    body: dict[str, Any] = {
        "lookup_outcome": str(outcome) if dialect == "2017" else outcome,
        "lookup_outcome_message": OUTCOMES[outcome],
        "valid_number": insight.valid_number,
        "reachable": insight.reachable,
        "roaming": _roaming(insight, dialect),
    }
    if dialect != "2021":
        body |= _ip(insight, dialect)
    if insight.real_time is not None:
        body["real_time_data"] = {
            "active_status": "active" if insight.real_time.active else "inactive",
            "handset_status": insight.real_time.handset.capitalize(),
        }
    return body


def _roaming(insight: Insight, dialect: str) -> Any:
    roaming = insight.roaming
    if roaming.status != "roaming":
        is_bare = dialect == "2021" and roaming.status == UNKNOWN
        return UNKNOWN if is_bare else {"status": roaming.status}
    code = roaming.network_code or ""
    return {
        "status": roaming.status,
        "roaming_country_code": roaming.country,
        # A number at first and a string later: the reference has both.
        "roaming_network_code": int(code) if dialect == "2017" and code.isdigit() else code,
        "roaming_network_name": roaming.network_name,
    }


def _ip(insight: Insight, dialect: str) -> dict[str, Any]:
    # "ip_warnings" has always been "unknown": Nexmo/nexmo-developer#1606.
    body: dict[str, Any] = {"ip_warnings": UNKNOWN}
    ip = insight.ip
    if dialect == "2017":
        body["ip"] = ip.address or ""
        if ip.address:
            body["ip_match_level"] = "Country Level" if ip.match == "country" else "Mismatch"
            body["ip_country"] = ip.country
    elif ip.address:
        body["ip"] = {
            "address": ip.address,
            "ip_match_level": ip.match,
            "ip_country": ip.country,
            "ip_city": ip.city or "",
        }
    return body


def _quirked(body: dict[str, Any], insight: Insight, quirk: str) -> dict[str, Any]:
    """Return `body` with one of the oddities that occur in every dialect."""
    if quirk == "null_members":
        empty = dict.fromkeys(_MEMBERS)
        body |= {"current_carrier": empty, "original_carrier": empty}
    elif quirk == "null_ported":
        body["ported"] = None
    elif quirk == "roaming_string" and "lookup_outcome" in body:
        body["roaming"] = insight.roaming.status
    elif quirk == "swapped_names" and "first_name" in body:
        body["first_name"], body["last_name"] = body["last_name"], body["first_name"]
    elif quirk == "null_carrier":
        body["current_carrier"] = None
    return body
