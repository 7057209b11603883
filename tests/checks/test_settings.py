"""What is wrong in the settings is said in one sentence, with what to do about it."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import Error
from django.test import override_settings

from number_insight.checks import check_plugins, check_settings
from tests.service.stage import FAKE

NO_COUNTRY = "a text"
AMOUNT = 'Write it as a string, "10.00", or None for unlimited.'
DURATION = "Write it as a timedelta, for example timedelta(days=30)."
COUNTRY = "Give the dotted path of a callable: ip -> 'GB' or None."


@pytest.mark.parametrize(
    ("given", "number", "message", "hint"),
    [
        (
            [],
            "E001",
            "NUMBER_INSIGHT is a list, not a dict.",
            'Write NUMBER_INSIGHT = {"PROVIDERS": {...}}.',
        ),
        ({"BUDGETT": {}}, "E001", "NUMBER_INSIGHT has no key 'BUDGETT'.", "Did you mean 'BUDGET'?"),
        (
            {"BUDGET": {"dya": "1"}},
            "E001",
            "NUMBER_INSIGHT['BUDGET'] has no key 'dya'.",
            "Did you mean 'day'?",
        ),
        (
            {"LEVEL": "advance"},
            "E002",
            "NUMBER_INSIGHT['LEVEL'] is 'advance'.",
            "Did you mean 'advanced'?",
        ),
        ({"DELIVERY": 7}, "E002", "NUMBER_INSIGHT['DELIVERY'] is 7.", "Known are: sync, async."),
        (
            {"RING_TIMEOUT": 1},
            "E003",
            "NUMBER_INSIGHT RING_TIMEOUT is not a duration: 1.",
            DURATION,
        ),
        (
            {"FRESHNESS": {"live": 900}},
            "E003",
            "NUMBER_INSIGHT FRESHNESS.live is not a duration: 900.",
            DURATION,
        ),
        (
            {"BUDGET": {"day": "ten"}},
            "E004",
            "NUMBER_INSIGHT BUDGET.day is not an amount: 'ten'.",
            AMOUNT,
        ),
        (
            {"BUDGET": {"day": "-1"}},
            "E004",
            "NUMBER_INSIGHT BUDGET.day is not an amount: '-1'.",
            AMOUNT,
        ),
        (
            {"BUDGET": {"day": "NaN"}},
            "E004",
            "NUMBER_INSIGHT BUDGET.day is not an amount: 'NaN'.",
            AMOUNT,
        ),
        (
            {"THRESHOLDS": {"deny": "80"}},
            "E005",
            "NUMBER_INSIGHT THRESHOLDS.deny is not a whole number: '80'.",
            "Weights and thresholds are whole numbers.",
        ),
        (
            {"DELIVERY": "async"},
            "E006",
            "NUMBER_INSIGHT['CALLBACK_BASE_URL'] is not set, and DELIVERY is 'async'.",
            'Say where the webhook is: "https://www.example.com".',
        ),
        (
            {"IP_COUNTRY": "tests.checks.test_settings.NO_COUNTRY"},
            "E007",
            "NUMBER_INSIGHT['IP_COUNTRY'] is not callable.",
            COUNTRY,
        ),
        (
            {"COUNTRIES": ["gb"]},
            "E008",
            "NUMBER_INSIGHT['COUNTRIES'] holds what is no country: ['gb'].",
            'Give a list of alpha-2 codes: ["GB", "SE"].',
        ),
        (
            {"PROVIDERS": {"other": {"BACKEND": FAKE}}},
            "E009",
            "NUMBER_INSIGHT['PROVIDERS'] has no 'default', and that is who is asked.",
            'Write "PROVIDERS": {"default": {"BACKEND": ...}}.',
        ),
        (
            {"WEIGHTS": {"virtul": 1}},
            "E016",
            "NUMBER_INSIGHT WEIGHTS has a weight for 'virtul', which is no active rule.",
            "Did you mean 'virtual'?",
        ),
        (
            {"LIMITS": {"ip": "20/week"}},
            "E018",
            "NUMBER_INSIGHT LIMITS.ip: '20/week' is no limit; write it as '20/day'.",
            "The periods are minute, hour and day.",
        ),
        (
            {"THROUGHPUT": 0},
            "E018",
            "NUMBER_INSIGHT['THROUGHPUT'] is no number of requests a second: 0.",
            "Write a number above zero, for example 30.",
        ),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(
    given: Any, number: str, message: str, hint: str
) -> None:
    with override_settings(NUMBER_INSIGHT=given):
        assert [*check_settings(), *check_plugins()] == [
            Error(message, hint=hint, id=f"number_insight.{number}")
        ]
