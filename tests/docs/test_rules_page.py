"""The page on rules tells the truth: its tables, its sums and its examples."""

from __future__ import annotations

import ast
import re
from datetime import datetime, timezone
from pathlib import Path

import pytest

from number_insight.insight import Insight, IPMatch, Roaming
from number_insight.rules import Listing, Rule, judge
from number_insight.rules.base import COSTLY, SIGNALS
from tests.support.rules import BRITISH, THRESHOLDS, a_signup, judged, standard_rules

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
RULES = {rule.code: rule for rule in standard_rules()}

SUMS = {
    "virtual line": {"line_type": "virtual"},
    "IP in another country": {"country": "GB", "ip": IPMatch(match="mismatch", country="NL")},
    "undeliverable": {"reachable": "undeliverable"},
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


def rows(columns: int) -> list[list[str]]:
    lines = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| ")]
    return [cells for cells in lines if len(cells) == columns]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def documented() -> dict[str, list[str]]:
    return {quoted(cells[0])[0]: cells for cells in rows(6) if quoted(cells[0])}


def messages(rule: Rule) -> list[str]:
    found = [text for name, text in vars(type(rule)).items() if name.startswith("message")]
    return [one for text in found for one in (text.values() if isinstance(text, dict) else [text])]


def example(heading: str) -> str:
    section = PAGE.split(f"## {heading}\n", 1)[1]
    return section.split("```python\n", 1)[1].split("```", 1)[0]


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


@pytest.mark.parametrize(("found", "score", "verdict"), [r for r in rows(3) if r[1].isdigit()])
def test_the_sums_on_the_page_come_out(found, score, verdict):
    told = {
        name: fact
        for words, facts in SUMS.items()
        if words in found
        for name, fact in facts.items()
    }
    known = {
        name: fact
        for words, facts in KNOWN.items()
        if words in found
        for name, fact in facts.items()
    }
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
    section = PAGE.split("## Change them\n", 1)[1].split("\n## ", 1)[0]
    blocks = re.findall(r"```python\n(.*?)```", section, flags=re.DOTALL)
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
    section = PAGE.split("\n* `needs`: ", 1)[1].split("\n* ", 1)[0]
    assert set(quoted(section)) >= SIGNALS


def test_every_field_that_costs_a_query_is_on_the_page():
    section = PAGE.split("\n* `reads`: ", 1)[1].split("\n* ", 1)[0]
    assert set(quoted(section)) >= COSTLY


@pytest.mark.parametrize(("code", "option", "default", "meaning"), rows(4)[2:])
def test_the_options_on_the_page_have_the_defaults_that_it_says(code, option, default, meaning):
    rule = RULES[quoted(code)[0]]
    assert getattr(rule, quoted(option)[0]) == ast.literal_eval(quoted(default)[0])
    assert meaning
