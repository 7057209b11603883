"""Health: what an operator has to know, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Min
from django.utils import timezone

from number_insight import budget, switches, tasks
from number_insight.choices import LookupState, RecordState
from number_insight.conf import app_settings
from number_insight.models import Circuit, Heartbeat, Lookup, NumberInsightRecord

SWEEP_OVERDUE = timedelta(minutes=10)
RECORD_OVERDUE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How the screenings fare; `problems` is empty while all is well."""

    lookups_on: bool
    sweep_ran_at: datetime | None
    oldest_due_since: datetime | None
    unfinished: int
    uncertain: int
    closed_circuits: tuple[str, ...]
    spent_today: Decimal
    reserved_today: Decimal
    budget_today: Decimal | None
    broker: str

    @property
    def problems(self) -> list[str]:
        """What is wrong, one sentence each, with what to do."""
        return list(_problems(self))

    def as_json(self) -> dict[str, Any]:
        """Return plain types: times in ISO 8601, amounts as decimal strings."""
        document = {key: _plain(value) for key, value in asdict(self).items()}
        return {**document, "problems": self.problems, "healthy": not self.problems}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def examine() -> Health:
    """Look at everything once; the broker is asked within ``RING_TIMEOUT``."""
    unfinished = NumberInsightRecord.objects.filter(
        state__in=(RecordState.QUEUED, RecordState.WAITING)
    )
    spent, reserved = budget.spent()
    heartbeat = Heartbeat.objects.filter(name=tasks.SWEEP).first()
    return Health(
        lookups_on=switches.lookups_are_on(),
        sweep_ran_at=heartbeat.at if heartbeat else None,
        oldest_due_since=unfinished.aggregate(oldest=Min("created_at"))["oldest"],
        unfinished=unfinished.count(),
        uncertain=Lookup.objects.filter(state=LookupState.UNCERTAIN, reserved__gt=0).count(),
        closed_circuits=tuple(_closed_circuits()),
        spent_today=spent,
        reserved_today=reserved,
        budget_today=app_settings.BUDGET.get("day"),
        broker=tasks.bell.try_out(),
    )


def _closed_circuits() -> Iterator[str]:
    for circuit in Circuit.objects.filter(open_until__isnull=False).order_by("pk"):
        yield f"{circuit}: {circuit.reason}"


def _problems(health: Health) -> Iterator[str]:
    now = timezone.now()
    if not health.lookups_on:
        yield "Lookups are switched off; switch them on in the settings or the admin."
    if health.sweep_ran_at is None:
        yield "The sweep has never run; put number_insight.sweep into the beat schedule."
    elif now - health.sweep_ran_at > SWEEP_OVERDUE:
        yield f"The sweep last ran at {health.sweep_ran_at:%Y-%m-%d %H:%M %Z}; is beat running?"
    if health.oldest_due_since and now - health.oldest_due_since > RECORD_OVERDUE:
        since = f"{health.oldest_due_since:%Y-%m-%d %H:%M %Z}"
        yield f"{health.unfinished} records wait, the oldest since {since}; is a worker running?"
    for circuit in health.closed_circuits:
        yield f"A provider is not asked just now: {circuit}"
    gone = health.spent_today + health.reserved_today
    if health.budget_today is not None and gone >= health.budget_today:
        yield "Today's budget is spent; raise it, or wait for tomorrow."
    if health.broker:
        yield f"Celery's broker cannot be reached ({health.broker}); the sweep does its work."
