"""Providers and rules for the checks to find fault with, and the messages that they report."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.core.checks import INFO, CheckMessage
from django.test import override_settings

from number_insight.checks import check_deployment, check_plugins, check_settings
from number_insight.providers.vonage import NumberInsight
from number_insight.rules import Rule

FAKE = "number_insight.providers.fake.Fake"
LASTING = "tests.checks.stage.Lasting"
PROVIDERS = {"default": {"BACKEND": LASTING, "OPTIONS": {"api_key": "key", "api_secret": "secret"}}}


class Lasting(NumberInsight):
    """A provider whose vendor has not announced its end."""

    retires_on: date | None = None


class Sunday(Rule):
    """A rule of the project's own."""

    code = "sunday"


def ip_country(ip: str) -> str | None:
    """Return no country for any IP."""
    return None


def with_provider(given: Any) -> Any:
    """Return `given`, if it is a dict, with a provider that nothing is to be said of."""
    return {"PROVIDERS": PROVIDERS, **given} if isinstance(given, dict) else given


def found(given: Any) -> list[CheckMessage]:
    """Return the warnings and errors of ``check``, with `given` as ``NUMBER_INSIGHT``."""
    return [message for message in _all_of(given) if message.level > INFO]


def informed(given: Any) -> list[CheckMessage]:
    """Return what ``check`` merely informs of, with `given` as ``NUMBER_INSIGHT``."""
    return [message for message in _all_of(given) if message.level <= INFO]


def _all_of(given: Any) -> list[CheckMessage]:
    with override_settings(NUMBER_INSIGHT=with_provider(given)):
        return [*check_settings(), *check_plugins()]


def found_in_production(given: Any) -> list[CheckMessage]:
    """Return the messages that ``check --deploy`` adds to them."""
    with override_settings(NUMBER_INSIGHT=given):
        return check_deployment()


def ids(messages: Iterable[CheckMessage]) -> list[str]:
    """Return the ids of `messages`, without the name of the app."""
    return [str(message.id).removeprefix("number_insight.") for message in messages]
