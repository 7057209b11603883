"""What makes signups or workers slow, as far as the configuration shows it."""

from __future__ import annotations

from collections.abc import Iterator

from celery import current_app
from django.core.checks import CheckMessage
from django.db import connections, router

from number_insight.checks.messages import warning
from number_insight.models import NumberInsightRecord

REDIS = ("redis", "rediss", "valkey", "valkeys", "sentinel")
TIMEOUTS = ("socket_timeout", "socket_connect_timeout")


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
