"""The body of a request to Identity Insights, and the check of its parameters."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MATCHED = (
    *("id_document", "given_name", "family_name", "street_name", "street_number", "postal_code"),
    *("locality", "region", "country", "house_number_extension", "birthdate"),
)
"""The parameters of ``subscriber_match``."""
DEFAULT_PERIOD = 240
"""The period in which a swap is looked for, in hours, if the request names none."""
_PERIODS = range(1, 2401)
_RADII = range(2000, 200_001)
_NOT_DIGITS = re.compile(r"\D")

Invalid = tuple[str, str]
"""The name of a parameter, and the reason why it is invalid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityRequest:
    """A request: the number as digits, the insights with their parameters, and the purpose."""

    digits: str
    insights: Mapping[str, Mapping[str, Any]]
    purpose: str


def read_request(document: Mapping[str, Any]) -> IdentityRequest | list[Invalid]:
    """Return the request in `document`, or its invalid parameters."""
    invalid = list(_invalid(document))
    if invalid:
        return invalid
    return IdentityRequest(
        # The server digs the digits out of messy text.
        digits=_NOT_DIGITS.sub("", document["phone_number"]),
        insights=document["insights"],
        purpose=document.get("purpose") or "",
    )


def _invalid(document: Mapping[str, Any]) -> Iterator[Invalid]:
    number, insights = document.get("phone_number"), document.get("insights")
    if number is None:
        yield "phone_number", "must not be null"
    elif not isinstance(number, str) or not _NOT_DIGITS.sub("", number):
        yield "phone_number", "must be a phone number"
    elif number.strip().startswith("00"):
        yield "phone_number", "must not start with 00"
    if not isinstance(document.get("purpose", ""), str):
        yield "purpose", "must be a string"
    if not isinstance(insights, Mapping) or not insights:
        yield "insights", "must hold at least one insight"
        return
    for name, parameters in insights.items():
        if not isinstance(parameters, Mapping):
            yield f"insights.{name}", "must be an object"
        elif name in _CHECKS:
            yield from ((f"insights.{name}.{at}", why) for at, why in _CHECKS[name](parameters))


def _invalid_period(parameters: Mapping[str, Any]) -> Iterator[Invalid]:
    if not _is_within(parameters.get("period", DEFAULT_PERIOD), _PERIODS):
        yield "period", "must be between 1 and 2400"


def _invalid_match(parameters: Mapping[str, Any]) -> Iterator[Invalid]:
    given = [name for name in MATCHED if parameters.get(name) is not None]
    if not given:
        yield "given_name", "at least one parameter is needed"
    for name in given:
        if not isinstance(parameters[name], str):
            yield name, "must be a string"


def _invalid_location(parameters: Mapping[str, Any]) -> Iterator[Invalid]:
    location = _part(parameters.get("location"))
    center = _part(location.get("center"))
    if location.get("type") != "CIRCLE":
        yield "location.type", "must be CIRCLE"
    if not _is_within(location.get("radius"), _RADII):
        yield "location.radius", "must be between 2000 and 200000"
    for name, most in (("latitude", 90), ("longitude", 180)):
        if not _is_degree(center.get(name), most):
            yield f"location.center.{name}", f"must be between -{most} and {most}"


def _is_degree(value: Any, most: int) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and -most <= value <= most


def _is_within(value: Any, bounds: range) -> bool:
    return type(value) is int and value in bounds


def _part(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


_CHECKS = {
    "sim_swap": _invalid_period,
    "device_swap": _invalid_period,
    "subscriber_match": _invalid_match,
    "location_verification": _invalid_location,
}
