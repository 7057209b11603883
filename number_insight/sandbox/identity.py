"""Identity Insights: ``POST /identity-insights/v1/requests``, all insights in one answer.

The contract is https://developer.vonage.com/en/api/identity-insights. As the vendor's Virtual
Operator, and unlike any real network, the sandbox tells all nine insights about every number.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

from number_insight import numbers
from number_insight.exceptions import InvalidNumber
from number_insight.sandbox import identity_answers, problems
from number_insight.sandbox.behaviour import Behaviour
from number_insight.sandbox.exchange import Reply, Request, Unparseable
from number_insight.sandbox.faults import FREE_FAULTS
from number_insight.sandbox.identity_request import IdentityRequest, read_request
from number_insight.sandbox.ledger import ZERO, Entry, OutOfCredit
from number_insight.sandbox.problems import Problem, problem_reply
from number_insight.sandbox.state import State

PATH = "/identity-insights/v1/requests"
PRICES = {
    "format": Decimal("0"),
    "original_carrier": Decimal("0.001"),
    "current_carrier": Decimal("0.004"),
    "sim_swap": Decimal("0.03"),
    "device_swap": Decimal("0.03"),
    "roaming": Decimal("0.0125"),
    "reachability": Decimal("0.0125"),
    "subscriber_match": Decimal("0.05"),
    "location_verification": Decimal("0.05"),
}
"""Sample prices of the insights in EUR; the vendor publishes none."""
CHARGED_CODES = frozenset(
    {"OK", "PARTIAL_SUCCESS", "NO_COVERAGE", "NOT_FOUND", "UNSUPPORTED_NETWORK_TYPE"}
)
"""The codes of insights that are charged."""

_OF_STATUS = {
    1: problems.RATE_LIMIT,
    4: problems.UNAUTHORIZED,
    9: problems.LOW_BALANCE,
    19: problems.FORBIDDEN,
    999: problems.VALIDATION,
}
"""The status of a persona -> the error of the whole request."""
_OF_FAULT = {
    "429": problems.RATE_LIMIT,
    "500": problems.INTERNAL_ERROR,
    "503": problems.SERVICE_UNAVAILABLE,
}
"""The faults that have words here; other HTTP faults are those of a proxy."""
_REFUSED_NUMBER = (("phone_number", "must be a phone number"),)


def reply_to(state: State, request: Request) -> Reply:
    """Answer a request to the only route there is, and book it."""
    entry = Entry(deployment="identity", level="", number="")
    problem, detail = _trouble(state, request)
    if problem is not None:
        return _refuse(state, entry, problem, detail=detail)
    try:
        document = request.document()
    except Unparseable:
        return _refuse(state, entry, problems.INVALID_JSON)
    order = read_request(document)
    if isinstance(order, list):
        entry.number = str(document.get("phone_number") or "")
        return _refuse(state, entry, problems.VALIDATION, invalid=order)
    entry.number, entry.params = f"+{order.digits}", _shown(order)
    return _answer(state, entry, order)


def _trouble(state: State, request: Request) -> tuple[Problem | None, str]:
    """Return the error of a request before its body is read, with a detail of it."""
    if request.method != "POST":
        return problems.METHOD_NOT_ALLOWED, ""
    trouble = state.verifier.trouble(request.headers.get("authorization", ""))
    if trouble:
        return problems.UNAUTHORIZED, f"{problems.UNAUTHORIZED.detail}: {trouble}"
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        return problems.CONTENT_TYPE_HEADER, ""
    return (None if state.throttle.admits() else problems.RATE_LIMIT), ""


def _shown(order: IdentityRequest) -> dict[str, str]:
    # The parameters of a match are a person's name and address: the ledger shows none.
    shown = {"insights": ", ".join(order.insights)}
    return shown | ({"purpose": order.purpose} if order.purpose else {})


def _answer(state: State, entry: Entry, order: IdentityRequest) -> Reply:
    number = _normalised(order.digits)
    asked = number or entry.number
    behaviour = state.behaviour_towards(asked)
    entry.number, entry.fault = asked, behaviour.persona.fault
    problem = _OF_STATUS.get(behaviour.persona.status)
    if problem is not None:
        invalid = _REFUSED_NUMBER if problem is problems.VALIDATION else ()
        reply = _refuse(state, entry, problem, invalid=invalid)
        return replace(reply, delay=behaviour.delay)
    insights = {
        name: _insight(number, order, name, behaviour) | _override(behaviour, name)
        for name in order.insights
    }
    return _sell(state, entry, insights, behaviour)


def _normalised(digits: str) -> str:
    """Return the number as E.164, or "" if the digits are none."""
    try:
        return numbers.normalise(f"+{digits}")
    except InvalidNumber:
        return ""


def _insight(
    number: str, order: IdentityRequest, name: str, behaviour: Behaviour
) -> dict[str, Any]:
    if not number:
        return identity_answers.invalid_number(order.digits, name)
    asked = identity_answers.asked_about(number, behaviour.persona)
    return identity_answers.document_of(asked, name, order.insights[name], order.purpose)


def _override(behaviour: Behaviour, name: str) -> dict[str, Any]:
    """Return the changes to the insight `name`; a bare code has no fields beside it."""
    given = behaviour.insights.get(name, {})
    if isinstance(given, str):
        return {"status": identity_answers.status_of(given)}
    return dict(given)


def _sell(state: State, entry: Entry, insights: Mapping[str, Any], behaviour: Behaviour) -> Reply:
    entry.status, entry.request_id = 0, str(uuid4())
    untold = [f"{name} {code}" for name, code in _codes(insights).items() if code != "OK"]
    if untold:
        entry.params = {**entry.params, "untold": ", ".join(untold)}
    fault = behaviour.persona.fault
    try:
        state.ledger.book(entry, price=ZERO if fault in FREE_FAULTS else _price(insights))
    except OutOfCredit:
        return _refuse(state, entry, problems.LOW_BALANCE)
    if fault in _OF_FAULT:
        return replace(problem_reply(_OF_FAULT[fault]), delay=behaviour.delay)
    body = json.dumps({"request_id": entry.request_id, "insights": insights}).encode()
    return Reply(body=body, delay=behaviour.delay, fault=fault)


def _price(insights: Mapping[str, Any]) -> Decimal:
    codes = _codes(insights)
    charged = [name for name, code in codes.items() if code in CHARGED_CODES]
    return sum((PRICES.get(name, ZERO) for name in charged), ZERO)


def _codes(insights: Mapping[str, Any]) -> dict[str, str]:
    return {name: str((body.get("status") or {}).get("code")) for name, body in insights.items()}


def _refuse(
    state: State,
    entry: Entry,
    problem: Problem,
    *,
    invalid: Any = (),
    detail: str = "",
) -> Reply:
    """Book a refusal, which is free, and return it."""
    entry.status = problem.status
    state.ledger.book(entry)
    return problem_reply(problem, invalid, detail)
