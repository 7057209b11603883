"""The context of a number: the signup as plain data, as it was at the time."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from number_insight import addresses, clock
from number_insight.conf import app_settings
from number_insight.exceptions import place
from number_insight.rules.base import Signup

logger = logging.getLogger("number_insight.verdicts.context")


def signup_of(record: Any, past: Mapping[str, Any], *, as_kept: bool = False) -> Signup:
    """Return what the rules may know of the signup behind `record`; `past` is its history.

    The country of the IP is looked up anew, or taken `as_kept` on the record.
    """
    ip = addresses.public_ip(record.ip_address)
    return Signup(
        at=clock.local(record.created_at),
        number=record.number,
        ip=ip,
        ip_country=record.ip_country or None if as_kept else local_ip_country(ip),
        country=record.declared_country or None,
        name=record.declared_name or None,
        **past,
    )


def local_ip_country(ip: str | None) -> str | None:
    """Return the country of `ip` as ``IP_COUNTRY`` knows it; its faults are logged, not raised."""
    try:
        find = app_settings.IP_COUNTRY
        return find(ip) or None if find is not None and ip else None
    except Exception as error:  # the project's own callable: its fault must not cost a verdict
        logger.error(
            "NUMBER_INSIGHT['IP_COUNTRY'] raised %s; the country is unknown.", place(error)
        )
        return None
