"""The statuses of Identity Insights, of a whole request and of single insights.

They are those of https://developer.vonage.com/en/api/identity-insights; a code that is in no
document counts as a failure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from number_insight.exceptions import (
    NoAnswer,
    NoCredit,
    NotAllowed,
    NumberRefused,
    ProviderError,
    Uncertain,
)
from number_insight.providers import scalars
from number_insight.providers.documents import Unreadable, read_json
from number_insight.providers.http import Response
from number_insight.providers.meanings import USUAL, HTTPMeanings, Meaning

ANSWERED = frozenset({"OK", "PARTIAL_SUCCESS"})
"""The codes under which the fields of an insight count."""
NOT_AUTHORIZED = frozenset({"UNAUTHORIZED", "INVALID_PURPOSE"})
INVALID_NUMBER = "INVALID_NUMBER_FORMAT"
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "NO_COVERAGE": "no_coverage",
        "NOT_FOUND": "not_found",
        "UNSUPPORTED_NETWORK_TYPE": "not_applicable",
        INVALID_NUMBER: "not_applicable",
        **dict.fromkeys(NOT_AUTHORIZED, "not_authorized"),
    }
)
"""The code of an insight -> the reason why its signals are missing; all others are "failed"."""

REFUSED = Meaning(
    NumberRefused, "The provider does not take this for a phone number; nothing is to be done."
)
ALL_FAILED = Meaning(NoAnswer, "Every insight failed at the provider; review this number by hand.")
NONE_AUTHORIZED = Meaning(
    NotAllowed,
    "The application may use none of the insights asked for; have them approved in the Network "
    "Registry, or lower LEVEL.",
)
LOW_BALANCE = Meaning(NoCredit, "The account at the provider is out of credit; top it up.")

HTTP_STATUSES: Mapping[int, Meaning] = MappingProxyType(
    {
        **USUAL,
        401: Meaning(
            USUAL[401].error,
            "The provider did not accept our token (HTTP 401); check application_id, private_key "
            "and the clock of this machine.",
        ),
        402: Meaning(
            NotAllowed,
            "The provider wants payment first (HTTP 402); check the account in the dashboard.",
        ),
        403: Meaning(
            NotAllowed,
            "The provider forbids the application this request (HTTP 403); check in the dashboard "
            "what it may do.",
        ),
        415: Meaning(
            NoAnswer,
            "The provider's address takes no JSON (HTTP 415); check base_url.",
        ),
        422: Meaning(
            NoAnswer,
            "The provider did not accept a parameter (HTTP 422); check purpose and insights in "
            "OPTIONS.",
        ),
        500: Meaning(
            Uncertain,
            "The provider had an internal error (HTTP 500); check in the dashboard what was "
            "charged before it is bought again.",
        ),
    }
)
HTTP = HTTPMeanings(known=HTTP_STATUSES)
"""The meanings of the HTTP statuses of Identity Insights."""


def http_error(response: Response) -> ProviderError | None:
    """Return the exception for the HTTP status of `response`, or None if it is an answer."""
    problem = _problem(response)
    named = (scalars.request_id(problem.get(name)) for name in ("instance", "instance_id"))
    request_id = next(filter(None, named), "")
    if response.status in (402, 403) and _is_about_credit(problem):
        return LOW_BALANCE.as_error(http_status=response.status, request_id=request_id)
    if response.status == 422 and _is_about_number(problem):
        return REFUSED.as_error(http_status=422, request_id=request_id)
    return HTTP.error(response.status, request_id=request_id)


def refusal(codes: Collection[str], *, request_id: str) -> ProviderError | None:
    """Return the exception if no insight has an answer, or None if one has.

    `codes` are those of all insights asked for. Where they differ, the answer is one that tells
    nothing: part of it may have been charged.
    """
    told = set(codes)
    if told & ANSWERED:
        return None
    rest = told - NOT_AUTHORIZED  # the number is checked before the approval, or after it
    if not rest:
        return NONE_AUTHORIZED.as_error(request_id=request_id)
    if rest == {INVALID_NUMBER}:
        return REFUSED.as_error(request_id=request_id)
    if rest.isdisjoint(REASONS):  # all failed, or are in no document
        return ALL_FAILED.as_error(request_id=request_id)
    return None


def _problem(response: Response) -> Mapping[str, Any]:
    try:
        return read_json(response.body) if response.status >= 400 else {}
    except Unreadable:
        return {}


def _is_about_credit(problem: Mapping[str, Any]) -> bool:
    return (scalars.text(problem.get("type")) or "").rstrip("/").endswith("low-balance")


def _is_about_number(problem: Mapping[str, Any]) -> bool:
    """Return whether every parameter that the provider names is the number."""
    entries = problem.get("invalid_parameters")
    if not isinstance(entries, list) or not entries:
        return False
    names = [entry.get("name") if isinstance(entry, Mapping) else None for entry in entries]
    return set(map(str, names)) == {"phone_number"}
