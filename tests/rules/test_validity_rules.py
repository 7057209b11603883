"""The rules of the group validity flag each word of their own, and no other."""

from __future__ import annotations

import pytest

from number_insight.insight import REACHABLE, VALID_NUMBER, Insight
from number_insight.rules.validity import (
    Absent,
    BadNumber,
    Blacklisted,
    Impossible,
    InferredNotValid,
    NotInPlan,
    NotValid,
    RefusedNumber,
    Undeliverable,
)
from tests.support.rules import BRITISH, ask

RESERVED = "+447700900000"
"""Vonage's own example: possible, but in a range that Ofcom keeps for films and manuals."""

REACHABILITY_RULES = [BadNumber, Blacklisted, Undeliverable, Absent]
VALIDITY_RULES = [NotValid, InferredNotValid]


@pytest.mark.parametrize("number", ["", "+", "+44", "447911123456", "+4479111234567890", "+999123"])
def test_what_cannot_be_a_number_is_impossible(number):
    [flag] = ask(Impossible(), Insight(), number=number)
    assert (flag.code, flag.weight) == ("impossible", 100)
    assert ask(NotInPlan(), Insight(), number=number) == []


@pytest.mark.parametrize("number", [BRITISH, RESERVED, "+12125550123", "+46701740605"])
def test_a_possible_number_is_not_impossible(number):
    assert ask(Impossible(), Insight(), number=number) == []


def test_a_number_outside_the_plan_weighs_little_since_metadata_lags_behind():
    [flag] = ask(NotInPlan(), Insight(), number=RESERVED)
    assert (flag.code, flag.weight) == ("not_in_plan", 10)
    assert ask(NotInPlan(), Insight(), number=BRITISH) == []


@pytest.mark.parametrize("rule", [rule() for rule in VALIDITY_RULES])
@pytest.mark.parametrize("word", sorted(VALID_NUMBER))
def test_each_word_of_validity_speaks_to_its_own_rule_alone(rule, word):
    found = ask(rule, Insight(valid_number=word))
    assert [flag.code for flag in found] == ([rule.code] if rule.code == word else [])


@pytest.mark.parametrize("rule", [rule() for rule in REACHABILITY_RULES])
@pytest.mark.parametrize("word", sorted(REACHABLE))
def test_each_word_of_reachability_speaks_to_its_own_rule_alone_and_is_live(rule, word):
    found = ask(rule, Insight(reachable=word))
    assert [(flag.code, flag.live) for flag in found] == (
        [(rule.code, True)] if rule.code == word else []
    )


@pytest.mark.parametrize("status", [3, 999, 0])
def test_a_number_that_the_provider_refuses_is_flagged_with_the_status(status):
    [flag] = ask(RefusedNumber(), Insight(status=status, number_refused=True))
    assert (flag.code, flag.weight, flag.params) == ("refused_number", 50, {"status": status})


def test_a_refusal_without_a_status_is_flagged_without_one():
    [flag] = ask(RefusedNumber(), Insight(number_refused=True))
    assert (flag.message, flag.params) == (RefusedNumber.message_without_status, {})


@pytest.mark.parametrize("status", [None, 0, 1, 3, 4, 5, 9, 19, 43, 44, 45, 14, 999, 1000])
def test_a_status_alone_is_no_refusal(status):
    assert ask(RefusedNumber(), Insight(status=status)) == []
