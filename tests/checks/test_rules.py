"""An entry of ``RULES`` makes its rule, or is reported with the reason why it cannot."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from number_insight import loading
from number_insight.rules import STANDARD, Rule
from tests.support.stage import asking

HERE = "tests.checks.test_rules"
BURST = "number_insight.rules.source.CarrierBurst"
REUSED = "number_insight.rules.history.NumberReused"


class Nameless(Rule):
    """Its author forgot the code."""


class Curious(Rule):
    """A rule that reads a field that does not exist."""

    code = "curious"
    reads = ("shoe_size",)


class Wordy(Rule):
    code = "w" * 51


class Twin(Rule):
    code = "virtual"


class Lettered(Rule):
    """A rule with a text where a tuple belongs, which would never be asked."""

    code = "lettered"
    needs = "line_type"


class Generous(Rule):
    code = "generous"
    excuses = "premium"


class Bursting(Rule):
    code = "bursting"

    def __init__(self) -> None:
        raise ZeroDivisionError("a secret")


class Weightless(Rule):
    code = "weightless"
    weight = None


@pytest.mark.parametrize(
    ("entry", "shadow"),
    [
        ({"NAME": REUSED}, False),
        ({"NAME": REUSED, "shadow": True}, True),
        ({"NAME": REUSED, "shadow": False}, False),
        ({"NAME": BURST}, True),
        ({"NAME": BURST, "shadow": False}, False),
    ],
)
def test_an_entry_says_whether_its_rule_is_in_shadow(entry: dict[str, Any], shadow: bool) -> None:
    assert loading.make_rule(entry).shadow is shadow


def test_one_entry_in_shadow_leaves_the_class_as_it_is() -> None:
    loading.make_rule({"NAME": REUSED, "shadow": True})
    assert loading.make_rule({"NAME": REUSED}).shadow is False


BAD = [
    ({"NAME": REUSED, "shadow": "yes"}, "'shadow' is True or False, not 'yes'"),
    ({"NAME": REUSED, "shadow": 1}, "'shadow' is True or False, not 1"),
    ({"NAME": REUSED, "Shadow": True}, "is written with 'Shadow'"),
    ({"NAME": REUSED, "WEIGHT": 5}, "known are NAME, OPTIONS, shadow"),
    ({"NAME": REUSED, "OPTIONS": {"weigth": 5}}, "OPTIONS of number_insight.rules.history"),
    ({"NAME": REUSED, "OPTIONS": {"thresholds": {}}}, "thresholds"),
    ({"NAME": REUSED, "OPTIONS": {"thresholds": {"many": 1}}}, "many"),
    ({"NAME": REUSED, "OPTIONS": ["weight"]}, "OPTIONS"),
    ({"NAME": f"{HERE}.Nameless"}, "needs a code"),
    ({"NAME": f"{HERE}.Wordy"}, "at most 50 characters"),
    ({"NAME": f"{HERE}.Curious"}, "reads 'shoe_size'"),
    ({"NAME": f"{HERE}.Absent"}, "Absent"),
    ({"NAME": f"{HERE}.Lettered"}, "needs is a tuple of names"),
    ({"NAME": f"{HERE}.Generous"}, "excuses is a set of codes"),
    ({"NAME": f"{HERE}.Weightless"}, "weight is a whole number, not None"),
    ({"NAME": f"{HERE}.Bursting"}, "raised ZeroDivisionError when it was made"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("entry", "told"), BAD)
def test_a_rule_that_is_written_wrong_is_reported_with_the_reason(
    entry: dict[str, Any], told: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=told):
        loading.make_rule(entry)
    with asking(EXTRA_RULES=[entry]), pytest.raises(SystemCheckError) as caught:
        call_command("check")
    assert told in str(caught.value)
    assert "number_insight.E015" in str(caught.value)


def test_two_rules_with_one_code_are_reported() -> None:
    entry = {"NAME": f"{HERE}.Twin"}
    with asking(EXTRA_RULES=[entry]), pytest.raises(SystemCheckError) as caught:
        call_command("check")
    assert "number_insight.E016" in str(caught.value)
    assert "'virtual'" in str(caught.value)


def test_the_standard_rules_can_all_be_made_and_pass_the_checks() -> None:
    assert len(loading.make_rules(STANDARD, {})) == len(STANDARD)
    with asking(RULES=STANDARD):
        call_command("check")
