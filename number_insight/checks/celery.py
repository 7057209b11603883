"""What makes Celery slow, or ends a task in the middle of a paid call."""

from __future__ import annotations

from collections.abc import Iterator

from celery import current_app
from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, router

from number_insight import loading
from number_insight.checks.messages import warning
from number_insight.conf import app_settings
from number_insight.models import NumberInsightRecord

REDIS = ("redis", "rediss", "valkey", "valkeys", "sentinel")
TIMEOUTS = ("socket_timeout", "socket_connect_timeout")
SAVING = 30
"""Seconds for which an answer is saved again and again while the database is away."""
LIMITS = ("task_time_limit", "task_soft_time_limit")


def check_speed() -> Iterator[CheckMessage]:
    """Yield what would let a broken broker, or the database, hold up signups and workers."""
    if current_app.main == "default":
        return  # there is no Celery to configure
    yield from _check_timeouts()
    yield from _check_connections()


def _check_timeouts() -> Iterator[CheckMessage]:
    scheme = str(current_app.conf.broker_url or "").partition(":")[0]
    given = current_app.conf.broker_transport_options or {}
    if scheme.partition("+")[0] in REDIS and not all(given.get(name) for name in TIMEOUTS):
        message = "The broker has no socket timeouts: one that hangs holds threads for ever."
        hint = (
            "CELERY_BROKER_TRANSPORT_OPTIONS = {'socket_timeout': 1, 'socket_connect_timeout': 1}"
        )
        yield warning("W008", message, hint)


def _check_connections() -> Iterator[CheckMessage]:
    database = connections[router.db_for_write(NumberInsightRecord)]
    pooled = database.settings_dict.get("OPTIONS", {}).get("pool")
    if database.vendor == "sqlite" or pooled or current_app.conf.get("CELERY_DB_REUSE_MAX"):
        return
    message = "Celery opens a new database connection for every task, which takes most of its time."
    yield warning("W009", message, "Set CELERY_DB_REUSE_MAX, for example to 1000.")


def check_task_times() -> Iterator[CheckMessage]:
    """Yield which of Celery's limits may end, or double, a task in the middle of a paid call."""
    if current_app.main == "default":
        return  # there is no Celery to configure
    needed = SAVING + max(_timeouts(), default=0.0)
    yield from _check_visibility(needed)
    yield from _check_limits(needed)


def _timeouts() -> Iterator[float]:
    for name in app_settings.PROVIDERS:
        try:
            yield _seconds(loading.provider(name).timeout) or 0.0
        except ImproperlyConfigured:
            continue  # that has a check of its own, and so has a timeout that is none


def _check_visibility(needed: float) -> Iterator[CheckMessage]:
    conf = current_app.conf
    scheme = str(conf.broker_url or "").partition(":")[0].partition("+")[0]
    visible = _seconds((conf.broker_transport_options or {}).get("visibility_timeout"))
    longest = max(needed, _seconds(conf.task_time_limit) or 0)
    if scheme in REDIS and visible is not None and visible < longest:
        message = (
            f"The broker's visibility_timeout is {visible:g} s, and a task may take {longest:g} s: "
            "it is given to a second worker while the first one works on it."
        )
        yield warning("W017", message, "Leave it out (an hour), or set it above every time limit.")


def _check_limits(needed: float) -> Iterator[CheckMessage]:
    for name in LIMITS:
        limit = _seconds(current_app.conf.get(name))
        if limit is not None and limit < needed:
            message = (
                f"CELERY_{name.upper()} is {limit:g} s, and a lookup may take {needed:g} s: a "
                "worker that is ended during a call leaves what may have been paid for."
            )
            yield warning("W018", message, f"Set it to {needed:g} or more, or leave it out.")


def _seconds(value: object) -> float | None:
    """Return `value` if it is a number; what else it may be breaks Celery, and no check."""
    return float(value) if isinstance(value, (int, float)) else None
