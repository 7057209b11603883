"""The options that several providers have: their faults, and a timeout in place of a bad one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from number_insight.providers.base import Fault
from number_insight.providers.http import url_trouble

USUAL_TIMEOUT, MAX_TIMEOUT = 20.0, 120
"""Seconds for a whole call."""


def url_faults(name: str, url: object) -> Iterable[Fault]:
    """Yield the fault of the option `name` if its value `url` may not be asked.

    The message leaves the URL out, for it may hold a password.
    """
    trouble = url_trouble(url)
    if trouble:
        yield Fault(
            id="E011",
            message=f"{name} {trouble}.",
            hint=f"Leave {name} out for the real service; http://127.0.0.1:PORT is a sandbox.",
        )


def missing_faults(options: Mapping[str, object]) -> Iterable[Fault]:
    """Yield a deployment fault for each empty credential; a build may run without secrets."""
    for name, value in options.items():
        if not isinstance(value, str) or not value.strip():
            yield Fault(
                id="E010",
                message=f"{name} is missing.",
                hint=f"Put {name} into OPTIONS, from the environment or a vault.",
                deploy=True,
            )


def timeout_faults(timeout: object) -> Iterable[Fault]:
    """Yield the fault of the option `timeout`, if it is no number of seconds in bounds."""
    if not _is_timeout(timeout):
        yield Fault(
            id="E013",
            message=f"timeout {timeout!r} is not 1 to {MAX_TIMEOUT} seconds.",
            hint="The service answers within 15 seconds; 20 is a good choice.",
        )


def seconds(timeout: Any) -> float:
    """Return the option `timeout`, or the usual one in place of an invalid one."""
    return float(timeout) if _is_timeout(timeout) else USUAL_TIMEOUT


def _is_timeout(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 < value <= MAX_TIMEOUT  # type: ignore[operator]
