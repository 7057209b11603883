"""The checks as ``manage.py check`` runs them: a default never warns."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import override_settings

from number_insight.defaults import DEFAULTS
from tests.checks.stage import PROVIDERS, found, found_in_production


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
