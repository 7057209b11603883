"""Gathering: what the rules may know of a signup, as plain data and as it was at the time.

Only what a rule reads is asked for.
"""

from __future__ import annotations

import logging
from collections.abc import Collection

from django.utils import timezone

from number_insight import addresses
from number_insight.conf import app_settings
from number_insight.exceptions import place
from number_insight.history import Past
from number_insight.insight import Insight
from number_insight.models import NumberInsightRecord
from number_insight.rules.base import COSTLY, Signup

logger = logging.getLogger("number_insight.gathering")


def signup_of(
    record: NumberInsightRecord,
    insight: Insight,
    reads: Collection[str] = COSTLY,
    past: Past | None = None,
) -> Signup:
    """Return what the rules may know of the signup behind `record`; `reads` names what is asked.

    `past` may know some of it already.
    """
    past, ip = past or Past(record, insight), addresses.public_ip(record.ip_address)
    return Signup(
        at=timezone.localtime(past.at),
        number=record.number,
        ip=ip,
        ip_country=local_ip_country(ip),
        country=record.declared_country or None,
        name=record.declared_name or None,
        **past.told(COSTLY.intersection(reads)),
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
