"""The metrics of the screenings, read from the database by one bounded query each.

What is counted is counted for the last hour, so that a large table costs no more than a small one.
No label holds a number, an IP address or a secret.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.db import connections
from django.db.models import Count, Min
from django.utils import timezone

from number_insight import loading
from number_insight.conf import app_settings
from number_insight.lookups import budget
from number_insight.models import Heartbeat, Lookup, NumberInsightRecord, Spending
from number_insight.models.choices import UNFINISHED_STATES, RecordState
from number_insight.screening.sweeps import SWEEP

WINDOW = timedelta(hours=1)
"""The age up to which records and lookups are counted."""

Sample = tuple[tuple[str, ...], float]
"""The values of a metric's labels, and its value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A gauge with its labels, and the query that reads it."""

    name: str
    text: str
    read: Callable[[], Iterable[Sample]]
    labels: tuple[str, ...] = ()


@contextmanager
def own_connections() -> Iterator[None]:
    """Close what is stale before and after reading, since an exporter may have its own thread."""
    _close_stale()
    try:
        yield
    finally:
        _close_stale()


def _close_stale() -> None:
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:  # a request's, whose transaction goes on
            connection.close_if_unusable_or_obsolete()


def _verdicts() -> Iterator[Sample]:
    # As the condition of an index on the time has it; what is erased is older.
    rows = NumberInsightRecord.objects.filter(number_hash="", created_at__gte=_since())
    counted = rows.order_by().values_list("verdict", "source").annotate(count=Count("pk"))
    for verdict, source, count in counted:
        yield (verdict, source), count


def _lookups() -> Iterator[Sample]:
    rows = Lookup.objects.filter(number_hash="", created_at__gte=_since())
    counted = rows.order_by().values_list("provider", "state").annotate(count=Count("pk"))
    for provider, state, count in counted:
        yield (provider, state), count


def _since() -> object:
    return timezone.now() - WINDOW


def _spent() -> Iterator[Sample]:
    return _money("spent")


def _reserved() -> Iterator[Sample]:
    return _money("reserved")


def _money(column: str) -> Iterator[Sample]:
    """Yield the amounts of this day and month in each currency, also where nothing was spent."""
    periods = {key: period for period, key in budget.current_periods().items()}
    rows = Spending.objects.filter(period__in=periods)
    found = {(code, period): 0.0 for code in loading.currencies() for period in periods.values()}
    for currency, key, units in rows.values_list("currency", "period", column):
        found[currency, periods[key]] = float(units * budget.UNIT)
    yield from found.items()


def _budget() -> Iterator[Sample]:
    for currency in loading.currencies():
        for period, amount in app_settings.budget_of(currency).items():
            yield (currency, period), float(amount)


def _waiting() -> Iterator[Sample]:
    rows = NumberInsightRecord.objects.filter(state__in=UNFINISHED_STATES).order_by()
    found = dict(rows.values_list("state").annotate(count=Count("pk")))
    for state in UNFINISHED_STATES:
        yield (str(state),), found.get(state, 0)


def _queue_age() -> Iterator[Sample]:
    rows = NumberInsightRecord.objects.filter(state=RecordState.QUEUED)
    oldest = rows.aggregate(oldest=Min("created_at"))["oldest"]
    yield (), (timezone.now() - oldest).total_seconds() if oldest else 0.0


def _sweep_age() -> Iterator[Sample]:
    for at in Heartbeat.objects.filter(name=SWEEP).values_list("at", flat=True):
        yield (), (timezone.now() - at).total_seconds()


METRICS = (
    Metric(
        name="number_insight_verdicts",
        text="Records of the last hour by their verdict.",
        labels=("verdict", "source"),
        read=_verdicts,
    ),
    Metric(
        name="number_insight_lookups",
        text="Lookups of the last hour by their state.",
        labels=("provider", "state"),
        read=_lookups,
    ),
    Metric(
        name="number_insight_spent",
        text="Money spent in the current day or month.",
        labels=("currency", "period"),
        read=_spent,
    ),
    Metric(
        name="number_insight_reserved",
        text="Money reserved in the current day or month.",
        labels=("currency", "period"),
        read=_reserved,
    ),
    Metric(
        name="number_insight_budget",
        text="The budget of a day or month, where there is one.",
        labels=("currency", "period"),
        read=_budget,
    ),
    Metric(
        name="number_insight_records_waiting",
        text="Records without a verdict: queued, or waiting for a lookup.",
        labels=("state",),
        read=_waiting,
    ),
    Metric(
        name="number_insight_queue_age_seconds",
        text="Age of the oldest record that no worker has taken yet.",
        read=_queue_age,
    ),
    Metric(
        name="number_insight_sweep_age_seconds",
        text="Time since the last sweep; absent if it has never run.",
        read=_sweep_age,
    ),
)
"""All metrics; the exporters give them these names."""
