"""Limits against cost-drain: how many lookups one source may cause.

A source is a visitor's IP, its network, a number, or a block of 100 numbers. An unknown or
private address is no source: behind a proxy that nobody told us of it would be everybody's.
Counting is exact across processes, and sources are kept as keyed hashes.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from number_insight.conf import app_settings
from number_insight.models import NumberInsightRecord, Usage

PERIODS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
KINDS = ("ip", "network", "block", "number")


def parse(limit: str) -> tuple[int, str]:
    """Return count and period of a limit ("20/day"); raise `ValueError` if it is none."""
    count, _slash, period = limit.partition("/")
    if period not in PERIODS or not count.isdecimal():
        raise ValueError(f"{limit!r} is no limit; write it as '20/day'.")
    return int(count), period


def admit(record: NumberInsightRecord) -> str | None:
    """Count a lookup for `record` against every limit; return the kind that is exceeded, or None.

    Runs inside the caller's transaction, which the caller rolls back if a limit is exceeded.
    """
    for kind, source in sources(record):
        limit = app_settings.LIMITS.get(kind)
        if limit is not None and not count(kind, source, *parse(limit)):
            return kind
    return None


def sources(record: NumberInsightRecord) -> Iterator[tuple[str, str]]:
    """Yield the sources that a lookup for `record` counts against, always in one order."""
    if record.ip_address:
        yield "ip", record.ip_address
        yield "network", network_of(record.ip_address)
    yield "block", record.number[:-2]
    yield "number", record.number


def network_of(ip: str) -> str:
    """Return the /24 or /64 that `ip` lies in."""
    prefix = 24 if ipaddress.ip_address(ip).version == 4 else 64
    return str(ipaddress.ip_network(f"{ip}/{prefix}", strict=False))


def count(kind: str, source: str, most: int, period: str) -> bool:
    """Count one more for `source`; False, and nothing counted, if that were more than `most`."""
    start = _start(period)
    key = f"{kind}:{_hash(kind, source)}:{start:%Y%m%d%H%M}"
    Usage.objects.bulk_create(
        [Usage(key=key, ends_at=start + PERIODS[period])], ignore_conflicts=True
    )
    return bool(Usage.objects.filter(key=key, count__lt=most).update(count=F("count") + 1))


def _start(period: str) -> datetime:
    now = timezone.localtime().replace(second=0, microsecond=0)
    if period in ("hour", "day"):
        now = now.replace(minute=0)
    return now.replace(hour=0) if period == "day" else now


def _hash(kind: str, source: str) -> str:
    return salted_hmac(f"number_insight.limits.{kind}", source, algorithm="sha256").hexdigest()[:32]
