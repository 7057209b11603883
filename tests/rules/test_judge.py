"""Rules that raise, that are not evaluable, and whose options are wrong."""

from __future__ import annotations

import logging
import sys

import pytest

from number_insight.insight import Insight
from number_insight.rules import Rule
from number_insight.rules.scoring import Flag
from number_insight.rules.validity import BadNumber
from tests.support.rules import BRITISH, Broken, judged


class Silent(Rule):
    """A rule whose author forgot to yield."""

    code = "silent"

    def examine(self, insight, signup):
        return None


class Chatty(Rule):
    code = "chatty"

    def examine(self, insight, signup):
        yield "not a flag"


class Fixed(Rule):
    code = "fixed"
    weight = 30

    def examine(self, insight, signup):
        yield self.flag("It is %(what)s.", what="so")


class Leaving(Rule):
    """A rule that calls code which ends the process."""

    code = "leaving"

    def examine(self, insight, signup):
        sys.exit("Usage: …")


@pytest.mark.parametrize("rule", [Broken(), Chatty(), Leaving()], ids=repr)
def test_a_rule_that_raises_costs_a_review_and_not_the_verdict(rule, caplog):
    with caplog.at_level(logging.ERROR, logger="number_insight.rules"):
        judgement = judged(Insight(), rules=[rule])
    assert judgement.raised == (rule.code,)
    assert judgement.verdict == "review"
    assert BRITISH not in caplog.text
    assert rule.code in caplog.text


def test_the_rules_after_one_that_raises_are_asked_all_the_same():
    judgement = judged(Insight(), rules=[Chatty(), Fixed(weight=100)])
    assert (judgement.verdict, judgement.score) == ("deny", 100)
    assert "fixed" in judgement.codes


def test_a_rule_that_yields_nothing_is_fine():
    judgement = judged(Insight(), rules=[Silent()])
    assert (judgement.flags, judgement.raised, judgement.verdict) == ((), (), "allow")


def test_a_rule_whose_signal_nobody_gave_is_neither_pass_nor_fail():
    told = Insight(reachable="bad_number")
    judgement = judged(told, rules=[BadNumber()], signals=frozenset({"country"}))
    assert judgement.not_evaluable == ("bad_number",)
    assert (judgement.flags, judgement.verdict) == ((), "allow")


def test_a_rule_that_needs_anything_is_always_asked():
    assert Fixed.needs is None
    judgement = judged(Insight(), rules=[Fixed()], signals=frozenset())
    assert judgement.codes == {"fixed"}


@pytest.mark.parametrize("weight", ["10", 1.5, True])
def test_a_weight_is_a_whole_number(weight):
    with pytest.raises(TypeError, match="weight of rule 'fixed'"):
        Fixed(weight=weight)


def test_a_weight_given_as_an_option_stays_with_its_rule():
    assert (Fixed(weight=-5).weight, Fixed().weight) == (-5, 30)
    assert repr(Fixed(weight=-5)) == "<Fixed fixed -5>"


def test_a_rule_is_called_by_its_title_or_else_its_code():
    assert Fixed().label == "fixed"
    assert BadNumber().label == "Bad number"


def test_a_flag_takes_after_its_rule_unless_told_otherwise():
    rule = Fixed()
    assert rule.flag("A.") == Flag(code="fixed", weight=30, message="A.")
    assert rule.flag("A.", code="other", weight=0) == Flag(code="other", weight=0, message="A.")


def test_a_rule_without_a_question_says_so():
    with pytest.raises(NotImplementedError):
        Rule().examine(Insight(), None)
