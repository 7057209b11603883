"""The context of a number: its signup as plain data, as of that time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

from django.core.signals import setting_changed
from django.db import DatabaseError, transaction

from number_insight import addresses, clock, numbers
from number_insight.conf import app_settings
from number_insight.exceptions import place
from number_insight.rules.base import Signup

logger = logging.getLogger("number_insight.verdicts.context")

MOST_SHOWN = 3
"""The characters of a text that is shown in the log, as "EU" or "USA"."""
_logged: set[str] = set()
_needs_savepoint = False


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
        told: object = None if find is None else _asked(find, ip)
    except Exception as error:  # a fault of the project's callable must not cost a verdict
        _log_once(logging.ERROR, f"raised {place(error)}")
        return None
    country = numbers.known_country(told)
    if told and country is None:
        _log_once(logging.WARNING, f"returned {_kind(told)}, which is no alpha-2 country")
    return country


def _asked(find: Callable[[str], object], ip: str) -> object:
    """Return the result of `find`, under a savepoint once it has raised a database error.

    After such an error PostgreSQL refuses every statement up to the end of the transaction, and
    the verdict would be lost. A savepoint costs two statements, which most callables do not need.
    """
    global _needs_savepoint
    with transaction.atomic() if _needs_savepoint else nullcontext():
        try:
            return find(ip)
        except DatabaseError:
            _needs_savepoint = True
            raise


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
    global _needs_savepoint
    if setting == "NUMBER_INSIGHT":
        _needs_savepoint = False
        _logged.clear()


setting_changed.connect(_forget, dispatch_uid="number_insight.verdicts.context.forget")
