"""``POST /control``: changes the behaviour of a running sandbox."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal, InvalidOperation
from typing import Any

from number_insight.exceptions import did_you_mean
from number_insight.sandbox import origin
from number_insight.sandbox.behaviour import Override, override
from number_insight.sandbox.exchange import Reply, Request, Unparseable, json_reply
from number_insight.sandbox.state import State


def reply_to(state: State, request: Request) -> Reply:
    """Apply the JSON body: ``reset``, ``balance``, ``expire_tokens``, or an override."""
    if request.method != "POST":
        return json_reply({"error": "use POST"}, 405, headers={"Allow": "POST"})
    refusal = origin.refusal_of_order(request)
    if refusal is not None:
        return refusal
    try:
        _control(state, request)
    except Unparseable as exc:
        return json_reply({"error": str(exc)}, 400)
    except (ValueError, TypeError, LookupError) as exc:
        return json_reply({"error": str(exc.args[0]) if exc.args else type(exc).__name__}, 400)
    return json_reply({"ok": True})


def _control(state: State, request: Request) -> None:
    orders = request.document()
    if orders.pop("reset", False):
        state.reset()
    if orders.pop("expire_tokens", False):
        state.tokens.expire()
    if "balance" in orders:
        state.ledger.set_balance(_amount(orders.pop("balance")))
    number = orders.pop("number", None)
    if number is not None:
        _check_keys(orders)
        state.behaviours.set(str(number), override(**orders))
    elif orders:
        raise ValueError(f"unknown without a number: {', '.join(sorted(orders))}")


def _check_keys(orders: dict[str, Any]) -> None:
    known = [field.name for field in fields(Override)]
    for key in orders:
        if key not in known:
            raise ValueError(f"there is no key {key!r}. {did_you_mean(key, known)}")


def _amount(value: Any) -> Decimal:
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise ValueError(f"{value!r} is not an amount")
    return amount
