"""The rules of the group number history: other subjects with the number, and past decisions."""

from __future__ import annotations

import pytest

from number_insight.insight import Insight
from number_insight.rules import Listing
from number_insight.rules.history import NumberRefusedBefore, NumberReleasedBefore, NumberReused
from tests.support.rules import BRITISH, ask, judged

VIRTUAL = Insight(line_type="virtual")


def on_list(action, match="number", value=BRITISH):
    return (Listing(action=action, match=match, value=value),)


@pytest.mark.parametrize(
    ("others", "weight"),
    [(0, None), (1, 10), (2, 30), (3, 30), (4, 30), (5, 60), (6, 60), (1000, 60)],
)
def test_a_number_weighs_more_the_more_others_have_it(others, weight):
    found = [flag.weight for flag in ask(NumberReused(), Insight(), number_seen=others)]
    assert found == ([] if weight is None else [weight])


def test_a_reused_number_is_told_with_how_many_have_it():
    [flag] = ask(NumberReused(), Insight(), number_seen=3)
    assert flag.message % flag.params == "Others have signed up with this number before (3)."


@pytest.mark.parametrize("thresholds", [{3: 20, 10: 90}, {"3": 20, "10": 90}])
def test_other_thresholds_are_an_option_in_python_and_in_json(thresholds):
    rule = NumberReused(thresholds=thresholds)
    weights = [[flag.weight for flag in ask(rule, Insight(), number_seen=n)] for n in (2, 3, 10)]
    assert weights == [[], [20], [90]]
    assert rule.weight == 90


def test_with_another_weight_the_steps_keep_their_share():
    rule = NumberReused(weight=30)
    assert [rule.weight_of(others) for others in (0, 1, 2, 5)] == [None, 5, 15, 30]
    rule.weight = 0
    assert rule.weight_of(5) == 0


@pytest.mark.parametrize(
    "thresholds", [{}, [5], {5: "60"}, {5: True}, {5: -1}, {"many": 3}, {5: 1.5}]
)
def test_thresholds_that_are_none_are_refused(thresholds):
    with pytest.raises((TypeError, ValueError)):
        NumberReused(thresholds=thresholds)


@pytest.mark.parametrize(
    ("decision", "codes"),
    [("", set()), ("released", {"number_released_before"}), ("refused", {"number_refused_before"})],
)
def test_the_last_decision_on_the_number_speaks(decision, codes):
    assert judged(Insight(), number_decision=decision).codes == codes


@pytest.mark.parametrize(
    ("known", "score", "verdict"),
    [
        ({"number_decision": "refused"}, 50, "review"),
        ({"number_decision": "refused", "number_seen": 1}, 50, "review"),
        ({"number_decision": "refused", "number_seen": 9}, 60, "review"),
        ({"number_decision": "released", "number_seen": 2}, 0, "allow"),
        ({"number_decision": "released", "number_seen": 5}, 30, "review"),
        ({"number_decision": "released"}, 0, "allow"),
    ],
)
def test_the_history_of_a_number_counts_once_and_a_release_takes_off(known, score, verdict):
    judgement = judged(Insight(), **known)
    assert (judgement.score, judgement.verdict) == (score, verdict)


def test_a_release_outweighs_one_soft_fact():
    judgement = judged(VIRTUAL, number_decision="released")
    assert (judgement.score, judgement.verdict) == (0, "allow")
    assert judgement.codes == {"virtual", "number_released_before"}


@pytest.mark.parametrize("match", ["number", "ip", "prefix", "carrier", "country"])
def test_a_release_never_counts_against_a_deny_list(match):
    value = "8.8.8.8" if match == "ip" else BRITISH
    listed = on_list("deny", match, value)
    assert ask(NumberReleasedBefore(), Insight(), number_decision="released", listed=listed) == []


def test_a_release_stands_beside_an_allow_list():
    rule, listed = NumberReleasedBefore(), on_list("allow", "prefix", "+44")
    assert len(ask(rule, Insight(), number_decision="released", listed=listed)) == 1
    assert ask(NumberRefusedBefore(), Insight(), number_decision="released", listed=listed) == []
