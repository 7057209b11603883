"""Providers and rules that cannot be loaded, or soon cannot be used, are reported."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.checks import CheckMessage, Error, Warning

from number_insight.checks.plugins import NOTICE
from tests.checks.stage import FAKE, LASTING, PROVIDERS, Lasting, found, found_in_production, ids

HINT = "Move to another provider; the providers page of the docs shows how."


@pytest.mark.parametrize(
    ("given", "number"),
    [
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
    ],
)
def test_a_plugin_that_does_not_load_is_reported_and_breaks_no_check(
    given: Any, number: str
) -> None:
    messages = found(given)
    assert ids(messages) == [number]
    assert all(message.hint for message in messages)
    found_in_production(given)


def test_a_build_without_secrets_can_migrate() -> None:
    given = {"PROVIDERS": {"default": {"BACKEND": LASTING}}}
    assert found(given) == []
    assert ids(found_in_production(given)).count("E010") == 2


@pytest.mark.parametrize("days", [-1, 0])
def test_a_provider_that_was_switched_off_is_an_error(
    days: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = date.today() + timedelta(days=days)
    monkeypatch.setattr(Lasting, "retires_on", day)
    message = f"Provider 'default' was switched off by its vendor on {day}."
    assert found({"PROVIDERS": PROVIDERS}) == [Error(message, hint=HINT, id="number_insight.E014")]
    assert "W002" not in ids(found_in_production({"PROVIDERS": PROVIDERS}))


@pytest.mark.parametrize(("days", "warned"), [(1, True), (180, True), (181, False)])
def test_half_a_year_before_its_end_production_is_warned_of_a_provider(
    days: int, warned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = date.today() + timedelta(days=days)
    monkeypatch.setattr(Lasting, "retires_on", day)
    message = f"Provider 'default' is switched off by its vendor on {day}."
    expected: CheckMessage = Warning(message, hint=HINT, id="number_insight.W002")
    assert (expected in found_in_production({"PROVIDERS": PROVIDERS})) is warned
    assert found({"PROVIDERS": PROVIDERS}) == []
    assert timedelta(days=180) == NOTICE


def test_no_message_shows_a_secret() -> None:
    options = {
        "api_key": "key",
        "api_secret": "canary",
        "base_url": "ftp://u:canary@x",
        "timeout": -1,
    }
    given = {"PROVIDERS": {"default": {"BACKEND": LASTING, "OPTIONS": options}}}
    messages = [*found(given), *found_in_production(given)]
    assert messages and "canary" not in repr(messages)
