"""The demo fails if one of its promises is broken."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from tools.demo.crowd import Guest
from tools.demo.report import Outcome, broken_promises, costs, table

pytestmark = pytest.mark.once

GOOD = Guest(who="good", phone="+46701740605", ip="89.160.20.112", email="a@b.se", verdict="allow")
WRONG = Guest(who="wrong", phone="070-CALL-ME", ip="89.160.20.113", email="c@d.se")
RECORD = {
    "number": GOOD.phone,
    "email": GOOD.email,
    "account": "active",
    "verdict": "allow",
    "score": 5,
    "flags": [["roaming", 5]],
    "cost": "0.03",
}


def outcome(**changes: Any) -> Outcome:
    """Return an outcome that is as promised, but for `changes`."""
    kept: dict[str, Any] = {
        "guests": [GOOD, WRONG],
        "taken": {"good": 1, "wrong": 0},
        "records": [RECORD],
        "ledger": asked(GOOD.phone),
    }
    return Outcome(**{**kept, **changes})


def asked(*numbers: str) -> dict[str, Any]:
    """Return a ledger in which these numbers were asked."""
    entries = [{"number": number} for number in numbers]
    accounts = {"EUR": {"charged": "0.03"}}
    return {"accounts": accounts, "requests": len(numbers), "entries": entries}


def test_what_is_as_promised_is_not_complained_about() -> None:
    assert broken_promises(outcome()) == []


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"records": [{**RECORD, "verdict": "deny"}]}, "good: deny, but allow was promised."),
        ({"records": [{**RECORD, "account": "held"}]}, "good: the account is held, not active."),
        ({"records": []}, "good: there are 0 records, not 1."),
        ({"records": [RECORD, RECORD]}, "good: there are 2 records, not 1."),
        ({"records": [RECORD, {**RECORD, "email": ""}]}, "some are nobody's"),
        ({"taken": {"good": 0, "wrong": 0}}, "good: the form was taken 0 times, not 1."),
        ({"taken": {"good": 1, "wrong": 1}}, "wrong: the form was taken 1 times, not 0."),
        ({"ledger": asked()}, "+46701740605 was asked 0 times, not 1."),
        ({"ledger": asked(GOOD.phone, GOOD.phone)}, "+46701740605 was asked 2 times, not 1."),
        ({"ledger": asked(GOOD.phone, "+46701740699")}, "+46701740699 was asked 1 times, not 0."),
    ],
)
def test_each_broken_promise_is_told(changes: dict[str, Any], complaint: str) -> None:
    assert complaint in "\n".join(broken_promises(outcome(**changes)))


def test_the_table_shows_everybody() -> None:
    console = Console(file=io.StringIO(), width=110)
    console.print(table(outcome(records=[{**RECORD, "verdict": "deny"}]), "Who signed up"))
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    for text in ("good", GOOD.phone, "roaming +5", "deny", "✗ allow", "wrong", "turned away"):
        assert text in shown


def test_the_costs_are_those_of_the_ledger() -> None:
    told = costs(outcome())
    assert "1 signups, 1 requests" in told
    assert "€ 30.00 per 1,000" in told
    accounts = {"EUR": {"charged": "0"}, "USD": {"charged": "0.015"}}
    dollars = {**asked(GOOD.phone), "accounts": accounts}
    assert costs(outcome(ledger=dollars)).endswith("$ 0.02 charged: $ 15.00 per 1,000 signups.")


def test_costs_can_be_told_of_nobody() -> None:
    assert "0 signups" in costs(outcome(records=[], ledger=asked()))
