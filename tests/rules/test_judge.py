"""Rules that raise, that are in shadow, or that find what cannot be kept cost only themselves."""

from __future__ import annotations

import json
import logging
import sys
import uuid
from dataclasses import replace
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import pytest
from django.utils.functional import lazystr

from number_insight.insight import Insight
from number_insight.rules import Rule, Signup, judge
from number_insight.rules.line import Premium
from number_insight.rules.scoring import EVERYTHING, Flag
from number_insight.rules.soundness import MAX_TEXT
from number_insight.rules.validity import BadNumber
from tests.support.rules import BRITISH, THRESHOLDS, Broken, a_signup, judged


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


class Heavy(Rule):
    code = "heavy"
    weight = 90
    group = "weights"

    def examine(self, insight, signup):
        yield self.flag("It is heavy.")


class Light(Heavy):
    code = "light"
    weight = 20


class Excuse(Rule):
    code = "excuse"

    def examine(self, insight, signup):
        yield replace(self.flag("Never mind."), cancels=frozenset({EVERYTHING}))


def shaded(rule: Rule) -> Rule:
    rule.shadow = True
    return rule


def test_a_flag_in_shadow_is_kept_and_counts_for_nothing():
    judgement = judged(Insight(), rules=[shaded(Heavy())])
    [flag] = judgement.flags
    assert (flag.shadow, flag.counted, flag.weight) == (True, False, 90)
    assert (judgement.score, judgement.verdict) == (0, "allow")


def test_a_flag_in_shadow_crowds_out_nobody():
    judgement = judged(Insight(), rules=[shaded(Heavy()), Light()])
    assert {flag.code: flag.counted for flag in judgement.flags} == {"heavy": False, "light": True}
    assert judgement.score == 20


def test_a_flag_in_shadow_cancels_nothing():
    assert judged(Insight(), rules=[Excuse(), Heavy()]).verdict == "allow"
    assert judged(Insight(), rules=[shaded(Excuse()), Heavy()]).verdict == "deny"


def test_a_rule_in_shadow_that_raises_holds_nobody():
    judgement = judged(Insight(), rules=[shaded(Broken())])
    assert (judgement.verdict, judgement.raised) == ("allow", ())
    assert judgement.raised_in_shadow == ("broken",)


def test_a_rule_can_be_put_in_shadow_from_outside():
    signup: Signup = a_signup()
    judgement = judge(
        [Heavy(), Broken()],
        Insight(),
        signup,
        signals=frozenset(),
        thresholds=THRESHOLDS,
        shadowed={"heavy", "broken"},
    )
    assert (judgement.verdict, judgement.raised_in_shadow) == ("allow", ("broken",))


PREMIUM = Insight(line_type="landline_premium")
AT = datetime(2026, 11, 20, 9, 30, tzinfo=timezone.utc)


class Odd(Rule):
    """A rule whose flags have what a test gives them."""

    code = "odd"

    def __init__(self, said: Any = None, **changes: Any) -> None:
        super().__init__()
        self.said, self.changes = said or {}, changes

    def examine(self, insight, signup):
        yield replace(self.flag("It is %(what)s.", **self.said), **self.changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"weight": "90"},
        {"weight": None},
        {"weight": 12.5},
        {"weight": float("nan")},
        {"weight": True},
        {"weight": -(10**12)},
        {"code": None},
        {"code": ""},
        {"message": None},
        {"params": None},
        {"params": ["what"]},
        {"cancels": "premium"},
        {"cancels": None},
        {"cancels": frozenset({5})},
    ],
    ids=str,
)
def test_a_flag_that_cannot_be_weighed_costs_its_rule_and_no_other(changes: dict[str, Any]) -> None:
    judgement = judged(PREMIUM, rules=[Odd(**changes), Premium()])
    assert judgement.raised == ("odd",)
    assert (judgement.verdict, judgement.score) == ("deny", 80)
    assert judgement.errors["odd"].startswith("a flag")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (AT, "2026-11-20 09:30:00+00:00"),
        (Decimal("1.20"), "1.20"),
        (uuid.UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        (lazystr("so"), "so"),
        (float("inf"), "inf"),
        ("a\0b\ud800", "ab?"),
        ({"SE", "GB"}, ["GB", "SE"]),
        ([AT.date()], ["2026-11-20"]),
        ({1: Decimal(2)}, {"1": "2"}),
        ("x" * 5000, "x" * MAX_TEXT),
        (None, None),
        (3, 3),
        (0.5, 0.5),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_parameters_of_a_flag_are_kept_as_text_where_nothing_else_would_do(
    given: Any, kept: Any
) -> None:
    judgement = judged(Insight(), rules=[Odd({"what": given})])
    assert judgement.raised == ()
    (flag,) = judgement.flags
    assert json.loads(json.dumps(dict(flag.params))) == {"what": kept}


def test_parameters_that_hold_themselves_end_somewhere() -> None:
    given: list[Any] = []
    given.append(given)
    judgement = judged(Insight(), rules=[Odd({"what": given})])
    assert judgement.raised == ()
    assert json.dumps(dict(judgement.flags[0].params))


def test_a_flag_without_a_group_stands_alone_however_that_is_written() -> None:
    judgement = judged(PREMIUM, rules=[Odd(group=None, weight=10), Premium()])
    assert [flag.group for flag in judgement.flags if flag.code == "odd"] == [""]
    assert judgement.score == 90


def test_a_sound_flag_is_not_copied() -> None:
    flag = Rule.flag(Premium(), "It is %(what)s.", code="odd", what="so")

    class Same(Rule):
        code = "odd"

        def examine(self, insight, signup):
            yield flag

    assert judged(Insight(), rules=[Same()]).flags[0].params is flag.params
