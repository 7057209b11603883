"""What only matters in production."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from celery import current_app
from django.conf import settings
from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured

from number_insight import loading
from number_insight.checks.celery import check_speed, check_task_times
from number_insight.checks.messages import error, warning
from number_insight.checks.plugins import check_providers
from number_insight.checks.settings import is_readable
from number_insight.conf import DEFAULTS, app_settings
from number_insight.providers.fake import Fake

MIDDLEWARE = "number_insight.middleware.ScreeningMiddleware"
SWEEP_TASK = "number_insight.sweep"


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


def check_surroundings() -> Iterator[CheckMessage]:
    """Yield what is likely to lose time, money or secrets."""
    yield from _check_privacy()
    yield from _check_webhook()
    if current_app.main != "default":
        yield from _check_celery()


def _check_privacy() -> Iterator[CheckMessage]:
    if app_settings.STORE_LIVE:
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
    host = urlsplit(origin).hostname or ""
    try:
        return not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or "." not in host


def _check_celery() -> Iterator[CheckMessage]:
    conf = current_app.conf
    if conf.result_extended and not conf.task_ignore_result:
        message = "CELERY_RESULT_EXTENDED keeps the arguments of every task."
        yield warning("W012", message, "Leave it off; our tasks need no results.")
    amqp = str(conf.broker_url or "").startswith("amqp")
    if amqp and not (conf.broker_transport_options or {}).get("confirm_publish"):
        message = "RabbitMQ drops messages silently while it is short of memory or disk."
        hint = 'Set CELERY_BROKER_TRANSPORT_OPTIONS = {"confirm_publish": True}.'
        yield warning("W014", message, hint)
    tasks = {entry.get("task") for entry in (conf.beat_schedule or {}).values()}
    if SWEEP_TASK not in tasks:
        message = f"{SWEEP_TASK} is not in the beat schedule, so lost messages stay lost."
        yield warning("W016", message, "Add it, every minute, or run the sweep command by cron.")
