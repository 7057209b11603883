"""A mistake in the settings is reported in one sentence, with a hint."""

from __future__ import annotations

import sys
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


def shadow(**changes: Any) -> dict[str, Any]:
    """Return settings with a shadow, and with `changes` in what is said of it."""
    sound = {"provider": "spare", "percent": 5, "budget": {"day": "1"}}
    return {"SHADOW": {**sound, **changes}, "PROVIDERS": SPARE}


MISTAKES: dict[str, list[tuple[Any, str, str]]] = {
    "E001": [
        ([], " is a list, not a dict.", 'Write NUMBER_INSIGHT = {"PROVIDERS": {...}}.'),
        ({"BUDGETT": {}}, " has no key 'BUDGETT'.", "Did you mean 'BUDGET'?"),
        ({"BUDGET": {"dya": "1"}}, "['BUDGET'] has no key 'dya'.", "Did you mean 'day'?"),
        (
            {"BUDGET": {"EURO": {"day": "1"}}},
            "['BUDGET'] has no key 'EURO'.",
            "Did you mean 'EUR'?",
        ),
        ({"BUDGET": {"eur": {"day": "1"}}}, "['BUDGET'] has no key 'eur'.", "Did you mean 'EUR'?"),
        (
            {"BUDGET": {"EUR": {"mnth": "1"}}},
            "['BUDGET']['EUR'] has no key 'mnth'.",
            "Did you mean 'month'?",
        ),
        (shadow(per_cent=5), "['SHADOW'] has no key 'per_cent'.", "Did you mean 'percent'?"),
        (
            shadow(budget={"dya": "1"}),
            "['SHADOW']['budget'] has no key 'dya'.",
            "Did you mean 'day'?",
        ),
    ],
    "E002": [
        ({"LEVEL": "advance"}, "['LEVEL'] is 'advance'.", "Did you mean 'advanced'?"),
        ({"ENABLED": "False"}, "['ENABLED'] is 'False', neither True nor False.", SWITCH),
        ({"BUDGET": "10"}, "['BUDGET'] is a str, not a dict.", 'Write it as {"day": "10.00"}.'),
        (
            {"RETRY_UNCERTAIN": "1"},
            "['RETRY_UNCERTAIN'] is no number of attempts: '1'.",
            "Write a whole number; 0 never pays twice.",
        ),
        ({"DELIVERY": 7}, "['DELIVERY'] is 7.", "Known are: sync, async."),
        ({"BUDGET": {"EUR": "10"}}, " BUDGET.EUR is '10', and no dict of periods.", SHAPE),
        (
            {"BUDGET": {"day": "10", "USD": {"day": "5"}}},
            " BUDGET mixes periods and currencies: 'USD'.",
            SHAPE,
        ),
        (
            {"FALLBACK_ON_NO_COVERAGE": "no"},
            "['FALLBACK_ON_NO_COVERAGE'] is 'no', neither True nor False.",
            SWITCH,
        ),
    ],
    "E003": [
        ({"RING_TIMEOUT": 1}, " RING_TIMEOUT is not a duration: 1.", SECONDS),
        ({"FRESHNESS": {"live": 900}}, " FRESHNESS.live is not a duration: 900.", DURATION),
    ],
    "E004": [
        ({"BUDGET": {"EUR": {"day": "ten"}}}, " BUDGET.EUR.day is not an amount: 'ten'.", AMOUNT),
        ({"BUDGET": {"day": "ten"}}, " BUDGET.day is not an amount: 'ten'.", AMOUNT),
        ({"BUDGET": {"day": "-1"}}, " BUDGET.day is not an amount: '-1'.", AMOUNT),
        ({"BUDGET": {"day": "NaN"}}, " BUDGET.day is not an amount: 'NaN'.", AMOUNT),
    ],
    "E005": [
        (
            {"THRESHOLDS": {"deny": "80"}},
            " THRESHOLDS.deny is not a whole number: '80'.",
            "Weights and thresholds are whole numbers.",
        )
    ],
    "E006": [
        (
            {"DELIVERY": "async"},
            "['CALLBACK_BASE_URL'] is not set, so that no answer can be posted here.",
            'DELIVERY is "async": say where the webhook is, "https://www.example.com".',
        )
    ],
    "E007": [
        (
            {"IP_COUNTRY": "tests.checks.test_settings.NOT_CALLABLE"},
            "['IP_COUNTRY'] is not callable.",
            COUNTRY,
        )
    ],
    "E008": [
        (
            {"COUNTRIES": ["gb"]},
            "['COUNTRIES'] holds what is no country: ['gb'].",
            'Give a list of alpha-2 codes: ["GB", "SE"].',
        )
    ],
    "E009": [
        (
            {"PROVIDERS": {"other": {"BACKEND": FAKE}}},
            "['PROVIDERS'] has no 'default', and that is who is asked.",
            'Write "PROVIDERS": {"default": {"BACKEND": ...}}.',
        )
    ],
    "E016": [
        (
            {"WEIGHTS": {"virtul": 1}},
            " WEIGHTS has a weight for 'virtul', which is no active rule.",
            "Did you mean 'virtual'?",
        )
    ],
    "E018": [
        (
            {"LIMITS": {"ip": "20/week"}},
            " LIMITS.ip: '20/week' is no limit; write it as '20/day'.",
            "The periods are minute, hour and day.",
        ),
        (
            {"THROUGHPUT": 0},
            "['THROUGHPUT'] is no number of requests a second: 0.",
            "Write a number above zero, for example 30.",
        ),
    ],
    "E020": [
        (
            {"CLIENT_IP": {"PROXY_COUNT": -1}},
            "['CLIENT_IP']: PROXY_COUNT is no number of proxies: -1. So no visitor's IP is known.",
            'Write it as {"PROXY_COUNT": 1} or {"PROXY_LIST": ["10.0.0.0/8"]}.',
        )
    ],
    "E033": [
        (
            {"FALLBACKS": ["twillio"], "PROVIDERS": {**PROVIDERS, "twilio": {"BACKEND": FAKE}}},
            "['FALLBACKS'] names 'twillio', which is not in PROVIDERS.",
            "Did you mean 'twilio'?",
        ),
        (
            {"FALLBACKS": ["default"]},
            "['FALLBACKS'] names 'default', which is asked first as it is.",
            "Leave it out.",
        ),
        (
            {"FALLBACKS": ["spare", "spare"], "PROVIDERS": SPARE},
            "['FALLBACKS'] names 'spare' more than once.",
            "Name it once: each provider is asked once at most.",
        ),
        (
            shadow(provider="default"),
            "['SHADOW'] names 'default', which gives the verdict as it is.",
            "Name the provider that you want to compare with it.",
        ),
        (
            {"SHARES": {"identity": 10}},
            "['SHARES'] names 'identity', which is not in PROVIDERS.",
            "Known are: default.",
        ),
        ({"SHARES": {"default": -1}}, " SHARES.default is no per cent of numbers: -1.", SHARE),
        (
            {"SHARES": {"default": 100, "spare": 1}, "PROVIDERS": SPARE},
            "['SHARES'] are 101 per cent together.",
            "Make them 100 at most; the rest is asked at 'default'.",
        ),
        ({"SHADOW": {}}, "['SHADOW'] lacks 'provider' and 'percent' and 'budget'.", SHADOW),
        (
            {"SHADOW": {"provider": "spare", "percent": 5}, "PROVIDERS": SPARE},
            "['SHADOW'] lacks 'budget'.",
            SHADOW,
        ),
        (
            shadow(provider="x"),
            "['SHADOW'] names 'x', which is not in PROVIDERS.",
            "Known are: default, spare.",
        ),
        (shadow(percent=101), " SHADOW.percent is no per cent: 101.", SHADOW),
    ],
}
"""The id of a message -> what is given, the message behind ``NUMBER_INSIGHT``, and its hint."""


@pytest.mark.parametrize(
    ("number", "given", "message", "hint"),
    [(number, *row) for number, rows in MISTAKES.items() for row in rows],
)
def test_a_mistake_is_reported_with_what_to_do(
    number: str, given: Any, message: str, hint: str
) -> None:
    told = Error(f"NUMBER_INSIGHT{message}", hint=hint, id=f"number_insight.{number}")
    assert found(given) == [told]


WRONG: dict[str, list[dict[str, Any]]] = {
    "E002": [
        *({"PROVIDERS": []}, {"PROVIDERS": "x"}, {"RULES": "x"}, {"EXTRA_RULES": {}}),
        *({"WEIGHTS": [1]}, {"BUDGET": "10.00"}, {"CLIENT_IP": "10.0.0.1"}, {"THRESHOLDS": 30}),
        *({"FRESHNESS": timedelta(days=1)}, {"LIMITS": "20/day"}),
        *({"FINGERPRINT_KEYS": "one-text"}, {"FINGERPRINT_KEYS": []}, {"FINGERPRINT_KEYS": [""]}),
        *({"FINGERPRINT_KEYS": [b"bytes"]}, {"FINGERPRINT_KEYS": 5}, {"ENABLED": None}),
        *({"SEND_IP": "no"}, {"CNAM": []}, {"STORE_RAW": "off"}, {"FALLBACK_ON_NO_COVERAGE": 2}),
        *({"RETRY_UNCERTAIN": -1}, {"RETRY_UNCERTAIN": True}),
    ],
    "E003": [
        *({"RETENTION": 90}, {"RETENTION": "90 days"}, {"REVIEW_TARGET": 4}),
        {"REVIEW_TARGET": timedelta(hours=-4)},
    ],
    "E005": [
        *({"THRESHOLDS": {"review": 80, "deny": 30}}, {"THRESHOLDS": {"review": 90}}),
        {"THRESHOLDS": {"deny": 20}},
    ],
    "E006": [
        {"CALLBACK_BASE_URL": "https://www.example.com/app"},
        {"CALLBACK_BASE_URL": "https://www.example.com/app/?x"},
        {"CALLBACK_BASE_URL": "http://www.example.com"},
        {"CALLBACK_BASE_URL": "www.example.com"},
    ],
    "E007": [{"IP_COUNTRY": "no.such.thing"}],
    "E008": [
        *({"COUNTRIES": "GB"}, {"COUNTRIES": ["UK"]}, {"COUNTRIES": ["GB", "EU"]}),
        *({"COUNTRIES": [["GB"]]}, {"COUNTRIES": {"GB": 1}}, {"COUNTRIES": 44}),
    ],
    "E020": [
        *({"CLIENT_IP": {"PROXY_COUNT": "one"}}, {"CLIENT_IP": {"PROXY_LIST": [""]}}),
        *({"CLIENT_IP": {"PROXY_LIST": "10.0.0.1"}}, {"CLIENT_IP": {"PROXY_LIST": ["0.0.0.0/0"]}}),
        {"CLIENT_IP": {"HEADER": "X-Forwarded-For"}},
    ],
}


@pytest.mark.parametrize(
    ("number", "given"), [(number, given) for number, rows in WRONG.items() for given in rows]
)
def test_a_value_of_any_type_is_reported_and_breaks_no_check(number: str, given: Any) -> None:
    messages = found(given)
    assert ids(messages) == [number]
    assert all(message.hint for message in messages)
    found_in_production(given)


def test_a_callable_of_ours_without_its_package_names_the_extra(monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "iptocc", None)
    monkeypatch.delitem(sys.modules, "number_insight.ip_country.bundled", raising=False)
    (message,) = found({"IP_COUNTRY": "number_insight.ip_country.bundled.country"})
    assert message.id == "number_insight.E007"
    assert message.hint == "Install it: pip install 'django-number-insight[geoip-bundled]'."


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
        {**shadow(provider="default"), "SHARES": {"spare": 50}},
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
