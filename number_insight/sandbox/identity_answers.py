"""The nine insights of Identity Insights about a persona, each with its own status."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from number_insight import numbers
from number_insight.insight import Carrier, Insight
from number_insight.providers.personas import Persona, answer
from number_insight.sandbox.identity_request import DEFAULT_PERIOD, MATCHED

PURPOSE = "FraudPreventionAndDetection"
"""The only purpose of an application with test access."""
REGISTRY = frozenset(
    {
        "sim_swap",
        "device_swap",
        "roaming",
        "reachability",
        "subscriber_match",
        "location_verification",
    }
)
"""The insights that go through the Network Registry, and so need a purpose."""
MESSAGES = {
    "OK": "Success",
    "PARTIAL_SUCCESS": "Some of the data could not be retrieved",
    "INVALID_NUMBER_FORMAT": "The number cannot be assigned",
    "UNSUPPORTED_NETWORK_TYPE": "The insight is not available for this type of network",
    "NO_COVERAGE": "The country or the network is not covered",
    "NOT_FOUND": "The number was not found",
    "UNAUTHORIZED": "The application is not authorized for this insight",
    "INVALID_PURPOSE": "The purpose is not one of the network profile",
    "SUPPLIER_ERROR": "The supplier failed",
    "INTERNAL_ERROR": "Internal error",
}
"""The codes of an insight's status, with a message; fields come with the first two alone."""
_WITH_FIELDS = frozenset({"OK", "PARTIAL_SUCCESS"})
_NETWORK_TYPES = {
    "mobile": "MOBILE",
    "landline": "LANDLINE",
    "landline_tollfree": "TOLLFREE",
    "landline_premium": "PREMIUM",
    "virtual": "VIRTUAL",
}
_OF_ALL = {3: "INVALID_NUMBER_FORMAT", 5: "INTERNAL_ERROR", 2147: "TEAPOT"}
"""The status of a persona -> the code of each insight about it; the last is in no document."""
_LONG_AGO = 20_000
_UNTOLD = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A number with its persona, and the full answer that Number Insight would give."""

    persona: Persona
    insight: Insight
    now: datetime

    @property
    def is_mobile(self) -> bool:
        return self.persona.line_type == "mobile" or self.persona.seems_mobile


def asked_about(number: str, persona: Persona) -> Asked:
    """Return the facts about `number` (E.164) of `persona`."""
    insight = answer(number, "advanced", persona=persona)
    return Asked(persona=persona, insight=insight, now=datetime.now(timezone.utc))


def document_of(
    asked: Asked, name: str, parameters: Mapping[str, Any], purpose: str
) -> dict[str, Any]:
    """Return the insight `name`, with its status."""
    code = _code(asked, name, purpose)
    fields = _FIELDS[name](asked, parameters) if code in _WITH_FIELDS else {}
    return {**fields, "status": status_of(code)}


def status_of(code: str) -> dict[str, str]:
    """Return the status with `code`; a code that nobody knows has no message."""
    return {"code": code, "message": MESSAGES[code]} if code in MESSAGES else {"code": code}


def invalid_number(digits: str, name: str) -> dict[str, Any]:
    """Return the insight `name` about digits that are no number: the format alone says more."""
    if name != "format":
        return {"status": status_of("INVALID_NUMBER_FORMAT")}
    return {
        "number_international": f"+{digits}",
        "is_format_valid": False,
        "time_zones": [_UNTOLD],
        "status": status_of("OK"),
    }


def _code(asked: Asked, name: str, purpose: str) -> str:
    persona = asked.persona
    if name not in _FIELDS:  # five more are documented, but their JSON is not
        return "NO_COVERAGE"
    if persona.status in _OF_ALL:
        return _OF_ALL[persona.status]
    if persona.outcome == 2 and name != "format":
        return "NOT_FOUND"
    if name in REGISTRY and purpose != PURPOSE:
        return "INVALID_PURPOSE"
    if persona.status == 44:
        return "PARTIAL_SUCCESS"
    return "OK" if name in ("format", "original_carrier") else _code_of_line(asked, name)


def _code_of_line(asked: Asked, name: str) -> str:
    """Return the code of an insight that only a mobile number has."""
    persona = asked.persona
    if not asked.is_mobile:
        return "UNSUPPORTED_NETWORK_TYPE"
    if persona.seems_mobile or persona.valid_number == "not_valid":
        return "NOT_FOUND"
    if persona.reachable == "bad_number":
        return "NOT_FOUND"
    if name == "current_carrier":
        return "SUPPLIER_ERROR" if persona.status == 43 else "OK"
    untold = {"reachability": persona.reachable, "roaming": persona.roaming}
    return "NO_COVERAGE" if untold.get(name) == _UNTOLD else "OK"


def _format(asked: Asked, _: Mapping[str, Any]) -> dict[str, Any]:
    insight = asked.insight
    is_valid = asked.persona.valid_number != "inferred_not_valid"
    return {
        "country_code": insight.country,
        "country_name": insight.country_name,
        "country_prefix": insight.country_prefix,
        "offline_location": insight.country_name,
        "time_zones": [_UNTOLD],
        "number_international": insight.number,
        "number_national": insight.national_format,
        "is_format_valid": is_valid and numbers.is_valid(insight.number),
    }


def _original_carrier(asked: Asked, _: Mapping[str, Any]) -> dict[str, Any]:
    return _carrier(asked, asked.insight.original_carrier or asked.insight.current_carrier)


def _current_carrier(asked: Asked, _: Mapping[str, Any]) -> dict[str, Any]:
    return _carrier(asked, asked.insight.current_carrier)


def _carrier(asked: Asked, carrier: Carrier | None) -> dict[str, Any]:
    if carrier is None:
        return dict.fromkeys(("name", "network_type", "country_code", "network_code"))
    told = {
        # Mobile networks alone have a name, and no word is known for a pager.
        "name": carrier.name if asked.is_mobile else None,
        "network_type": "MOBILE" if asked.is_mobile else _NETWORK_TYPES.get(carrier.network_type),
        "country_code": carrier.country,
        "network_code": carrier.network_code if asked.is_mobile else None,
    }
    if asked.persona.quirk == "null_ported":
        told["network_code"] = None
    return {name: value for name, value in told.items() if value is not None}


def _sim_swap(asked: Asked, parameters: Mapping[str, Any]) -> dict[str, Any]:
    hours = asked.persona.sim_swapped_hours
    at, swapped = _swap(asked, parameters, _LONG_AGO if hours is None else hours)
    return {"latest_sim_swap_at": at, "is_swapped": swapped}


def _device_swap(asked: Asked, parameters: Mapping[str, Any]) -> dict[str, Any]:
    at, swapped = _swap(asked, parameters, _LONG_AGO)
    return {"latest_device_swap_at": at, "is_swapped": swapped}


def _swap(asked: Asked, parameters: Mapping[str, Any], hours: int) -> tuple[str, bool]:
    period = parameters.get("period", DEFAULT_PERIOD)
    return _shown(asked.now - timedelta(hours=hours)), hours <= period


def _roaming(asked: Asked, _: Mapping[str, Any]) -> dict[str, Any]:
    roaming = asked.insight.roaming
    told: dict[str, Any] = {
        "latest_status_at": _shown(asked.now),
        "is_roaming": roaming.status == "roaming",
    }
    return told | ({"country_codes": [roaming.country]} if roaming.country else {})


def _reachability(asked: Asked, _: Mapping[str, Any]) -> dict[str, Any]:
    is_reachable = asked.insight.reachable in ("reachable", "blacklisted")
    told = {"latest_status_at": _shown(asked.now), "is_reachable": is_reachable}
    return {**told, "connectivity": ["DATA", "SMS"]} if is_reachable else told


def _subscriber_match(asked: Asked, parameters: Mapping[str, Any]) -> dict[str, Any]:
    level = "NONE" if asked.persona.ip_country else "EXACT"
    return {f"{name}_match": level for name in MATCHED if parameters.get(name) is not None}


def _location_verification(asked: Asked, _: Mapping[str, Any]) -> dict[str, Any]:
    if asked.insight.reachable == "absent":
        return {"is_verified": "UNKNOWN"}
    is_home = asked.insight.roaming.status != "roaming"
    return {
        "is_verified": "TRUE" if is_home else "FALSE",
        "latest_location_at": _shown(asked.now),
    }


def _shown(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


_FIELDS: dict[str, Callable[[Asked, Mapping[str, Any]], dict[str, Any]]] = {
    "format": _format,
    "original_carrier": _original_carrier,
    "current_carrier": _current_carrier,
    "sim_swap": _sim_swap,
    "device_swap": _device_swap,
    "roaming": _roaming,
    "reachability": _reachability,
    "subscriber_match": _subscriber_match,
    "location_verification": _location_verification,
}

INSIGHTS = tuple(_FIELDS)
"""The names of the nine insights."""
