"""A rule in shadow is asked, and nothing comes of it."""

from __future__ import annotations

from dataclasses import replace

from number_insight.insight import Insight
from number_insight.rules import Rule, Signup, judge
from number_insight.rules.scoring import EVERYTHING
from tests.support.rules import THRESHOLDS, Broken, a_signup, judged


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
