"""What only matters in production."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured

from number_insight import loading
from number_insight.checks.messages import error, warning
from number_insight.checks.plug_ins import check_providers
from number_insight.checks.speed import check_speed
from number_insight.checks.surroundings import check_surroundings
from number_insight.checks.task_times import check_task_times
from number_insight.checks.values import is_readable
from number_insight.conf import DEFAULTS, app_settings
from number_insight.providers.fake import Fake

MIDDLEWARE = "number_insight.middleware.ScreeningMiddleware"


def check_deployment(**_kwargs: Any) -> list[CheckMessage]:
    """Check what only matters in production."""
    if not is_readable():
        return []
    parts = (
        check_providers(deploy=True),
        _check_fake(),
        _check_budget(),
        _check_site(),
        check_surroundings(),
        check_speed(),
        check_task_times(),
    )
    return [message for part in parts for message in part]


def _check_fake() -> Iterator[CheckMessage]:
    try:
        provider = loading.provider()
    except ImproperlyConfigured:
        return
    if isinstance(provider, Fake):
        message = "The default provider is the fake one: its answers are made up."
        yield error("E017", message, "Set NUMBER_INSIGHT['PROVIDERS'] to a real provider.")


def _check_budget() -> Iterator[CheckMessage]:
    budget = app_settings.given.get("BUDGET", DEFAULTS["BUDGET"]) or {}
    if all(amount is None for amount in budget.values()):
        message = "NUMBER_INSIGHT['BUDGET'] is unlimited: whoever signs up decides what you pay."
        yield warning("W003", message, 'Set it, for example to {"day": "10.00"}.')


def _check_site() -> Iterator[CheckMessage]:
    if MIDDLEWARE not in settings.MIDDLEWARE:
        message = f"{MIDDLEWARE} is not in MIDDLEWARE, so no visitor's IP is known."
        yield warning("W004", message, "Add it, after the authentication middleware.")
    behind_proxy = settings.USE_X_FORWARDED_HOST or settings.SECURE_PROXY_SSL_HEADER
    trusted = app_settings.CLIENT_IP
    if behind_proxy and not trusted.get("PROXY_COUNT") and not trusted.get("PROXY_LIST"):
        message = "The site is behind a proxy, and NUMBER_INSIGHT['CLIENT_IP'] trusts none."
        yield warning("W005", message, 'Set it, for example to {"PROXY_COUNT": 1}.')
    if current_app.main == "default":
        message = "No Celery app is imported, so messages go to amqp://localhost."
        hint = "Import your Celery app in the project's __init__.py, or sweep with --inline."
        yield warning("W006", message, hint)
    elif current_app.conf.task_always_eager:
        message = "CELERY_TASK_ALWAYS_EAGER is on: the visitor waits for the provider."
        yield warning("W007", message, "Run a worker, and leave it off.")
