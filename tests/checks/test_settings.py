"""A mistake in the settings is reported in one sentence, with a hint."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.checks import Error
from django.test import override_settings

from number_insight.checks import check_settings
from number_insight.checks.budgets import SHAPE
from number_insight.checks.routing import SHADOW, SHARE
from tests.checks.stage import FAKE, PROVIDERS, found, found_in_production, ids

NOT_CALLABLE = "a text"
AMOUNT = 'Write it as a string, "10.00", or None for unlimited.'
DURATION = "Write it as a timedelta, for example timedelta(days=30)."
SECONDS = "Write it as a timedelta, for example timedelta(seconds=1)."
SPARE = {**PROVIDERS, "spare": PROVIDERS["default"]}
SWITCH = "Write True or False; text, from the environment say, counts as False."
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
        (
            {"ENABLED": "False"},
            "E002",
            "NUMBER_INSIGHT['ENABLED'] is 'False', neither True nor False.",
            SWITCH,
        ),
        (
            {"BUDGET": "10"},
            "E002",
            "NUMBER_INSIGHT['BUDGET'] is a str, not a dict.",
            'Write it as {"day": "10.00"}.',
        ),
        (
            {"RETRY_UNCERTAIN": "1"},
            "E002",
            "NUMBER_INSIGHT['RETRY_UNCERTAIN'] is no number of attempts: '1'.",
            "Write a whole number; 0 never pays twice.",
        ),
        ({"DELIVERY": 7}, "E002", "NUMBER_INSIGHT['DELIVERY'] is 7.", "Known are: sync, async."),
        (
            {"RING_TIMEOUT": 1},
            "E003",
            "NUMBER_INSIGHT RING_TIMEOUT is not a duration: 1.",
            SECONDS,
        ),
        (
            {"FRESHNESS": {"live": 900}},
            "E003",
            "NUMBER_INSIGHT FRESHNESS.live is not a duration: 900.",
            DURATION,
        ),
        (
            {"BUDGET": {"EURO": {"day": "1"}}},
            "E001",
            "NUMBER_INSIGHT['BUDGET'] has no key 'EURO'.",
            "Did you mean 'EUR'?",
        ),
        (
            {"BUDGET": {"eur": {"day": "1"}}},
            "E001",
            "NUMBER_INSIGHT['BUDGET'] has no key 'eur'.",
            "Did you mean 'EUR'?",
        ),
        (
            {"BUDGET": {"EUR": {"mnth": "1"}}},
            "E001",
            "NUMBER_INSIGHT['BUDGET']['EUR'] has no key 'mnth'.",
            "Did you mean 'month'?",
        ),
        (
            {"BUDGET": {"EUR": "10"}},
            "E002",
            "NUMBER_INSIGHT BUDGET.EUR is '10', and no dict of periods.",
            SHAPE,
        ),
        (
            {"BUDGET": {"day": "10", "USD": {"day": "5"}}},
            "E002",
            "NUMBER_INSIGHT BUDGET mixes periods and currencies: 'USD'.",
            SHAPE,
        ),
        (
            {"BUDGET": {"EUR": {"day": "ten"}}},
            "E004",
            "NUMBER_INSIGHT BUDGET.EUR.day is not an amount: 'ten'.",
            AMOUNT,
        ),
        (
            {"FALLBACKS": ["twillio"], "PROVIDERS": {**PROVIDERS, "twilio": {"BACKEND": FAKE}}},
            "E033",
            "NUMBER_INSIGHT['FALLBACKS'] names 'twillio', which is not in PROVIDERS.",
            "Did you mean 'twilio'?",
        ),
        (
            {"FALLBACKS": ["default"]},
            "E033",
            "NUMBER_INSIGHT['FALLBACKS'] names 'default', which is asked first as it is.",
            "Leave it out.",
        ),
        (
            {"FALLBACKS": ["spare", "spare"], "PROVIDERS": SPARE},
            "E033",
            "NUMBER_INSIGHT['FALLBACKS'] names 'spare' more than once.",
            "Name it once: each provider is asked once at most.",
        ),
        (
            {"FALLBACK_ON_NO_COVERAGE": "no"},
            "E002",
            "NUMBER_INSIGHT['FALLBACK_ON_NO_COVERAGE'] is 'no', neither True nor False.",
            SWITCH,
        ),
        (
            {"SHADOW": {"provider": "default", "percent": 5, "budget": {"day": "1"}}},
            "E033",
            "NUMBER_INSIGHT['SHADOW'] names 'default', which gives the verdict as it is.",
            "Name the provider that you want to compare with it.",
        ),
        (
            {"SHARES": {"identity": 10}},
            "E033",
            "NUMBER_INSIGHT['SHARES'] names 'identity', which is not in PROVIDERS.",
            "Known are: default.",
        ),
        (
            {"SHARES": {"default": -1}},
            "E033",
            "NUMBER_INSIGHT SHARES.default is no per cent of numbers: -1.",
            SHARE,
        ),
        (
            {"SHARES": {"default": 100, "spare": 1}, "PROVIDERS": SPARE},
            "E033",
            "NUMBER_INSIGHT['SHARES'] are 101 per cent together.",
            "Make them 100 at most; the rest is asked at 'default'.",
        ),
        (
            {
                "SHADOW": {"provider": "spare", "per_cent": 5, "percent": 5, "budget": None},
                "PROVIDERS": SPARE,
            },
            "E001",
            "NUMBER_INSIGHT['SHADOW'] has no key 'per_cent'.",
            "Did you mean 'percent'?",
        ),
        (
            {"SHADOW": {}},
            "E033",
            "NUMBER_INSIGHT['SHADOW'] lacks 'provider' and 'percent' and 'budget'.",
            SHADOW,
        ),
        (
            {"SHADOW": {"provider": "spare", "percent": 5}, "PROVIDERS": SPARE},
            "E033",
            "NUMBER_INSIGHT['SHADOW'] lacks 'budget'.",
            SHADOW,
        ),
        (
            {"SHADOW": {"provider": "x", "percent": 5, "budget": {"day": "1"}}},
            "E033",
            "NUMBER_INSIGHT['SHADOW'] names 'x', which is not in PROVIDERS.",
            "Known are: default.",
        ),
        (
            {
                "SHADOW": {"provider": "spare", "percent": 101, "budget": {"day": "1"}},
                "PROVIDERS": SPARE,
            },
            "E033",
            "NUMBER_INSIGHT SHADOW.percent is no per cent: 101.",
            SHADOW,
        ),
        (
            {
                "SHADOW": {"provider": "spare", "percent": 1, "budget": {"dya": "1"}},
                "PROVIDERS": SPARE,
            },
            "E001",
            "NUMBER_INSIGHT['SHADOW']['budget'] has no key 'dya'.",
            "Did you mean 'day'?",
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
            {"CLIENT_IP": {"PROXY_COUNT": -1}},
            "E020",
            "NUMBER_INSIGHT['CLIENT_IP']: PROXY_COUNT is no number of proxies: -1. "
            "So no visitor's IP is known.",
            'Write it as {"PROXY_COUNT": 1} or {"PROXY_LIST": ["10.0.0.0/8"]}.',
        ),
        (
            {"DELIVERY": "async"},
            "E006",
            "NUMBER_INSIGHT['CALLBACK_BASE_URL'] is not set, so that no answer can be posted here.",
            'DELIVERY is "async": say where the webhook is, "https://www.example.com".',
        ),
        (
            {"IP_COUNTRY": "tests.checks.test_settings.NOT_CALLABLE"},
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
def test_a_mistake_is_reported_with_what_to_do(
    given: Any, number: str, message: str, hint: str
) -> None:
    assert found(given) == [Error(message, hint=hint, id=f"number_insight.{number}")]


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ({"IP_COUNTRY": "no.such.thing"}, "E007"),
        ({"COUNTRIES": "GB"}, "E008"),
        ({"COUNTRIES": ["UK"]}, "E008"),
        ({"COUNTRIES": ["GB", "EU"]}, "E008"),
        ({"COUNTRIES": [["GB"]]}, "E008"),
        ({"COUNTRIES": {"GB": 1}}, "E008"),
        ({"COUNTRIES": 44}, "E008"),
        ({"THRESHOLDS": {"review": 80, "deny": 30}}, "E005"),
        ({"THRESHOLDS": {"review": 90}}, "E005"),
        ({"THRESHOLDS": {"deny": 20}}, "E005"),
        ({"CALLBACK_BASE_URL": "https://www.example.com/app"}, "E006"),
        ({"CALLBACK_BASE_URL": "https://www.example.com/app/?x"}, "E006"),
        ({"CALLBACK_BASE_URL": "http://www.example.com"}, "E006"),
        ({"CALLBACK_BASE_URL": "www.example.com"}, "E006"),
        ({"PROVIDERS": []}, "E002"),
        ({"PROVIDERS": "x"}, "E002"),
        ({"RULES": "x"}, "E002"),
        ({"EXTRA_RULES": {}}, "E002"),
        ({"WEIGHTS": [1]}, "E002"),
        ({"BUDGET": "10.00"}, "E002"),
        ({"CLIENT_IP": "10.0.0.1"}, "E002"),
        ({"CLIENT_IP": {"PROXY_COUNT": "one"}}, "E020"),
        ({"CLIENT_IP": {"PROXY_LIST": [""]}}, "E020"),
        ({"CLIENT_IP": {"PROXY_LIST": "10.0.0.1"}}, "E020"),
        ({"CLIENT_IP": {"PROXY_LIST": ["0.0.0.0/0"]}}, "E020"),
        ({"CLIENT_IP": {"HEADER": "X-Forwarded-For"}}, "E020"),
        ({"THRESHOLDS": 30}, "E002"),
        ({"FRESHNESS": timedelta(days=1)}, "E002"),
        ({"LIMITS": "20/day"}, "E002"),
        ({"FINGERPRINT_KEYS": "one-text"}, "E002"),
        ({"FINGERPRINT_KEYS": []}, "E002"),
        ({"FINGERPRINT_KEYS": [""]}, "E002"),
        ({"FINGERPRINT_KEYS": [b"bytes"]}, "E002"),
        ({"FINGERPRINT_KEYS": 5}, "E002"),
        ({"ENABLED": None}, "E002"),
        ({"SEND_IP": "no"}, "E002"),
        ({"CNAM": []}, "E002"),
        ({"STORE_RAW": "off"}, "E002"),
        ({"FALLBACK_ON_NO_COVERAGE": 2}, "E002"),
        ({"RETRY_UNCERTAIN": -1}, "E002"),
        ({"RETRY_UNCERTAIN": True}, "E002"),
        ({"RETENTION": 90}, "E003"),
        ({"RETENTION": "90 days"}, "E003"),
        ({"REVIEW_TARGET": 4}, "E003"),
        ({"REVIEW_TARGET": timedelta(hours=-4)}, "E003"),
    ],
)
def test_a_value_of_any_type_is_reported_and_breaks_no_check(given: Any, number: str) -> None:
    messages = found(given)
    assert ids(messages) == [number]
    assert all(message.hint for message in messages)
    found_in_production(given)


@pytest.mark.parametrize(
    ("atomic", "enforcement", "expected"),
    [(True, "enforce", ["W001"]), (True, "observe", []), (False, "enforce", [])],
)
def test_a_form_that_cannot_wait_in_its_transaction_is_reported(
    atomic: bool, enforcement: str, expected: list[str], settings: Any
) -> None:
    settings.NUMBER_INSIGHT = {"WAIT": timedelta(seconds=2), "ENFORCEMENT": enforcement}
    settings.DATABASES["default"]["ATOMIC_REQUESTS"] = atomic
    try:
        assert ids(check_settings()) == expected
    finally:
        settings.DATABASES["default"]["ATOMIC_REQUESTS"] = False


@pytest.mark.parametrize(
    "given",
    [
        {"COUNTRIES": None},
        {"COUNTRIES": []},
        {"COUNTRIES": ("GB", "XK")},
        {"COUNTRIES": {"GB", "JE"}},
        {"THRESHOLDS": {"review": 80}},
        {"THRESHOLDS": {"review": 0, "deny": 1}},
        {"CALLBACK_BASE_URL": "https://www.example.com"},
        {"CALLBACK_BASE_URL": "https://www.example.com/"},
        {"CALLBACK_BASE_URL": "https://www.example.com:8443"},
        {"SEND_IP": None},
        {"SHARES": {"spare": Decimal("33.3"), "default": 66.7}, "PROVIDERS": SPARE},
        {
            "SHARES": {"spare": 50},
            "SHADOW": {"provider": "default", "percent": 5, "budget": {"day": "1"}},
            "PROVIDERS": SPARE,
        },
    ],
)
def test_what_is_right_is_not_reported(given: Any) -> None:
    assert ids(found({"PROVIDERS": PROVIDERS, **given})) == []


@pytest.mark.parametrize(("region", "expected"), [("UK", ["E008"]), ("se", ["E008"]), ("SE", [])])
def test_a_default_region_that_is_no_country_is_reported(
    region: str, expected: list[str], settings: Any
) -> None:
    settings.PHONENUMBER_DEFAULT_REGION = region
    assert ids(found({"PROVIDERS": PROVIDERS})) == expected


@override_settings(ROOT_URLCONF="django.contrib.auth.urls")
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"DELIVERY": "async", "CALLBACK_BASE_URL": "https://x.example"}, ["E027"]),
        ({"DELIVERY": "async"}, ["E027", "E006"]),
        ({"DELIVERY": "sync", "CALLBACK_BASE_URL": "https://x.example"}, []),
        ({}, []),
    ],
)
def test_a_webhook_that_is_not_included_is_reported_where_answers_are_posted(
    given: dict[str, Any], expected: list[str]
) -> None:
    assert ids(found({"PROVIDERS": PROVIDERS, **given})) == expected


@pytest.mark.parametrize("urls", ["tests.urls", "", None])
def test_a_project_without_urls_has_no_webhook(urls: str | None) -> None:
    told = {"PROVIDERS": PROVIDERS, "DELIVERY": "async", "CALLBACK_BASE_URL": "https://x.example"}
    with override_settings(ROOT_URLCONF=urls):
        assert ids(found(told)) == ([] if urls else ["E027"])
