"""Options that several providers have: credentials, addresses, timeouts, and their faults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from number_insight.providers.base import Fault
from number_insight.providers.http import url_trouble
from number_insight.wording import gettext_noop

MAX_TIMEOUT = 120
LACKING = gettext_noop("Nothing was asked, since something is missing in OPTIONS.")
UNUSABLE = gettext_noop("Nothing was asked, since something in OPTIONS cannot be used.")


def text_of(option: object) -> str:
    """Return `option` if it is text, else an empty one, with which nothing is asked."""
    return option if isinstance(option, str) else ""


def credential_faults(options: Mapping[str, object]) -> Iterable[Fault]:
    """Yield a fault for each credential that is missing or no text; its value is not shown.

    A missing one is a fault of the deployment: a build may run without secrets.
    """
    for name, value in options.items():
        if value is not None and not isinstance(value, str):
            yield Fault(
                id="E013",
                message=f"{name} is no text, but of the type {type(value).__name__}.",
                hint=f"Write {name} between quotes, or read it as text.",
            )
        elif value is None or not value.strip():
            yield Fault(
                id="E010",
                message=f"{name} is missing.",
                hint=f"Put {name} into OPTIONS, from the environment or a vault.",
                deploy=True,
            )


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


def timeout_faults(timeout: object) -> Iterable[Fault]:
    """Yield the fault of the option `timeout` if it is no number of seconds up to the highest."""
    is_number = isinstance(timeout, int | float) and not isinstance(timeout, bool)
    if not is_number or not 0 < timeout <= MAX_TIMEOUT:  # type: ignore[operator]
        yield Fault(
            id="E013",
            message=f"timeout {timeout!r} is not 1 to {MAX_TIMEOUT} seconds.",
            hint="20 is a good choice.",
        )
