"""A mistake in the settings of the review desk is reported in one sentence, with a hint."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.translation import gettext_lazy

from tests.checks.stage import found, ids


def summary(subject: Any) -> dict[str, Any]:
    """Return nothing about anybody."""
    return {}


@pytest.mark.parametrize(
    ("given", "number", "message"),
    [
        ({"SUBJECT_SUMMARY": 7}, "E036", "NUMBER_INSIGHT['SUBJECT_SUMMARY'] is not callable."),
        ({"SUBJECT_SEARCH": ["x"]}, "E002", "NUMBER_INSIGHT['SUBJECT_SEARCH'] is a list, not a"),
        (
            {"SUBJECT_SEARCH": {"nobody": ["name"]}},
            "E037",
            "NUMBER_INSIGHT['SUBJECT_SEARCH'] names no model: 'nobody'.",
        ),
        (
            {"SUBJECT_SEARCH": {"tests.Customer": "name"}},
            "E037",
            "NUMBER_INSIGHT SUBJECT_SEARCH.tests.Customer is no list of fields: 'name'.",
        ),
        (
            {"SUBJECT_SEARCH": {"tests.Customer": ["nmae"]}},
            "E037",
            "NUMBER_INSIGHT SUBJECT_SEARCH.tests.Customer has no field 'nmae'.",
        ),
        ({"REASONS": "known"}, "E002", "NUMBER_INSIGHT['REASONS'] is a str, not a list."),
        ({"REASONS": ["known"]}, "E038", "NUMBER_INSIGHT['REASONS'] holds what is no reason: "),
        ({"REASONS": [("x" * 51, "X")]}, "E038", "NUMBER_INSIGHT['REASONS'] holds what is no"),
        ({"REASONS": [("x", " ")]}, "E038", "NUMBER_INSIGHT['REASONS'] holds what is no reason"),
        (
            {"REASONS": [("x", "X"), ["x", "Y"]]},
            "E038",
            "NUMBER_INSIGHT['REASONS'] has the code 'x' twice.",
        ),
        ({"SECOND_LOOK": 2}, "E039", "NUMBER_INSIGHT['SECOND_LOOK'] is no share from 0 to 1: 2."),
        ({"SECOND_LOOK": "0.02"}, "E039", "NUMBER_INSIGHT['SECOND_LOOK'] is no share from 0 to 1"),
        ({"SECOND_LOOK": True}, "E039", "NUMBER_INSIGHT['SECOND_LOOK'] is no share from 0 to 1"),
    ],
)
def test_a_mistake_is_told(given: Any, number: str, message: str) -> None:
    (fault,) = found(given)
    assert ids([fault]) == [number]
    assert fault.msg.startswith(message)
    assert fault.hint


def test_a_path_that_cannot_be_imported_is_told() -> None:
    (fault,) = found({"SUBJECT_SUMMARY": "tests.checks.test_desk.sumary"})
    assert ids([fault]) == ["E036"]
    assert "cannot be imported" in fault.msg


def test_what_is_right_is_not_told() -> None:
    assert not found(
        {
            "SUBJECT_SUMMARY": "tests.checks.test_desk.summary",
            "SUBJECT_SEARCH": {"auth.User": ["username", "email"], "tests.Customer": ("name",)},
            "REASONS": [("known", gettext_lazy("Known")), ["fraud", "Fraud"]],
            "SECOND_LOOK": 0.02,
        }
    )
    assert not found({"REASONS": [], "SUBJECT_SEARCH": None, "SECOND_LOOK": 1})
