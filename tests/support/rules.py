"""Signups, and the ways to put rules to them, for the tests of the ground floor."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timezone
from importlib import import_module
from typing import Any

from number_insight.insight import Insight
from number_insight.rules import STANDARD, Flag, Rule, Signup, judge
from number_insight.rules.base import SIGNALS
from number_insight.rules.scoring import Judgement

THRESHOLDS = {"review": 30, "deny": 80}
BRITISH = "+447911123456"
"""A number that libphonenumber knows as a British mobile."""


class Broken(Rule):
    """A rule that raises."""

    code = "broken"

    def examine(self, insight: Insight, signup: Signup) -> list[Flag]:
        raise ZeroDivisionError("its author never tried it")


def a_signup(**known: Any) -> Signup:
    values = {"at": datetime(2025, 3, 3, 12, tzinfo=timezone.utc), "number": BRITISH, **known}
    return Signup(**values)


def ask(rule: Rule, insight: Insight, **known: Any) -> list[Flag]:
    return list(rule.examine(insight, a_signup(**known)))


def load(entry: dict[str, Any]) -> Rule:
    module, _, name = entry["NAME"].rpartition(".")
    rule: Rule = getattr(import_module(module), name)(**entry["OPTIONS"])
    return rule


def standard_rules() -> list[Rule]:
    return [load(entry) for entry in STANDARD]


def judged(
    insight: Insight,
    *,
    rules: Iterable[Rule] | None = None,
    signals: frozenset[str] = SIGNALS,
    **known: Any,
) -> Judgement:
    return judge(
        standard_rules() if rules is None else rules,
        insight,
        a_signup(**known),
        signals=signals,
        thresholds=THRESHOLDS,
    )
