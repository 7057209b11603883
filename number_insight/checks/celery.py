"""Checks of Celery's configuration, reported under ``check --deploy``."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

from celery import current_app
from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, router

from number_insight import loading
from number_insight.checks.messages import warning
from number_insight.conf import app_settings
from number_insight.models import NumberInsightRecord

REDIS = ("redis", "rediss", "valkey", "valkeys", "sentinel")
"""The transports that speak the Redis protocol."""
NEEDS_REDIS = ("redis", "rediss", "sentinel")
"""The transports whose client is the package `redis`."""
SOCKET_TIMEOUTS = ("socket_timeout", "socket_connect_timeout")
TIME_LIMITS = ("task_time_limit", "task_soft_time_limit")
SAVING = 30
"""Seconds for which a worker keeps retrying to save an answer while the database is away."""
SWEEP_TASK = "number_insight.sweep"


def check_celery() -> Iterator[CheckMessage]:
    """Yield a warning for each setting of Celery that delays, loses or repeats work."""
    if current_app.main == "default":
        message = "No Celery app is imported, so messages go to amqp://localhost."
        hint = "Import your Celery app in the project's __init__.py, or sweep with --inline."
        yield warning("W006", message, hint)
        return
    yield from _check_broker()
    yield from _check_tasks()
    yield from _check_connections()
    longest_call = SAVING + max(_timeouts(), default=0.0)
    yield from _check_visibility_timeout(longest_call)
    yield from _check_time_limits(longest_call)


def _check_broker() -> Iterator[CheckMessage]:
    options = current_app.conf.broker_transport_options or {}
    if _transport() in REDIS and not all(options.get(name) for name in SOCKET_TIMEOUTS):
        message = "The broker has no socket timeouts: one that hangs holds threads for ever."
        hint = (
            "CELERY_BROKER_TRANSPORT_OPTIONS = {'socket_timeout': 1, 'socket_connect_timeout': 1}"
        )
        yield warning("W008", message, hint)
    if _transport() in NEEDS_REDIS and find_spec("redis") is None:
        message = "The broker speaks Redis, and its client is not installed: no message is sent."
        yield warning("W019", message, "Install it: pip install 'celery[redis]'.")
    if _transport().startswith("amqp") and not options.get("confirm_publish"):
        message = "RabbitMQ drops messages silently while it is short of memory or disk."
        hint = 'Set CELERY_BROKER_TRANSPORT_OPTIONS = {"confirm_publish": True}.'
        yield warning("W014", message, hint)


def _transport() -> str:
    """Return the transport of the broker's URL: "redis" for ``redis+socket://…``."""
    return str(current_app.conf.broker_url or "").partition(":")[0].partition("+")[0]


def _check_tasks() -> Iterator[CheckMessage]:
    conf = current_app.conf
    if conf.task_always_eager:
        message = "CELERY_TASK_ALWAYS_EAGER is on: the visitor waits for the provider."
        yield warning("W007", message, "Run a worker, and leave it off.")
    if conf.result_extended and not conf.task_ignore_result:
        message = "CELERY_RESULT_EXTENDED keeps the arguments of every task."
        yield warning("W012", message, "Leave it off; our tasks need no results.")
    scheduled = {entry.get("task") for entry in (conf.beat_schedule or {}).values()}
    if SWEEP_TASK not in scheduled:
        message = f"{SWEEP_TASK} is not in the beat schedule, so lost messages stay lost."
        yield warning("W016", message, "Add it, every minute, or run the sweep command by cron.")


def _check_connections() -> Iterator[CheckMessage]:
    database = connections[router.db_for_write(NumberInsightRecord)]
    pooled = database.settings_dict.get("OPTIONS", {}).get("pool")
    if database.vendor == "sqlite" or pooled or current_app.conf.get("CELERY_DB_REUSE_MAX"):
        return
    message = "Celery opens a new database connection for every task, which takes most of its time."
    yield warning("W009", message, "Set CELERY_DB_REUSE_MAX, for example to 1000.")


def _timeouts() -> Iterator[float]:
    """Yield the timeout in seconds of each provider that can be loaded."""
    for name in app_settings.PROVIDERS:
        try:
            yield _seconds(loading.provider(name).timeout) or 0.0
        except ImproperlyConfigured:
            continue  # reported by E009


def _check_visibility_timeout(longest_call: float) -> Iterator[CheckMessage]:
    conf = current_app.conf
    visible = _seconds((conf.broker_transport_options or {}).get("visibility_timeout"))
    longest = max(longest_call, _seconds(conf.task_time_limit) or 0)
    if _transport() in REDIS and visible is not None and visible < longest:
        message = (
            f"The broker's visibility_timeout is {visible:g} s, and a task may take {longest:g} s: "
            "it is given to a second worker while the first one works on it."
        )
        yield warning("W017", message, "Leave it out (an hour), or set it above every time limit.")


def _check_time_limits(longest_call: float) -> Iterator[CheckMessage]:
    for name in TIME_LIMITS:
        limit = _seconds(current_app.conf.get(name))
        if limit is not None and limit < longest_call:
            message = (
                f"CELERY_{name.upper()} is {limit:g} s, and a lookup may take {longest_call:g} s: "
                "a worker that is ended during a call leaves what may have been paid for."
            )
            yield warning("W018", message, f"Set it to {longest_call:g} or more, or leave it out.")


def _seconds(value: object) -> float | None:
    """Return `value` as a float, or None if it is no number: Celery itself refuses it then."""
    return float(value) if isinstance(value, (int, float)) else None
