"""Limits on the lookups for one source, against abuse that costs money.

A source is a visitor's IP (of IPv6 its /64), its network, a number, or a block of 100 numbers. An
unknown or private address is no source: behind a proxy that is missing in the settings it would be
everybody's.
Counting is exact across processes, and sources are stored as keyed hashes.
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
from number_insight.transactions import lock

PERIODS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
KINDS = ("ip", "network", "block", "number")


def parse(limit: str) -> tuple[int, str]:
    """Return the count and the period of a limit ("20/day"); raise `ValueError` if invalid."""
    count, _slash, period = limit.partition("/")
    if period not in PERIODS or not count.isdecimal():
        raise ValueError(f"{limit!r} is no limit; write it as '20/day'.")
    return int(count), period


def admit(records: Sequence[NumberInsightRecord]) -> list[str | None]:
    """Count a lookup for each of `records`; return for each the kind of limit that forbids it.

    None stands for an admitted one. Runs inside the caller's transaction; what is forbidden
    counts nowhere.
    """
    wanted = [dict(_usages(record)) for record in records]
    ends = {
        key: usage.ends_at for usages in wanted for key, (_kind, usage, _most) in usages.items()
    }
    rows, added = _rows(ends), Counter[str]()
    forbidden = [_count_in(rows, added, usages) for usages in wanted]
    for increment in sorted(set(added.values())):
        keys = [key for key, counted in added.items() if counted == increment]
        Usage.objects.filter(key__in=keys).update(count=F("count") + increment)
    return forbidden


Bound = tuple[str, Usage, int]
"""A kind of limit, the row with the count of a source, and the highest count."""


def _usages(record: NumberInsightRecord) -> Iterator[tuple[str, Bound]]:
    for kind, source in sources(record):
        limit = app_settings.LIMITS.get(kind)
        if limit is not None:
            most, period = parse(limit)
            usage = _usage(kind, source, period)
            yield usage.key, (kind, usage, most)


def _rows(ends: Mapping[str, datetime]) -> dict[str, Usage]:
    """Return the rows with these keys, locked; missing ones are created."""
    if not ends:
        return {}
    made = [Usage(key=key, ends_at=ends[key]) for key in sorted(ends)]
    Usage.objects.bulk_create(made, ignore_conflicts=True)
    return {row.key: row for row in lock(Usage.objects.filter(key__in=ends), order="key")}


def _count_in(
    rows: Mapping[str, Usage], added: Counter[str], usages: Mapping[str, Bound]
) -> str | None:
    for key, (kind, _usage, most) in usages.items():
        if rows[key].count + added[key] >= most:
            return kind
    added.update(usages.keys())
    return None


def sources(record: NumberInsightRecord) -> Iterator[tuple[str, str]]:
    """Yield the kinds and sources of a lookup for `record`, always in the same order."""
    if record.ip_address:
        yield "ip", range_of(record.ip_address)
        yield "network", network_of(record.ip_address)
    yield "block", record.number[:-2]
    yield "number", record.number


def count(kind: str, source: str, most: int, period: str) -> bool:
    """Count one for `source`, unless `most` is reached; return whether it was counted."""
    usage = _usage(kind, source, period)
    Usage.objects.bulk_create([usage], ignore_conflicts=True)
    return bool(Usage.objects.filter(key=usage.key, count__lt=most).update(count=F("count") + 1))


def used(kind: str, source: str, period: str) -> int:
    """Return how many were counted for `source` in the running period, without a lock."""
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
