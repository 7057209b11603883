"""The checks as ``manage.py check`` runs them, before a deployment, and of the review desk."""

from __future__ import annotations

import logging
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.checks import Warning
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import override_settings
from django.utils.translation import gettext_lazy

from number_insight.defaults import DEFAULTS
from tests.checks.stage import PROVIDERS, found, found_in_production, ids


@pytest.mark.parametrize("given", [{}, {**DEFAULTS, "PROVIDERS": PROVIDERS}])
def test_the_defaults_are_fine(given: Any) -> None:
    assert found(given) == []


def test_everything_at_its_documented_value_is_fine() -> None:
    given = {
        "PROVIDERS": PROVIDERS,
        "LEVEL": "advanced",
        "DELIVERY": "async",
        "CALLBACK_BASE_URL": "https://www.example.com",
        "BUDGET": {"day": "10.00", "month": None},
        "FRESHNESS": {"carrier": timedelta(days=1)},
        "LIMITS": {},
        "RETENTION": None,
        "THROUGHPUT": 0.5,
        "WEIGHTS": {"virtual": 20},
        "THRESHOLDS": {"review": 20},
        "COUNTRIES": ["GB", "SE"],
        "CLIENT_IP": {"PROXY_COUNT": 1},
        "IP_COUNTRY": "tests.checks.stage.ip_country",
        "EXTRA_RULES": [{"NAME": "tests.checks.stage.Sunday"}],
    }
    assert found(given) == []


@pytest.mark.parametrize(
    "given", [[], {"BUDGET": {"day": "ten"}}, {"BUDGET": None}, {"PROVIDERS": None}]
)
def test_settings_that_one_check_reports_do_not_break_another(given: Any) -> None:
    found_in_production(given)


@pytest.mark.django_db  # from Django 6.1 on, some of its own checks ask the database
def test_manage_py_check_runs_them() -> None:
    wrong = override_settings(NUMBER_INSIGHT={"LEVEL": "gold"})
    with wrong, pytest.raises(SystemCheckError, match="number_insight.E002"):
        call_command("check", stderr=StringIO())
    call_command("check", stdout=StringIO())


@pytest.mark.django_db
def test_only_the_deployment_check_asks_for_what_matters_in_production() -> None:
    unlimited = override_settings(NUMBER_INSIGHT={"BUDGET": {"day": None}})
    with unlimited:
        call_command("check", stdout=StringIO())
        out = StringIO()
        with pytest.raises(SystemCheckError, match="number_insight.E017"):
            call_command("check", deploy=True, stderr=out)


def reported(**given: Any) -> set[str]:
    """Return the ids that are reported, with `given` in ``NUMBER_INSIGHT``."""
    return set(ids(found_in_production({"PROVIDERS": PROVIDERS, **given})))


def test_the_fake_provider_and_an_unlimited_budget_are_reported() -> None:
    messages = ids(found_in_production({"BUDGET": {"day": None}}))
    assert {"E017", "W003"} <= set(messages)
    assert not {"E017", "W003"} & reported()


def test_a_single_currency_without_a_bound_is_reported() -> None:
    dollars = {"BACKEND": "tests.support.providers.Dollars"}
    bounds = {"EUR": {"day": "10"}, "USD": None}
    given = {"PROVIDERS": {**PROVIDERS, "spare": dollars}, "BUDGET": bounds}
    told = [str(message.msg) for message in found_in_production(given)]
    assert [text for text in told if "unlimited" in text] == [
        "NUMBER_INSIGHT['BUDGET'] is unlimited in USD: whoever signs up decides what you pay."
    ]


@pytest.mark.parametrize(
    ("changed", "number"),
    [
        ({"MIDDLEWARE": []}, "W004"),
        ({"USE_X_FORWARDED_HOST": True}, "W005"),
        ({"SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")}, "W005"),
        ({"DATA_UPLOAD_MAX_MEMORY_SIZE": None}, "W015"),
    ],
)
def test_a_setting_of_the_project_that_does_harm_is_reported(
    changed: dict[str, Any], number: str
) -> None:
    before = reported()
    with override_settings(**changed):
        assert reported() - before == {number}


def test_a_trusted_proxy_is_not_reported() -> None:
    with override_settings(USE_X_FORWARDED_HOST=True):
        assert "W005" not in reported(CLIENT_IP={"PROXY_COUNT": 1})


def test_a_warning_has_its_hint() -> None:
    expected = Warning(
        "NUMBER_INSIGHT['STORE_LIVE'] keeps roaming and reachability.",
        hint="Some countries forbid that; leave it out, or silence this once you know.",
        id="number_insight.W010",
    )
    assert expected in found_in_production({"STORE_LIVE": True})
    assert "W010" not in reported()


@pytest.mark.parametrize(
    ("origin", "is_reported"),
    [
        *(("https://www.example.com", False), ("http://127.0.0.1:8000", True)),
        *(("http://localhost", True), ("https://10.0.0.7", True)),
        *(("https://intranet", True), ("http://[::1]:8000", True)),
    ],
)
def test_a_webhook_that_the_provider_cannot_reach_is_reported(
    origin: str, is_reported: bool
) -> None:
    assert ("W011" in reported(DELIVERY="async", CALLBACK_BASE_URL=origin)) is is_reported
    assert "W011" not in reported(CALLBACK_BASE_URL=origin)


def test_a_logger_that_writes_numbers_down_is_reported() -> None:
    logger = logging.getLogger("urllib3")
    level = logger.level
    logger.setLevel(logging.DEBUG)
    try:
        assert "W013" in reported()
    finally:
        logger.setLevel(level)
    assert "W013" not in reported()


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
    (fault,) = found({"SUBJECT_SUMMARY": "tests.checks.test_checks.sumary"})
    assert ids([fault]) == ["E036"]
    assert "cannot be imported" in fault.msg


def test_what_is_right_is_not_told() -> None:
    assert not found(
        {
            "SUBJECT_SUMMARY": "tests.checks.test_checks.summary",
            "SUBJECT_SEARCH": {"auth.User": ["username", "email"], "tests.Customer": ("name",)},
            "REASONS": [("known", gettext_lazy("Known")), ["fraud", "Fraud"]],
            "SECOND_LOOK": 0.02,
        }
    )
    assert not found({"REASONS": [], "SUBJECT_SEARCH": None, "SECOND_LOOK": 1})
