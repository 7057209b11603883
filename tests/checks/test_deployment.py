"""``check --deploy`` reports settings that cost money, time or privacy in production."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.core.checks import Warning
from django.test import override_settings

from tests.checks.stage import PROVIDERS, found_in_production, ids


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
        ("https://www.example.com", False),
        ("http://127.0.0.1:8000", True),
        ("http://localhost", True),
        ("https://10.0.0.7", True),
        ("https://intranet", True),
        ("http://[::1]:8000", True),
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
