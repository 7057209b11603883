"""The service behind both routes of Twilio Lookup: answers or refuses a query, and books it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

from number_insight import numbers
from number_insight.exceptions import InvalidNumber
from number_insight.providers.personas import ANSWERED, answer
from number_insight.sandbox.behaviour import Behaviour
from number_insight.sandbox.faults import FREE_FAULTS
from number_insight.sandbox.ledger import ZERO, Entry, OutOfCredit
from number_insight.sandbox.state import State
from number_insight.sandbox.twilio_packages import PRICES, Line, packages

CURRENCY = "USD"

UNAUTHORIZED = (401, 20003)
THROTTLED = (429, 20429)
OUT_OF_CREDIT = (401, 20005)
"""The HTTP status and the code of an account that is not active, for want of funds."""
NOT_FOUND = (404, 20404)
MALFORMED = (400, 60618)

_WHOLE = {1: THROTTLED, 4: UNAUTHORIZED, 9: OUT_OF_CREDIT, 999: NOT_FOUND}
"""The status of a persona -> the error of the whole request."""
_WITH_BODY = {"429": THROTTLED, "503": (503, 20503)}
"""The faults that come with the vendor's body, which says that nothing was processed."""
_IN_PACKAGES = frozenset({5, 19, 2147})
_SHOWN = frozenset({"Fields", "CorrelationId", "CountryCode", "PartnerSubId", "LastVerifiedDate"})
"""The parameters that the ledger shows; the others say who a person is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One question: the number as it was sent, the packages, and all parameters by name."""

    route: str
    number: str
    fields: tuple[str, ...] = ()
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """An error of the whole request, which is free."""

    status: int
    code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The outcome of a query, a document or a refusal, with the behaviour that sends it."""

    outcome: dict[str, Any] | Refusal
    behaviour: Behaviour
    entry: Entry


def look_up(state: State, query: Query) -> Found:
    """Answer or refuse `query`, and book it either way."""
    entry = new_entry(query)
    number = _number(query)
    if isinstance(number, list):
        return _invalid(state, entry, number)
    entry.number = number
    behaviour = state.behaviour_towards(number)
    behaviour = _with_body(behaviour, entry)
    status = behaviour.persona.status
    if behaviour.persona.fault == "" and entry.fault:
        return refuse(state, entry, _WITH_BODY[entry.fault], behaviour)
    if status in _WHOLE:
        return refuse(state, entry, _WHOLE[status], behaviour)
    if status not in ANSWERED | _IN_PACKAGES:
        return _invalid(state, entry, ["INVALID_BUT_POSSIBLE"], behaviour)
    return _sell(state, query, entry, behaviour)


def refuse(
    state: State, entry: Entry, error: tuple[int, int], behaviour: Behaviour | None = None
) -> Found:
    """Book and return an error of the whole request."""
    entry.status = error[0]
    state.ledger.book(entry)
    refusal = Refusal(status=error[0], code=error[1])
    return Found(outcome=refusal, behaviour=behaviour or state.plain_behaviour(), entry=entry)


def new_entry(query: Query) -> Entry:
    """Return a ledger entry for `query`, still without an answer."""
    return Entry(
        deployment="twilio",
        level=query.route,
        number=query.number,
        params={key: value if key in _SHOWN else "…" for key, value in query.params.items()},
        request_id=f"RQ{uuid4().hex}",
        currency=CURRENCY,
    )


def _number(query: Query) -> str | list[str]:
    """Return the number as E.164, or the reasons why it is none.

    Digits without "+" are national, of the US where no country is given.
    """
    text = query.number.strip()
    country = None if text.startswith("+") else query.params.get("CountryCode") or "US"
    digits = [char for char in text if char.isdigit()]
    try:
        return numbers.normalise(text, country)
    except InvalidNumber:
        if len(digits) != len(text.removeprefix("+")):
            return ["NOT_A_NUMBER"]
        return ["TOO_SHORT" if len(digits) < 8 else "TOO_LONG"]


def _with_body(behaviour: Behaviour, entry: Entry) -> Behaviour:
    """Return `behaviour` without a fault that the vendor tells in a body of its own."""
    entry.fault = behaviour.persona.fault
    if entry.fault not in _WITH_BODY:
        return behaviour
    return replace(behaviour, persona=replace(behaviour.persona, fault=""))


def _invalid(
    state: State, entry: Entry, errors: list[str], behaviour: Behaviour | None = None
) -> Found:
    """Book and return the answer about an impossible number, which is HTTP 200 and free."""
    entry.status = 200
    state.ledger.book(entry)
    document = {
        "calling_country_code": None,
        "country_code": None,
        "phone_number": entry.number,
        "national_format": None,
        "valid": False,
        "validation_errors": errors,
        **dict.fromkeys(PRICES),
    }
    return Found(outcome=document, behaviour=behaviour or state.plain_behaviour(), entry=entry)


def _sell(state: State, query: Query, entry: Entry, behaviour: Behaviour) -> Found:
    document, price = _document(query, entry, behaviour)
    is_free = behaviour.persona.fault in FREE_FAULTS
    entry.status = 200
    try:
        state.ledger.book(entry, price=ZERO if is_free else price)
    except OutOfCredit:
        return refuse(state, entry, OUT_OF_CREDIT, behaviour)
    return Found(outcome=document, behaviour=behaviour, entry=entry)


def _document(query: Query, entry: Entry, behaviour: Behaviour) -> tuple[dict[str, Any], Decimal]:
    insight = answer(entry.number, "advanced", cnam=True, persona=behaviour.persona)
    line = Line(
        insight=insight,
        persona=behaviour.persona,
        params=query.params,
        changes=behaviour.insights,
    )
    found, price = packages(line, query.fields)
    document = {
        "calling_country_code": insight.country_prefix,
        "country_code": insight.country,
        "phone_number": entry.number,
        "national_format": insight.national_format,
        "valid": True,
        "validation_errors": [],
        **found,
    }
    return document, price
