"""The context of a number: its signup as plain data, as of that time."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from number_insight import addresses
from number_insight.conf import app_settings
from number_insight.exceptions import place
from number_insight.rules.base import Signup

logger = logging.getLogger("number_insight.verdicts.context")


def signup_of(record: Any, past: Mapping[str, Any], *, as_kept: bool = False) -> Signup:
    """Return the signup of `record` for the rules; `past` is its history.

    The country of the IP is looked up, or with `as_kept` the one stored on the record.
    """
    ip = addresses.public_ip(record.ip_address)
    return Signup(
        at=timezone.localtime(record.created_at or timezone.now()),
        number=record.number,
        ip=ip,
        ip_country=record.ip_country or None if as_kept else local_ip_country(ip),
        country=record.declared_country or None,
        name=record.declared_name or None,
        **past,
    )


def local_ip_country(ip: str | None) -> str | None:
    """Return the country of `ip` by ``IP_COUNTRY``, or None; log its exceptions."""
    try:
        find = app_settings.IP_COUNTRY
        return find(ip) or None if find is not None and ip else None
    except Exception as error:  # a fault of the project's callable must not cost a verdict
        logger.error(
            "NUMBER_INSIGHT['IP_COUNTRY'] raised %s; the country is unknown.", place(error)
        )
        return None
