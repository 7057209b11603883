"""The texts for a visitor tell nothing of rules, lists or thresholds."""

from __future__ import annotations

import re

import pytest
from django import forms
from django.test import override_settings
from django.utils.translation import gettext_lazy

from number_insight.checks.settings import check_settings
from number_insight.defaults import DEFAULTS
from number_insight.formfields import ScreenedPhoneNumberField
from number_insight.loading import make_rules
from number_insight.rules import STANDARD
from number_insight.validators import EXAMPLE, MESSAGES
from tests.support.records import an_entry
from tests.support.stage import CLEAN, fake

TEXTS = [str(text).replace(EXAMPLE, "") for text in MESSAGES.values()]
DIGITS = "0 to 9"
"""The digits that a text may hold."""
TELLING = ("list", "rule", "score", "risk", "fraud", "weight", "threshold", "screen", "verdict")


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.lower()))


def test_no_text_reveals_a_threshold_or_a_weight() -> None:
    for text in TEXTS:
        assert not re.search(r"\d", text.replace(DIGITS, "")), text


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
    assert str(MESSAGES["refused"]) == (
        "This phone number cannot be used here. Please use another one, or contact us."
    )
    assert set(DEFAULTS["THRESHOLDS"]) == {"review", "deny"}


def told(typed: str, region: str | None = None) -> str:
    """Return the message of a form for `typed`."""
    form_class = type("Form", (forms.Form,), {"phone": ScreenedPhoneNumberField(region=region)})
    form = form_class({"phone": typed})
    return "" if form.is_valid() else form.errors["phone"][0]


@pytest.mark.parametrize(
    ("region", "example"),
    [("GB", "+44 7400 123456"), ("US", "+1 201-555-0123"), (None, "+46 70 174 06 05")],
)
def test_an_example_is_a_number_of_the_fields_region(region: str | None, example: str) -> None:
    assert told("+999", region).endswith(f"for example {example}.")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Call us at 100 %.", "Call us at 100 %."),
        ("%s %(no)s {0}", "%s %(no)s {0}"),
        (gettext_lazy("Not this one."), "Not this one."),
        ("", str(MESSAGES["refused"])),
    ],
)
def test_a_project_says_it_in_words_of_its_own(words: str, expected: str) -> None:
    an_entry("deny", "number", CLEAN)
    given = fake(ENFORCEMENT="enforce", MESSAGES={"refused": words, "invalid": "Like %(example)s?"})
    with override_settings(NUMBER_INSIGHT=given):
        assert told(CLEAN) == expected
        assert told("+999", "GB") == "Like +44 7400 123456?"


@pytest.mark.parametrize("given", ["words", ["refused"], 7])
def test_messages_that_are_no_mapping_break_no_form_and_are_reported(given: object) -> None:
    with override_settings(NUMBER_INSIGHT=fake(MESSAGES=given)):
        assert "country code" in told("+999")
        assert [message.id for message in check_settings()] == ["number_insight.E002"]


def test_a_message_that_nobody_sees_is_reported() -> None:
    with override_settings(NUMBER_INSIGHT=fake(MESSAGES={"refusal": "No."})):
        (message,) = check_settings()
    assert message.id == "number_insight.E001"
    assert "refused" in str(message.hint)
