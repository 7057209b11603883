"""The rules of the group line flag each risky line type, and no other."""

from __future__ import annotations

import pytest

from number_insight import numbers
from number_insight.insight import LINE_TYPES, Carrier, Insight
from number_insight.rules.line import Landline, Pager, Premium, TollFree, Virtual
from tests.support.rules import ask, judged

LINES = {
    "landline_premium": (Premium, 80),
    "landline_tollfree": (TollFree, 40),
    "pager": (Pager, 40),
    "virtual": (Virtual, 30),
    "landline": (Landline, 0),
}


@pytest.mark.parametrize("line_type", sorted(LINE_TYPES))
@pytest.mark.parametrize(("rule", "weight"), LINES.values())
def test_each_line_type_speaks_to_its_own_rule_alone(line_type, rule, weight):
    found = [(flag.code, flag.weight) for flag in ask(rule(), Insight(line_type=line_type))]
    expected = LINES.get(line_type, (None, 0))[0] is rule
    assert found == ([(rule.code, weight)] if expected else [])


def test_a_virtual_line_is_shown_with_its_carrier():
    carrier = Carrier(name="Bandwidth.com", country="US")
    [flag] = ask(Virtual(), Insight(line_type="virtual", current_carrier=carrier))
    assert flag.message % flag.params == "The line is virtual (Bandwidth.com)."


def test_a_virtual_line_falls_back_on_its_original_carrier():
    carrier = Carrier(name="Bandwidth.com")
    [flag] = ask(Virtual(), Insight(line_type="virtual", original_carrier=carrier))
    assert flag.params == {"carrier": "Bandwidth.com"}


@pytest.mark.parametrize("carrier", [None, Carrier()])
def test_a_virtual_line_without_a_known_carrier_is_flagged_all_the_same(carrier):
    [flag] = ask(Virtual(), Insight(line_type="virtual", current_carrier=carrier))
    assert flag.message % flag.params == "The line is virtual."


def test_a_landline_is_information():
    judgement = judged(Insight(line_type="landline"))
    [flag] = judgement.flags
    assert (flag.code, flag.weight, flag.counted) == ("landline", 0, True)
    assert (judgement.score, judgement.verdict) == (0, "allow")


def test_a_landline_weighs_where_a_mobile_is_wanted():
    [flag] = ask(Landline(wants_mobile=True), Insight(line_type="landline"))
    assert flag.weight == 15
    assert flag.message % flag.params == "The line is a landline where a mobile is wanted."


@pytest.mark.parametrize("weight", [0, 20])
def test_a_weight_given_outright_wins_over_wants_mobile(weight):
    assert Landline(wants_mobile=True, weight=weight).weight == weight


def test_wants_mobile_is_yes_or_no():
    with pytest.raises(TypeError, match="wants_mobile"):
        Landline(wants_mobile="false")


@pytest.mark.parametrize(
    ("number", "codes"),
    [
        ("+449098790123", {"premium"}),
        ("+448001111111", {"toll_free"}),
        ("+442079460123", {"landline"}),
        ("+447911123456", set()),
        ("+12125550123", set()),
    ],
)
def test_the_line_is_told_for_free_where_libphonenumber_knows_it(number, codes):
    insight = numbers.local_insight(number)
    free = frozenset({"country", "line_type"})
    found = judged(insight, number=number, signals=free).codes
    assert found & {rule.code for rule, _ in LINES.values()} == codes
