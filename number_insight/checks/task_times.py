"""Whether Celery leaves a task the time that a paid call takes, and the saving of its answer."""

from __future__ import annotations

from collections.abc import Iterator

from celery import current_app
from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured

from number_insight import loading
from number_insight.checks.messages import warning
from number_insight.checks.speed import REDIS
from number_insight.conf import app_settings

SAVING = 30
"""Seconds for which an answer is saved again and again while the database is away."""
LIMITS = ("task_time_limit", "task_soft_time_limit")


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
