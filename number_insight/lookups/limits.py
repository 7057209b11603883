"""Limits on the lookups for one source, against abuse that costs money.

A source is a visitor's IP (of IPv6 its /64), its network, a number, or a block of 100 numbers. An
unknown or private address is no source: behind a proxy that is missing in the settings all visitors
would share it. Counts are exact across processes, and sources are stored as keyed hashes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import F
from django.utils.crypto import salted_hmac

from number_insight import clock
from number_insight.addresses import network_of, range_of
from number_insight.conf import app_settings
from number_insight.models import NumberInsightRecord, Usage
from number_insight.transactions import insert_missing, lock

PERIODS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
KINDS = ("ip", "network", "block", "number")


def parse(limit: str) -> tuple[int, str]:
    """Return the count and the period of a limit ("20/day"); raise `ValueError` if invalid."""
    count, _slash, period = limit.partition("/")
    if period not in PERIODS or not count.isdecimal():
        raise ValueError(f"{limit!r} is no limit; write it as '20/day'.")
    return int(count), period


def admit(records: Sequence[NumberInsightRecord]) -> list[str | None]:
    """Count a lookup for each of `records`; return the kind of limit that forbids it, or None.

    Runs inside the caller's transaction. A forbidden lookup is not counted.
    """
    bounds = [dict(_bounds(record)) for record in records]
    ends = {key: usage.ends_at for bound in bounds for key, (_kind, usage, _most) in bound.items()}
    rows, added = _lock_usages(ends), Counter[str]()
    forbidden = [_forbidding_kind(rows, added, bound) for bound in bounds]
    for increment in sorted(set(added.values())):
        keys = [key for key, count in added.items() if count == increment]
        Usage.objects.filter(key__in=keys).update(count=F("count") + increment)
    return forbidden


Bound = tuple[str, Usage, int]
"""A kind of limit, the row with the count of a source, and the highest count."""


def _bounds(record: NumberInsightRecord) -> Iterator[tuple[str, Bound]]:
    for kind, source in sources(record):
        limit = app_settings.LIMITS.get(kind)
        if limit is not None:
            most, period = parse(limit)
            usage = _usage(kind, source, period)
            yield usage.key, (kind, usage, most)


def _lock_usages(ends: Mapping[str, datetime]) -> dict[str, Usage]:
    """Lock the rows with these keys, creating missing ones; return them by key."""
    if not ends:
        return {}
    usages = [Usage(key=key, ends_at=ends[key]) for key in sorted(ends)]
    insert_missing(usages, key="key")
    return {row.key: row for row in lock(Usage.objects.filter(key__in=ends), order="key")}


def _forbidding_kind(
    rows: Mapping[str, Usage], added: Counter[str], bounds: Mapping[str, Bound]
) -> str | None:
    """Return the kind of a limit that is reached; if there is none, count the lookup in `added`."""
    for key, (kind, _usage, most) in bounds.items():
        if rows[key].count + added[key] >= most:
            return kind
    added.update(bounds.keys())
    return None


def sources(record: NumberInsightRecord) -> Iterator[tuple[str, str]]:
    """Yield the kinds and sources of a lookup for `record`, always in the same order."""
    if record.ip_address:
        yield "ip", range_of(record.ip_address)
        yield "network", network_of(record.ip_address)
    yield "block", record.number[:-2]
    yield "number", record.number


def count(kind: str, source: str, most: int, period: str) -> bool:
    """Count one use by `source`, unless `most` is reached; return whether it was counted."""
    usage = _usage(kind, source, period)
    insert_missing([usage], key="key")
    return bool(Usage.objects.filter(key=usage.key, count__lt=most).update(count=F("count") + 1))


def used(kind: str, source: str, period: str) -> int:
    """Return the count for `source` in the running period, without a lock."""
    rows = Usage.objects.filter(key=_usage(kind, source, period).key)
    return rows.values_list("count", flat=True).first() or 0


def _usage(kind: str, source: str, period: str) -> Usage:
    """Return the unsaved row of a source for the running period.

    Minutes and hours are those of UTC, so that a clock change neither doubles nor drops one.
    """
    if period == "day":
        day = clock.today()
        begun, end = f"{day:%Y%m%d}", clock.midnight(day + PERIODS["day"])
    else:
        now = clock.now().astimezone(clock.UTC).replace(second=0, microsecond=0)
        start = now.replace(minute=0) if period == "hour" else now
        begun, end = f"{start:%Y%m%d%H%M}", start + PERIODS[period]
    return Usage(key=f"{kind}:{source_hash(kind, source)}:{begun}", ends_at=clock.stored(end))


def source_hash(kind: str, source: str) -> str:
    """Return the keyed hash that a source is stored as."""
    return salted_hmac(f"number_insight.limits.{kind}", source, algorithm="sha256").hexdigest()[:32]
