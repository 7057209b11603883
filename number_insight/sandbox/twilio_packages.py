"""The packages of Twilio Lookup v2: the answer to each about a persona, and its price."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from number_insight.insight import Carrier, Insight
from number_insight.providers.personas import Persona

PRICES: Mapping[str, Decimal] = {
    "caller_name": Decimal("0.01"),
    "sim_swap": Decimal("0.02"),
    "call_forwarding": Decimal("0.02"),
    "line_status": Decimal("0.007"),
    "line_type_intelligence": Decimal("0.008"),
    "identity_match": Decimal("0.10"),
    "reassigned_number": Decimal("0.02"),
    "sms_pumping_risk": Decimal("0.025"),
    "phone_number_quality_score": Decimal("0.02"),
    "pre_fill": Decimal("0.02"),
}
"""The price of each package in USD: samples where no list is public, and not a price list."""

BATCH = frozenset(PRICES) - {"phone_number_quality_score", "pre_fill"}
"""The packages that a batch query has."""

BILLED = frozenset({None, 60613, 60620, 60621})
"""The error codes of a package that is paid for; None is no error."""
WITH_DATA = frozenset({None, 60613, 60621})
"""The error codes of a package that holds data."""

_BY_STATUS = {5: 60608, 19: 60606, 2147: 60698}
"""The status of a persona -> the error code of all its packages; 60698 is in no document."""
_UNCOVERED = frozenset({43, 45})
"""The statuses of a persona under which nothing but the line type is covered."""
_MOBILE_ONLY = frozenset({"line_status", "sim_swap", "call_forwarding"})
_COUNTRIES = {"call_forwarding": "GB", "reassigned_number": "US"}
_NEEDS = {
    "identity_match": ("FirstName", "LastName", "NationalId", "DateOfBirth", "AddressLine1"),
    "reassigned_number": ("LastVerifiedDate",),
    "pre_fill": ("VerificationSid",),
}
_TYPES = {
    "mobile": "mobile",
    "landline": "landline",
    "landline_premium": "premium",
    "landline_tollfree": "tollFree",
    "pager": "pager",
}
_WITHOUT_CARRIER = frozenset({"premium", "tollFree", "pager", "unknown"})
_LINE_STATUSES = {"reachable": "reachable", "absent": "unreachable", "bad_number": "inactive"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The line that is asked about, with the parameters of the request."""

    insight: Insight
    persona: Persona
    params: Mapping[str, str]
    changes: Mapping[str, Any] = field(default_factory=dict)
    """Changes to single packages, by name: an error code, or members of the package."""

    @property
    def country(self) -> str | None:
        return self.insight.country

    @property
    def type(self) -> str:
        """The type in the vendor's words; both kinds of VoIP are virtual lines here."""
        if not self.persona.has_carrier:
            return "unknown"
        if self.persona.line_type == "virtual":
            return "fixedVoip" if self.persona.voip == "fixed" else "nonFixedVoip"
        return _TYPES.get(self.persona.line_type, "unknown")


def packages(line: Line, asked: Iterable[str]) -> tuple[dict[str, Any], Decimal]:
    """Return the packages of an answer, null where not asked, and their price in USD."""
    found: dict[str, Any] = dict.fromkeys(PRICES)
    price = Decimal(0)
    for name in asked:
        code = _error(name, line)
        if name == "caller_name" and line.country != "US":  # null, and free
            continue
        found[name] = _MAKERS[name](line) if code in WITH_DATA else _nothing(name, line)
        found[name]["error_code"] = code
        if isinstance(line.changes.get(name), Mapping):
            found[name] |= line.changes[name]
        price += PRICES[name] if code in BILLED else 0
    return found, price


def _error(name: str, line: Line) -> int | None:
    """Return the error code of a package, or None if it is answered."""
    status, change = line.persona.status, line.changes.get(name)
    if isinstance(change, str):
        return int(change)
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if name == "line_type_intelligence":
        return _error_of_type(line)
    if status in _UNCOVERED or line.persona.outcome == 2:
        return 60607
    if name in _MOBILE_ONLY and line.type != "mobile":
        return 60612
    if _COUNTRIES.get(name, line.country) != line.country:
        return 60607
    if name in _NEEDS and not any(line.params.get(needed) for needed in _NEEDS[name]):
        return 60617
    return None


def _error_of_type(line: Line) -> int | None:
    if line.persona.outcome == 2:
        return 60600
    if line.country == "CA":  # Canadian numbers need a permission of their own
        return 60601
    return 60613 if line.persona.status == 44 else None


def _nothing(name: str, line: Line) -> dict[str, Any]:
    """Return a package whose members are null."""
    return dict.fromkeys(_MAKERS[name](line))


def _caller_name(line: Line) -> dict[str, Any]:
    caller = line.insight.caller
    kind = caller.type.upper() if caller else None
    return {"caller_name": caller.name if caller else None, "caller_type": kind}


def _carrier(line: Line) -> dict[str, Any]:
    told = None if line.type in _WITHOUT_CARRIER else line.insight.current_carrier
    carrier = told or Carrier()
    code = carrier.network_code or ""
    is_mobile = code.isdigit() and line.type in ("mobile", "nonFixedVoip")
    return {
        "carrier_name": carrier.name,
        "mobile_country_code": code[:3] if is_mobile else None,
        "mobile_network_code": code[3:] if is_mobile else None,
    }


def _sim_swap(line: Line) -> dict[str, Any]:
    hours = line.persona.sim_swapped_hours
    swap: dict[str, Any] = {
        "last_sim_swap_date": None,
        "swapped_period": "PT24H",
        "swapped_in_period": hours is not None and hours <= 24,
    }
    if hours is not None:
        at = datetime.now(timezone.utc) - timedelta(hours=hours)
        swap["last_sim_swap_date"] = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    return {"last_sim_swap": swap, **_carrier(line)}


def _call_forwarding(line: Line) -> dict[str, Any]:
    return {"call_forwarding_enabled": False}


def _line_status(line: Line) -> dict[str, Any]:
    persona = line.persona
    if persona.valid_number == "not_valid":
        return {"status": "inactive"}
    if persona.reachable in ("undeliverable", "blacklisted"):  # in use, and no more is told
        return {"status": "active"}
    return {"status": _LINE_STATUSES.get(persona.reachable, "unknown")}


def _line_type(line: Line) -> dict[str, Any]:
    return {"type": line.type, **_carrier(line)}


def _identity_match(line: Line) -> dict[str, Any]:
    level = "exact_match" if line.type == "mobile" else "no_data_available"
    names = ("first_name", "last_name", "address_lines", "city", "state", "postal_code")
    more = ("address_country", "national_id", "date_of_birth")
    levels = {f"{name}_match": level for name in (*names, *more)}
    return {**levels, "summary_score": 100 if line.type == "mobile" else 0, "error_message": None}


def _reassigned_number(line: Line) -> dict[str, Any]:
    is_reassigned = "yes" if line.persona.name == "recycled" else "no"
    date = line.params.get("LastVerifiedDate", "")
    return {
        "last_verified_date": "-".join(filter(None, (date[:4], date[4:6], date[6:8]))) or None,
        "is_number_reassigned": is_reassigned,
    }


def _sms_pumping_risk(line: Line) -> dict[str, Any]:
    score = line.persona.pumping
    is_blocked = score >= 99
    return {
        "sms_pumping_risk_score": score,
        "carrier_risk_category": _category(score),
        "number_blocked": is_blocked,
        "number_blocked_date": "2026-01-31" if is_blocked else None,
        "number_blocked_last_3_months": is_blocked,
    }


def _quality_score(line: Line) -> dict[str, Any]:
    risk = 90 if line.type == "nonFixedVoip" else 5
    scores: dict[str, Any] = {}
    for name in ("quality", "carrier_risk", "disposable_phone_risk", "velocity_risk"):
        score = 100 - risk if name == "quality" else risk
        scores |= {f"{name}_score": score, f"{name}_category": _category(score)}
    return scores


def _pre_fill(line: Line) -> dict[str, Any]:
    names = ("first_name", "last_name", "address_line", "country_code", "state", "postal_code")
    return {**dict.fromkeys(names), "first_name": "Robin", "last_name": "Example"}


def _category(score: int) -> str:
    return "low" if score < 60 else "moderate" if score < 75 else "high"


_MAKERS: Mapping[str, Callable[[Line], dict[str, Any]]] = {
    "caller_name": _caller_name,
    "sim_swap": _sim_swap,
    "call_forwarding": _call_forwarding,
    "line_status": _line_status,
    "line_type_intelligence": _line_type,
    "identity_match": _identity_match,
    "reassigned_number": _reassigned_number,
    "sms_pumping_risk": _sms_pumping_risk,
    "phone_number_quality_score": _quality_score,
    "pre_fill": _pre_fill,
}
