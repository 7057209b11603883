"""What a project's other settings do to the screenings, in production."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Iterator
from urllib.parse import urlsplit

from celery import current_app
from django.conf import settings
from django.core.checks import CheckMessage

from number_insight.checks.messages import warning
from number_insight.conf import app_settings

SWEEP_TASK = "number_insight.sweep"


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
