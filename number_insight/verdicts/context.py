"""The context of a number: its signup as plain data, as of that time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any

from django.core.signals import setting_changed
from django.db import connections, router, transaction

from number_insight import addresses, clock, numbers
from number_insight.conf import app_settings
from number_insight.exceptions import place
from number_insight.models import NumberInsightRecord
from number_insight.rules.base import Signup

logger = logging.getLogger("number_insight.verdicts.context")

MOST_SHOWN = 3
"""The characters of a text that is shown in the log, as "EU" or "USA"."""
_logged: set[str] = set()


def signup_of(record: Any, past: Mapping[str, Any], *, as_kept: bool = False) -> Signup:
    """Return the signup of `record` for the rules; `past` is its history.

    The country of the IP is looked up, or with `as_kept` the one stored on the record.
    """
    ip = addresses.public_ip(record.ip_address)
    return Signup(
        at=clock.local(record.created_at),
        number=record.number,
        ip=ip,
        ip_country=numbers.known_country(record.ip_country) if as_kept else local_ip_country(ip),
        country=record.declared_country or None,
        name=record.declared_name or None,
        **past,
    )


def local_ip_country(ip: str | None) -> str | None:
    """Return the country of `ip` (alpha-2) by ``IP_COUNTRY``, or None.

    A value that is no country is unknown, as is the country after an exception. Each kind of value
    and each exception is logged once per process.
    """
    if not ip:
        return None
    try:
        find = app_settings.IP_COUNTRY
        told: object = None if find is None else _ask(find, ip)
    except Exception as error:  # a fault of the project's callable must not cost a verdict
        _log_once(logging.ERROR, f"raised {place(error)}")
        return None
    country = numbers.known_country(told)
    is_silent = told is None or (isinstance(told, str) and not told)
    if country is None and not is_silent:
        _log_once(logging.WARNING, f"returned {_kind(told)}, which is no alpha-2 country")
    return country


def _ask(find: Callable[[str], object], ip: str) -> object:
    """Return the result of `find`; its first query begins a savepoint.

    After a database error PostgreSQL refuses every statement up to the end of the transaction, and
    the verdict would be lost. Most callables make no query, and cost no savepoint.
    """
    connection = connections[router.db_for_write(NumberInsightRecord)]
    with ExitStack() as stack:
        begun: list[bool] = []

        def execute_under_savepoint(execute: Callable[..., Any], *arguments: Any) -> Any:
            if not begun:
                begun.append(True)
                stack.enter_context(transaction.atomic(using=connection.alias))
            return execute(*arguments)

        with connection.execute_wrapper(execute_under_savepoint):
            return find(ip)


def _kind(told: object) -> str:
    """Return a description of a value for the log; a long text may be personal."""
    if not isinstance(told, str):
        return f"a value of the type {type(told).__name__}"
    return repr(told) if len(told) <= MOST_SHOWN else f"a text of {len(told)} characters"


def _log_once(level: int, what: str) -> None:
    if what not in _logged:
        _logged.add(what)
        logger.log(level, "NUMBER_INSIGHT['IP_COUNTRY'] %s; the country is unknown.", what)


def _forget(*, setting: str, **_kwargs: Any) -> None:
    if setting == "NUMBER_INSIGHT":
        _logged.clear()


setting_changed.connect(_forget, dispatch_uid="number_insight.verdicts.context.forget")
