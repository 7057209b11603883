"""The packages of Twilio Lookup v2: the facts in each, and the signals that they tell.

Documents: https://www.twilio.com/docs/lookup/v2-api. The types and words are those of the
documents; the list of line types may grow, and real answers hold more than the documents say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from number_insight.exceptions import ProviderError
from number_insight.insight import CALLER_TYPES, REASSIGNED, UNKNOWN, Caller, Carrier, Risk, Swap
from number_insight.providers import scalars
from number_insight.providers.networks import country_of_network

SIGNALS: Mapping[str, tuple[str, ...]] = {
    "line_type_intelligence": ("line_type", "carrier", "voip"),
    "caller_name": ("caller",),
    "line_status": ("valid_number", "reachable"),
    "sim_swap": ("sim_swap",),
    "call_forwarding": ("call_forwarding",),
    "identity_match": ("match",),
    "reassigned_number": ("reassigned",),
    "sms_pumping_risk": ("risk",),
    "phone_number_quality_score": ("risk",),
    "pre_fill": (),
}
"""Package -> the signals that it tells."""

PACKAGES = tuple(SIGNALS)
"""Every package that costs money; where two tell the same, the first one counts."""

LINE_TYPES = {
    "mobile": "mobile",
    "landline": "landline",
    "nonfixedvoip": "virtual",
    "fixedvoip": "virtual",
    "tollfree": "landline_tollfree",
    "premium": "landline_premium",
    "pager": "pager",
}
"""The line types, in lower case. "sharedCost", "uan", "personal" and "voicemail" are unknown: each
is neither premium, which would deny on a doubtful word, nor harmless."""

_VOIP = {"nonfixedvoip": "nonfixed", "fixedvoip": "fixed"}
_STATUSES = {
    "active": ("valid", UNKNOWN),
    "reachable": ("valid", "reachable"),
    "unreachable": ("valid", "absent"),
    "inactive": ("not_valid", "bad_number"),
}
"""The words of a line's status -> whether the number is valid, and the phone reachable."""
_CALLER_TYPES = CALLER_TYPES - {UNKNOWN}
_PERIOD = re.compile(r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:\d+M)?)?", re.ASCII)
_SIGNAL_OF = {"current_carrier": "carrier"}
"""The facts that have another name than their signal."""

Found = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One package of an answer: its facts by the fields of an insight, or why there are none.

    `note` is for the operator, `code` the package's error code. `error` is raised if no package
    is paid for.
    """

    facts: Mapping[str, Any] = field(default_factory=dict, repr=False)
    missing: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    code: int | None = None
    error: type[ProviderError] | None = None
    is_answered: bool = False
    is_paid: bool = False

    @property
    def signals(self) -> frozenset[str]:
        """The signals that the facts tell."""
        return frozenset(_SIGNAL_OF.get(name, name) for name in self.facts)


def read_package(name: str, found: Found, country: str | None) -> Package:
    """Return the facts of the package `name` about a number of `country`; never raise."""
    facts, note = _READERS[name](found, country)
    facts = {key: value for key, value in facts.items() if value is not None}
    package = Package(facts=facts, note=note, is_answered=True)
    untold = [signal for signal in SIGNALS[name] if signal not in package.signals]
    return replace(package, missing=dict.fromkeys(untold, "not_found"))


def cancelled(name: str) -> Package:
    """Return the package `name` of a number that was given up, which any package may say."""
    untold = [signal for signal in SIGNALS[name] if signal != "valid_number"]
    return Package(
        facts={"valid_number": "cancelled"}, missing=dict.fromkeys(untold, "not_applicable")
    )


def _line_type(found: Found, country: str | None) -> tuple[dict[str, Any], str]:
    word = scalars.text(found.get("type")) or UNKNOWN
    line_type = LINE_TYPES.get(word.lower(), UNKNOWN)
    facts: dict[str, Any] = {"current_carrier": _carrier(found, country, line_type)}
    if word == UNKNOWN:
        return facts, ""
    # A word that is not ours is told all the same: the line is no mobile and no premium line.
    facts |= {"line_type": line_type, "voip": _VOIP.get(word.lower(), UNKNOWN)}
    return facts, f"type {word}" if line_type == UNKNOWN else ""


def _carrier(found: Found, country: str | None, line_type: str) -> Carrier | None:
    """Return the carrier, or None; whether it follows porting is not said."""
    digits = [scalars.text(found.get(f"mobile_{part}_code")) for part in ("country", "network")]
    code = "".join(filter(None, digits))
    code = code if code.isascii() and code.isdigit() and 5 <= len(code) <= 6 else ""
    name = scalars.text(found.get("carrier_name"))
    if not code and not name:
        return None
    return Carrier(
        network_code=code or None,
        name=name,
        country=country_of_network(code, country),
        network_type=line_type,
    )


def _caller_name(found: Found, country: str | None) -> tuple[dict[str, Any], str]:
    caller = Caller(
        name=scalars.text(found.get("caller_name")),
        type=scalars.word(found.get("caller_type"), _CALLER_TYPES),
    )
    return {"caller": None if caller == Caller() else caller}, ""


def _line_status(found: Found, country: str | None) -> tuple[dict[str, Any], str]:
    word = (scalars.text(found.get("status")) or UNKNOWN).lower()
    valid, reachable = _STATUSES.get(word, (UNKNOWN, UNKNOWN))
    facts = {"valid_number": valid, "reachable": reachable}
    return {name: value for name, value in facts.items() if value != UNKNOWN}, ""


def _sim_swap(found: Found, country: str | None) -> tuple[dict[str, Any], str]:
    last = found.get("last_sim_swap")
    last = last if isinstance(last, Mapping) else {}
    at = scalars.moment(last.get("last_sim_swap_date"))
    swapped = scalars.flag(last.get("swapped_in_period"))
    facts: dict[str, Any] = {"current_carrier": _carrier(found, country, "mobile")}
    if at is not None or swapped is not None:
        hours = _hours(last.get("swapped_period"))
        facts["sim_swap"] = Swap(swapped=swapped, at=at, period_hours=hours)
    return facts, ""


def _hours(value: Any) -> int | None:
    """Return the hours of a period such as "PT48H" or "P7D", or None."""
    match = _PERIOD.fullmatch(scalars.text(value) or "")
    return (int(match[1] or 0) * 24 + int(match[2] or 0) or None) if match else None


def _call_forwarding(found: Found, country: str | None) -> tuple[dict[str, Any], str]:
    return {"call_forwarding": scalars.flag(found.get("call_forwarding_enabled"))}, ""


def _identity_match(found: Found, country: str | None) -> tuple[dict[str, Any], str]:
    levels = {
        str(key).removesuffix("_match"): (scalars.text(value) or "no_data_available").lower()
        for key, value in found.items()
        if str(key).endswith("_match")
    }
    told = {key: level for key, level in levels.items() if level != "no_data_available"}
    return {"match": told or None}, ""


def _reassigned(found: Found, country: str | None) -> tuple[dict[str, Any], str]:
    word = scalars.word(found.get("is_number_reassigned"), REASSIGNED)
    return {"reassigned": None if word == UNKNOWN else word}, ""


def _pumping(found: Found, country: str | None) -> tuple[dict[str, Any], str]:
    risk = Risk(
        score=_score(found.get("sms_pumping_risk_score")),
        blocked=scalars.flag(found.get("number_blocked")),
        blocked_at=scalars.moment(found.get("number_blocked_date")),
        kind="sms_pumping",
    )
    return {"risk": None if risk == Risk(kind="sms_pumping") else risk}, ""


def _quality(found: Found, country: str | None) -> tuple[dict[str, Any], str]:
    score = _score(found.get("disposable_phone_risk_score"))
    word = (scalars.text(found.get("disposable_phone_risk_category")) or "high").lower()
    if score is None and "disposable_phone_risk_category" not in found:
        return {}, ""
    # The vendor's word decides: its scale is in no document.
    return {"risk": Risk(score=score, kind="disposable" if word == "high" else "quality")}, ""


def _pre_fill(found: Found, country: str | None) -> tuple[dict[str, Any], str]:
    return {}, ""  # a person's name and address, which no signal tells


def _score(value: Any) -> int | None:
    found = scalars.integer(value)
    return found if found is not None and found <= 100 else None


_READERS: Mapping[str, Callable[[Found, str | None], tuple[dict[str, Any], str]]] = {
    "line_type_intelligence": _line_type,
    "caller_name": _caller_name,
    "line_status": _line_status,
    "sim_swap": _sim_swap,
    "call_forwarding": _call_forwarding,
    "identity_match": _identity_match,
    "reassigned_number": _reassigned,
    "sms_pumping_risk": _pumping,
    "phone_number_quality_score": _quality,
    "pre_fill": _pre_fill,
}
