"""Each check has its id, its message and its hint; a default never warns."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.checks import CheckMessage, Warning
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import override_settings

from number_insight.checks import check_deployment, check_plugins, check_settings
from number_insight.rules import Rule
from tests.celery import app
from tests.service.stage import FAKE, VONAGE

GOOD = {"default": {"BACKEND": VONAGE, "OPTIONS": {"api_key": "k", "api_secret": "s"}}}


class Sunday(Rule):
    """A project's rule."""

    code = "sunday"


def not_callable_country() -> None:
    """Say nothing; it is here to be named."""


def found(given: Any) -> list[CheckMessage]:
    """Return what is found everywhere."""
    with override_settings(NUMBER_INSIGHT=given):
        return [*check_settings(), *check_plugins()]


def found_in_production(given: Any) -> list[CheckMessage]:
    with override_settings(NUMBER_INSIGHT=given):
        return check_deployment()


def test_the_defaults_are_fine() -> None:
    assert found({}) == []
    assert found({"PROVIDERS": GOOD}) == []


def test_everything_at_its_documented_value_is_fine() -> None:
    assert (
        found(
            {
                "PROVIDERS": GOOD,
                "LEVEL": "advanced",
                "DELIVERY": "async",
                "CALLBACK_BASE_URL": "https://www.example.com",
                "BUDGET": {"day": "10.00", "month": None},
                "FRESHNESS": {"carrier": timedelta(days=1)},
                "LIMITS": {},
                "THROUGHPUT": 0.5,
                "WEIGHTS": {"virtual": 20},
                "THRESHOLDS": {"review": 20},
                "COUNTRIES": ["GB", "SE"],
                "CLIENT_IP": {"PROXY_COUNT": 1},
                "IP_COUNTRY": "tests.checks.test_checks.not_callable_country",
                "EXTRA_RULES": [{"NAME": "tests.checks.test_checks.Sunday"}],
            }
        )
        == []
    )


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ({"IP_COUNTRY": "no.such.thing"}, "E007"),
        ({"COUNTRIES": "GB"}, "E008"),
        ({"CALLBACK_BASE_URL": "http://www.example.com"}, "E006"),
        ({"CALLBACK_BASE_URL": "www.example.com"}, "E006"),
        ({"PROVIDERS": {"default": {}}}, "E009"),
        ({"PROVIDERS": {"default": {"BACKEND": "no.such.Thing"}}}, "E009"),
        ({"PROVIDERS": {"default": {"BACKEND": "builtins.dict"}}}, "E009"),
        ({"PROVIDERS": {"default": {"BACKEND": FAKE, "OPTIONS": {"wrong": 1}}}}, "E009"),
        ({"PROVIDERS": {"default": {"BACKEND": FAKE, "OPTIONS": 7}}}, "E009"),
        ({"PROVIDERS": {"default": {"BACKEND": FAKE, "OPTIONS": {"prices": {"gold": 1}}}}}, "E012"),
        ({"RULES": [{"NAME": "no.such.Rule"}]}, "E015"),
        ({"RULES": [{}]}, "E015"),
        ({"RULES": ["number_insight.rules.line.Virtual"]}, "E015"),
        ({"EXTRA_RULES": [{"NAME": "number_insight.rules.line.Virtual"}]}, "E016"),
        ({"PROVIDERS": []}, "E002"),
        ({"PROVIDERS": "x"}, "E002"),
        ({"RULES": "x"}, "E002"),
        ({"EXTRA_RULES": {}}, "E002"),
        ({"WEIGHTS": [1]}, "E002"),
        ({"BUDGET": "10.00"}, "E002"),
        ({"CLIENT_IP": "10.0.0.1"}, "E002"),
        ({"THRESHOLDS": 30}, "E002"),
        ({"FRESHNESS": timedelta(days=1)}, "E002"),
        ({"LIMITS": "20/day"}, "E002"),
    ],
)
def test_whatever_is_written_is_reported_and_breaks_no_check(given: Any, number: str) -> None:
    assert [message.id for message in found(given)] == [f"number_insight.{number}"]
    assert all(message.hint for message in found(given))
    found_in_production(given)


@pytest.mark.parametrize(
    "given", [{"BUDGET": {"day": "ten"}}, {"BUDGET": None}, {"PROVIDERS": None}]
)
def test_the_checks_of_production_bear_what_the_others_report(given: Any) -> None:
    found_in_production(given)


def test_a_build_without_secrets_can_migrate() -> None:
    given = {"PROVIDERS": {"default": {"BACKEND": VONAGE}}}
    assert found(given) == []
    ids = [message.id for message in found_in_production(given)]
    assert ids.count("number_insight.E010") == 2


def test_production_hears_of_the_fake_provider_and_of_unlimited_money() -> None:
    ids = [m.id for m in found_in_production({"BUDGET": {"day": None}})]
    assert {"number_insight.E017", "number_insight.W003"} <= set(ids)
    assert "number_insight.W003" not in [m.id for m in found_in_production({})]


@pytest.mark.parametrize(
    ("changed", "number"),
    [
        ({"MIDDLEWARE": []}, "W004"),
        ({"USE_X_FORWARDED_HOST": True}, "W005"),
        ({"SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")}, "W005"),
    ],
)
def test_production_hears_what_its_surroundings_lack(changed: dict[str, Any], number: str) -> None:
    before = found_in_production({"PROVIDERS": GOOD})
    with override_settings(**changed):
        after = found_in_production({"PROVIDERS": GOOD})
    (new,) = [message for message in after if message not in before]
    assert (new.id, isinstance(new, Warning)) == (f"number_insight.{number}", True)


def test_production_hears_of_eager_celery() -> None:
    app.conf.task_always_eager = True
    try:
        ids = [message.id for message in found_in_production({"PROVIDERS": GOOD})]
    finally:
        app.conf.task_always_eager = False
    assert "number_insight.W007" in ids


def test_no_message_shows_a_secret() -> None:
    options = {
        "api_key": "k",
        "api_secret": "canary",
        "base_url": "ftp://u:canary@x",
        "timeout": -1,
    }
    given = {"PROVIDERS": {"default": {"BACKEND": VONAGE, "OPTIONS": options}}}
    messages = [*found(given), *found_in_production(given)]
    assert messages and "canary" not in repr(messages)


@pytest.mark.django_db  # from Django 6.1 on, some of its own checks ask the database
def test_manage_py_check_runs_them() -> None:
    wrong = override_settings(NUMBER_INSIGHT={"LEVEL": "gold"})
    with wrong, pytest.raises(SystemCheckError, match="number_insight.E002"):
        call_command("check", stderr=StringIO())
    call_command("check", stdout=StringIO())
