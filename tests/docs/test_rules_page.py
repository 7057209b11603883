"""The page on rules tells the truth: its tables, its sums and its examples."""

from __future__ import annotations

import ast
import re
from datetime import datetime, timezone

import pytest

from number_insight.insight import Insight, IPMatch, Risk, Roaming, Swap
from number_insight.rules import Listing, Rule, judge
from number_insight.rules.base import COSTLY, SIGNALS
from tests.support.pages import quoted, read, rows, section
from tests.support.rules import BRITISH, THRESHOLDS, a_signup, judged, standard_rules

PAGE = read("docs/rules.md")
RULES = {rule.code: rule for rule in standard_rules()}

SUMS = {
    "virtual line": {"line_type": "virtual"},
    "IP in another country": {"country": "GB", "ip": IPMatch(match="mismatch", country="NL")},
    "undeliverable": {"reachable": "undeliverable"},
    "nonfixed": {"line_type": "virtual", "voip": "nonfixed"},
    "fixed internet line, IP": {"line_type": "virtual", "voip": "fixed"},
    "SIM changed today": {"sim_swap": Swap(swapped=True, period_hours=24)},
    "pumping score of 95": {"risk": Risk(score=95, kind="sms_pumping")},
    "blocked for pumping": {"risk": Risk(blocked=True, kind="sms_pumping")},
    "new owner": {"reassigned": "yes"},
    "not valid": {"valid_number": "not_valid"},
    "premium-rate line": {"line_type": "landline_premium"},
    "roaming in the country of the IP": {
        "country": "GB",
        "ip": IPMatch(match="mismatch", country="NL"),
        "roaming": Roaming(status="roaming", country="NL"),
    },
}

KNOWN = {
    "one other subject": {"number_seen": 1},
    "five other subjects": {"number_seen": 5},
    "released before": {"number_decision": "released"},
    "number on the deny list": {"listed": (Listing(action="deny", match="number", value=BRITISH),)},
    "burst from one block": {"block_seen_hour": 4},
    "campus behind one IP": {"ip": "8.8.8.8", "ip_seen_day": 300},
}


def of_width(columns: int) -> list[list[str]]:
    """Return the rows of the tables with so many columns."""
    return [row for row in rows(PAGE) if len(row) == columns]


def documented() -> dict[str, list[str]]:
    return {quoted(row[0])[0]: row for row in of_width(6)}


def messages(rule: Rule) -> list[str]:
    found = [text for name, text in vars(type(rule)).items() if name.startswith("message")]
    return [one for text in found for one in (text.values() if isinstance(text, dict) else [text])]


def example(heading: str) -> str:
    return section("docs/rules.md", heading).split("```python\n", 1)[1].split("```", 1)[0]


def test_every_standard_rule_is_on_the_page_and_the_other_way_round():
    assert set(documented()) == set(RULES)


@pytest.mark.parametrize("code", RULES)
def test_a_row_tells_weight_group_needs_text_and_liveness_as_they_are(code):
    rule = RULES[code]
    _, weight, group, needs, text, meaning = documented()[code]
    assert int(weight) == rule.weight
    assert quoted(group) == [rule.group]
    assert tuple(quoted(needs)) == rule.needs
    assert quoted(text) == messages(rule)
    assert ("*Live.*" in meaning) == rule.live
    assert ("*In shadow.*" in meaning) == rule.shadow


@pytest.mark.parametrize(
    ("found", "score", "verdict"), [row for row in of_width(3) if row[1].isdigit()]
)
def test_the_sums_on_the_page_come_out(found, score, verdict):
    told, known = (
        {name: fact for words in table if words in found for name, fact in table[words].items()}
        for table in (SUMS, KNOWN)
    )
    judgement = judged(Insight(**told), **known)
    assert told or known
    assert (judgement.score, judgement.verdict) == (int(score), quoted(verdict)[0])


@pytest.mark.parametrize(("day", "codes"), [(2, {"sunday"}), (3, set())])
def test_the_own_rule_on_the_page_works_as_it_stands(day, codes):
    names: dict[str, type[Rule]] = {}
    exec(example("Write your own rule"), names)
    signup = a_signup(at=datetime(2025, 3, day, tzinfo=timezone.utc))
    judgement = judge(
        [names["SignedUpOnSunday"](weight=5)],
        Insight(),
        signup,
        signals=frozenset(),
        thresholds=THRESHOLDS,
    )
    assert judgement.codes == codes
    assert judgement.score == 5 * len(codes)


def test_the_first_changes_on_the_page_name_what_exists():
    blocks = re.findall(
        r"```python\n(.*?)```", section("docs/rules.md", "Change them"), flags=re.DOTALL
    )
    settings = []
    for block in blocks:
        names = {}
        exec(block, names)
        settings.append(names["NUMBER_INSIGHT"])
    weights, rules, shadow = settings
    assert shadow["EXTRA_RULES"][0]["shadow"] is True
    assert set(weights["WEIGHTS"]) <= set(RULES)
    assert len(rules["RULES"]) == len(RULES)
    assert rules["RULES"][-1]["OPTIONS"] == {"wants_mobile": True}


def test_every_signal_is_on_the_page():
    assert set(quoted(PAGE.split("\n* `needs`: ", 1)[1].split("\n* ", 1)[0])) >= SIGNALS


def test_every_field_that_costs_a_query_is_on_the_page():
    assert set(quoted(PAGE.split("\n* `reads`: ", 1)[1].split("\n* ", 1)[0])) >= COSTLY


@pytest.mark.parametrize(("code", "option", "default", "meaning"), of_width(4))
def test_the_options_on_the_page_have_the_defaults_that_it_says(code, option, default, meaning):
    rule = RULES[quoted(code)[0]]
    assert getattr(rule, quoted(option)[0]) == ast.literal_eval(quoted(default)[0])
    assert meaning
