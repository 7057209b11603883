"""Checks that only matter in production, reported under ``check --deploy``."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured

from number_insight import loading
from number_insight.checks.doorbell import check_queue
from number_insight.checks.messages import error, warning
from number_insight.checks.plugins import check_providers
from number_insight.checks.settings import is_readable
from number_insight.conf import app_settings
from number_insight.lookups import switches
from number_insight.providers.fake import Fake

MIDDLEWARE = "number_insight.middleware.ScreeningMiddleware"


def check_deployment(**_kwargs: Any) -> list[CheckMessage]:
    """Check for settings that cost money, time or privacy in production."""
    if not is_readable():
        return []
    parts = (
        check_providers(deploy=True),
        _check_fake(),
        _check_budget(),
        _check_request(),
        _check_privacy(),
        _check_webhook(),
        check_queue(),
    )
    return [message for part in parts for message in part]


def _check_fake() -> Iterator[CheckMessage]:
    hint = "Set NUMBER_INSIGHT['PROVIDERS'] to a real provider."
    if not app_settings.PROVIDERS:
        yield error("E017", switches.NO_PROVIDER, hint)
        return
    try:
        provider = loading.provider()
    except ImproperlyConfigured:
        return  # reported by E009
    if isinstance(provider, Fake):
        message = "The default provider is the fake one: its answers are made up."
        yield error("E017", message, hint)


def _check_budget() -> Iterator[CheckMessage]:
    for currency in loading.currencies():
        with suppress(ArithmeticError):  # reported by E004
            if not app_settings.budget_of(currency):
                message = (
                    f"NUMBER_INSIGHT['BUDGET'] is unlimited in {currency}: whoever signs up "
                    "decides what you pay."
                )
                yield warning("W003", message, 'Set it, for example to {"day": "10.00"}.')


def _check_request() -> Iterator[CheckMessage]:
    if MIDDLEWARE not in settings.MIDDLEWARE:
        message = f"{MIDDLEWARE} is not in MIDDLEWARE, so no visitor's IP is known."
        yield warning("W004", message, "Add it, after the authentication middleware.")
    behind_proxy = settings.USE_X_FORWARDED_HOST or settings.SECURE_PROXY_SSL_HEADER
    trusted = app_settings.CLIENT_IP
    if behind_proxy and not trusted.get("PROXY_COUNT") and not trusted.get("PROXY_LIST"):
        message = "The site is behind a proxy, and NUMBER_INSIGHT['CLIENT_IP'] trusts none."
        yield warning("W005", message, 'Set it, for example to {"PROXY_COUNT": 1}.')


def _check_privacy() -> Iterator[CheckMessage]:
    if app_settings.keeps_live_data:
        message = "NUMBER_INSIGHT['STORE_LIVE'] keeps roaming and reachability."
        hint = "Some countries forbid that; leave it out, or silence this once you know."
        yield warning("W010", message, hint)
    if logging.getLogger("urllib3").isEnabledFor(logging.DEBUG):
        message = "The logger urllib3 is at DEBUG, and writes down every address that is asked."
        yield warning("W013", message, "Set it to INFO or higher in LOGGING.")


def _check_webhook() -> Iterator[CheckMessage]:
    origin = app_settings.CALLBACK_BASE_URL
    if app_settings.DELIVERY == "async" and origin and _is_private(origin):
        message = "NUMBER_INSIGHT['CALLBACK_BASE_URL'] is an address of this machine or network."
        yield warning("W011", message, "The provider calls from outside: give the public origin.")
    limit: int | None = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if limit is None:
        message = "DATA_UPLOAD_MAX_MEMORY_SIZE is None, so other views read bodies of any size."
        yield warning("W015", message, "Set it; the webhook has a limit of its own.")


def _is_private(origin: str) -> bool:
    """Whether `origin` names a host that the internet cannot reach."""
    host = urlsplit(origin).hostname or ""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or "." not in host
