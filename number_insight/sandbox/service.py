"""The service behind both deployments: answers or refuses an order, and books it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from number_insight import numbers
from number_insight.exceptions import InvalidNumber
from number_insight.insight import Insight
from number_insight.providers.personas import ANSWERED, answer
from number_insight.sandbox import answers
from number_insight.sandbox.behaviour import Behaviour
from number_insight.sandbox.faults import FREE_FAULTS
from number_insight.sandbox.ledger import ZERO, Entry, OutOfCredit, shown_params
from number_insight.sandbox.state import State

_PLAIN = re.compile(r"[0-9+()\s-]*")
_ACCOUNT_STATUSES = frozenset({19, 43, 44, 45})
"""The statuses that a free Basic lookup never has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The parameters of one request, with its deployment and level."""

    deployment: str
    level: str
    is_async: bool = False
    params: Mapping[str, str] = field(default_factory=dict)

    def flag(self, name: str) -> bool:
        return self.params.get(name, "").lower() == "true"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A refusal of the order, free of charge."""

    status: int
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The outcome of an order, an insight or a refusal, with the behaviour that sends it."""

    outcome: Insight | Refused
    behaviour: Behaviour
    entry: Entry


def decide(state: State, order: Order) -> Decision:
    """Answer or refuse `order`, and book it either way."""
    entry = new_entry(order)
    number = _number(order)
    if isinstance(number, Refused):
        return _refuse(state, entry, number, state.plain_behaviour())
    entry.number = number
    behaviour = state.behaviour_towards(number)
    entry.fault = behaviour.persona.fault
    status = _status(behaviour, order)
    if status not in ANSWERED:
        return _refuse(state, entry, Refused(status=status), behaviour)
    return _sell(state, order, entry, behaviour)


def refuse(state: State, order: Order, status: int) -> Decision:
    """Book and return a refusal that does not depend on the number."""
    return _refuse(state, new_entry(order), Refused(status=status), state.plain_behaviour())


def new_entry(order: Order) -> Entry:
    """Return a ledger entry for `order`, still without an answer."""
    return Entry(
        deployment=order.deployment,
        level=order.level,
        is_async=order.is_async,
        number=order.params.get("number", ""),
        params=shown_params(order.params),
    )


def document_of(decision: Decision, level: str) -> dict[str, Any]:
    """Return the document that tells the outcome of `decision` at once."""
    outcome, behaviour = decision.outcome, decision.behaviour
    if isinstance(outcome, Refused):
        return answers.refusal(outcome.status, outcome.text)
    return answers.document(outcome, level, behaviour.dialect, behaviour.persona.quirk)


def _number(order: Order) -> str | Refused:
    """Return the number as E.164, or a refusal in the provider's words."""
    text = order.params.get("number", "").strip()
    required = ["number", *(["callback"] if order.is_async else [])]
    for name in required:
        if not order.params.get(name, "").strip():
            return Refused(status=3, text=f"Invalid request :: Missing parameter [ {name} ]")
    bad = Refused(status=3, text=f"Invalid request :: Not valid number format detected [ {text} ]")
    if not _PLAIN.fullmatch(text):
        return bad
    country = order.params.get("country") or None
    try:
        number = numbers.normalise(text, country)
    except InvalidNumber:
        return bad
    return number if country in (None, numbers.country(number)) else bad


def _status(behaviour: Behaviour, order: Order) -> int:
    status = behaviour.persona.status
    return 0 if order.level == "basic" and status in _ACCOUNT_STATUSES else status


def _refuse(state: State, entry: Entry, refused: Refused, behaviour: Behaviour) -> Decision:
    entry.status = refused.status
    state.ledger.book(entry)
    return Decision(outcome=refused, behaviour=behaviour, entry=entry)


def _sell(state: State, order: Order, entry: Entry, behaviour: Behaviour) -> Decision:
    insight = _insight(order, entry.number, behaviour)
    entry.status, entry.request_id = insight.status, insight.request_id
    is_free = behaviour.persona.fault in FREE_FAULTS
    try:
        state.ledger.book(
            entry,
            price=ZERO if is_free else insight.price or ZERO,
            refund=ZERO if is_free else insight.refund or ZERO,
        )
    except OutOfCredit:
        return _refuse(state, entry, Refused(status=9), behaviour)
    sold = replace(insight, balance=entry.balance)
    return Decision(outcome=sold, behaviour=behaviour, entry=entry)


def _insight(order: Order, number: str, behaviour: Behaviour) -> Insight:
    return answer(
        number,
        order.level,
        ip=order.params.get("ip") or None,
        cnam=order.flag("cnam"),
        real_time=order.flag("real_time_data") and not order.is_async,
        request_id=str(uuid4()),
        persona=behaviour.persona,
    )
