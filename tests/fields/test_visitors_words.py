"""The texts for a visitor tell nothing of rules, lists or thresholds."""

from __future__ import annotations

import re

from number_insight.conf import DEFAULTS
from number_insight.loading import make_rules
from number_insight.rules import STANDARD
from number_insight.validators import MESSAGES, REFUSED

TEXTS = [str(text) for text in (*MESSAGES.values(), REFUSED)]
EXAMPLE = re.compile(r"\+46 70 174 06 05|0 to 9")
"""Digits that a text may hold: an example of a number, and which digits there are."""
TELLING = ("list", "rule", "score", "risk", "fraud", "weight", "threshold", "screen", "verdict")


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.lower()))


def test_no_text_reveals_a_threshold_or_a_weight() -> None:
    for text in TEXTS:
        assert not re.search(r"\d", EXAMPLE.sub("", text)), text


def test_no_text_speaks_of_how_it_is_judged() -> None:
    for text in TEXTS:
        assert not [word for word in words(text) if word.startswith(TELLING)], text


def test_no_text_names_a_rule() -> None:
    rules = make_rules(STANDARD, {})
    for text in TEXTS:
        for rule in rules:
            assert rule.code.replace("_", " ") not in text.lower(), (rule.code, text)
            assert rule.label.lower() not in text.lower(), (rule.code, text)


def test_there_is_one_refusal_for_every_reason() -> None:
    assert str(REFUSED) == (
        "This phone number cannot be used here. Please use another one, or contact us."
    )
    assert set(DEFAULTS["THRESHOLDS"]) == {"review", "deny"}
