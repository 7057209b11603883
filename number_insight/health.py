"""The health of the screenings, for the operator's command, the admin and monitoring."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Min, QuerySet, Sum
from django.utils import timezone

from number_insight import clock
from number_insight.clock import Now
from number_insight.conf import app_settings
from number_insight.lookups import approvals, budget, retirement, switches
from number_insight.lookups.budget import Balance
from number_insight.lookups.retirement import Retirement
from number_insight.models import Circuit, Heartbeat, Lookup, NumberInsightRecord
from number_insight.models.choices import UNFINISHED_STATES, LookupState
from number_insight.overview import review_queue
from number_insight.overview.review_queue import Queue
from number_insight.screening.bell import bell
from number_insight.screening.sweeps import SWEEP
from number_insight.verdicts import rule_faults

SWEEP_OVERDUE = timedelta(minutes=10)
"""The age of the last sweep from which it is a problem."""
RECORD_OVERDUE = timedelta(minutes=15)
"""The age of an unfinished record from which it is a problem."""
UNAPPROVED = (
    "The account at provider %r has no approval for: %s. Ask its vendor for it, or leave it out of "
    "OPTIONS."
)
FAILING = "Rule %s raises errors; repair it before it stops counting."
SHADOWED = (
    "Rule %s raised so many errors that it counts no more; repair it, then let it count again "
    "under Rule faults in the admin."
)
BEAT = "put number_insight.sweep into the beat schedule, and run beat and a worker of its queue"
RUNNING = {True: "are beat and a worker of its queue", False: "is number_insight_sweep"}
BROKER_AWAY = (
    "Celery's broker cannot be reached (%s); until it can, number_insight_sweep --inline alone "
    "screens what waits."
)
LOOP = "let number_insight_sweep run every minute, by --loop or cron"
SPENT = {
    "day": "Today's budget is spent (%s); raise it, or wait for tomorrow.",
    "month": "This month's budget is spent (%s); raise it, or wait for the next.",
}
"""The problem of a budget without anything left, by its period; the currency is filled in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """An open circuit: the provider is not asked before `until`, or only not at `level`."""

    circuit_id: int
    provider: str
    level: str
    reason: str
    until: datetime

    @property
    def name(self) -> str:
        """The provider's name in the settings, with the level if there is one."""
        return f"{self.provider} {self.level}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The state of switch, sweep, queues, circuits, budgets and broker at one moment."""

    has_provider: bool
    """Whether ``PROVIDERS`` names a provider; without one nothing is looked up."""
    lookups_on: bool
    sweep_ran_at: datetime | None
    oldest_due_since: datetime | None
    unfinished: int
    """Records without a verdict, besides those that wait for a callback in time."""
    awaiting_callback: int
    """Records whose answer was promised, and may still come."""
    awaiting_review: int
    """Signups that wait for a person's decision."""
    oldest_awaiting_since: datetime | None
    """The moment at which the oldest of them signed up."""
    review_target: timedelta | None
    uncertain: int
    uncertain_held: Mapping[str, Decimal]
    """The money reserved for uncertain lookups, by currency."""
    pauses: tuple[Pause, ...]
    budgets: tuple[Balance, ...]
    """The money of this day and this month, in each currency by itself."""
    shadow_budgets: tuple[Balance, ...]
    """The same of the budget that ``SHADOW`` has for itself, if it is set."""
    retirements: tuple[Retirement, ...]
    """The providers that were switched off by their vendors, or will be soon."""
    unapproved: Mapping[str, str]
    """The signals for which the latest answers of a provider told that it lacks approval."""
    failing_rules: Mapping[str, bool]
    """The rules that raise errors, by code, and whether each does not count any more for that."""
    doorbell: str | None
    """The ``DOORBELL``; a broker is asked for Celery's alone."""
    broker: str
    """The error of the connection to Celery's broker; empty if there is none."""
    has_broker: bool
    """Whether a broker is configured; without one the sweep does the work itself."""

    @property
    def review_queue(self) -> Queue:
        """The review queue."""
        return Queue(count=self.awaiting_review, oldest_since=self.oldest_awaiting_since)

    @property
    def problems(self) -> list[str]:
        """The problems with their remedies, one sentence each."""
        return list(_problems(self))

    @property
    def notices(self) -> list[str]:
        """The coming problems with their remedies, one sentence each."""
        soon = [f"{one.sentence} {retirement.MOVE}" for one in self.retirements if not one.is_over]
        failing = [FAILING % code for code, shadowed in self.failing_rules.items() if not shadowed]
        return soon + failing + [UNAPPROVED % pair for pair in self.unapproved.items()]

    def as_json(self) -> dict[str, Any]:
        """Return plain types for JSON: times in ISO 8601, amounts as decimal strings."""
        document = {field.name: _plain(getattr(self, field.name)) for field in fields(self)}
        document["open_circuits"] = document.pop("pauses")
        document["retirements"] = {one.name: str(one.on) for one in self.retirements}
        sentences = {"notices": self.notices, "problems": self.problems}
        return {**document, **sentences, "healthy": not self.problems}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return clock.local(value).isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, Mapping):
        return {key: _plain(part) for key, part in value.items()}
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Pause):
        return f"{value.name}: {value.reason}"
    return _plain(asdict(value)) if isinstance(value, Balance) else value


def examine() -> Health:
    """Return the present `Health`; the connection to the broker takes ``RING_TIMEOUT`` at most."""
    unfinished = NumberInsightRecord.objects.filter(state__in=UNFINISHED_STATES)
    promised = unfinished.filter(lookup__in=_promised())
    due = unfinished.exclude(pk__in=promised.values("pk"))
    held = Lookup.objects.filter(state=LookupState.UNCERTAIN, reserved__gt=0)
    sums = held.order_by().values_list("currency").annotate(held=Sum("reserved"))
    rings_celery = app_settings.DOORBELL == "celery"
    heartbeat = Heartbeat.objects.filter(name=SWEEP).first()
    queue = review_queue.examine()
    return Health(
        has_provider=bool(app_settings.PROVIDERS),
        lookups_on=switches.lookups_are_on(),
        sweep_ran_at=heartbeat.at if heartbeat else None,
        oldest_due_since=due.aggregate(oldest=Min("created_at"))["oldest"],
        unfinished=due.count(),
        awaiting_callback=promised.count(),
        awaiting_review=queue.count,
        oldest_awaiting_since=queue.oldest_since,
        review_target=app_settings.REVIEW_TARGET,
        uncertain=held.count(),
        uncertain_held=dict(sums),
        pauses=tuple(open_circuits()),
        budgets=tuple(budget.balances()),
        shadow_budgets=tuple(budget.shadow_balances()),
        retirements=tuple(retirement.announced()),
        unapproved=approvals.lacking(),
        failing_rules=rule_faults.failing(),
        doorbell=app_settings.DOORBELL,
        broker=bell.try_out() if rings_celery else "",
        has_broker=rings_celery and bell.has_broker(),
    )


def _promised() -> QuerySet[Lookup]:
    """Return the lookups whose callback may still come: the sender retries it for a day."""
    submitted = Lookup.objects.filter(state=LookupState.SUBMITTED)
    return submitted.exclude(lease_until__lt=Now())


def open_circuits() -> Iterator[Pause]:
    """Yield the circuits that are open, the oldest first."""
    for circuit in Circuit.objects.filter(open_until__isnull=False).order_by("pk"):
        assert circuit.open_until is not None
        yield Pause(
            circuit_id=circuit.pk,
            provider=circuit.provider,
            level=circuit.level,
            reason=circuit.reason,
            until=circuit.open_until,
        )


def _problems(health: Health) -> Iterator[str]:
    now = timezone.now()
    if not health.has_provider:
        yield f"{switches.NO_PROVIDER} Name one; docs/providers.md lists them."
    elif not health.lookups_on:
        yield "Lookups are switched off; switch them on in the settings or the admin."
    if health.sweep_ran_at is None:
        remedy = BEAT if health.doorbell == "celery" else LOOP
        yield f"The sweep has never run; {remedy}."
    elif now - health.sweep_ran_at > SWEEP_OVERDUE:
        at = _in_words(health.sweep_ran_at)
        yield f"The sweep last ran at {at}; {RUNNING[health.doorbell == 'celery']} running?"
    if health.oldest_due_since and now - health.oldest_due_since > RECORD_OVERDUE:
        since = _in_words(health.oldest_due_since)
        yield f"{health.unfinished} records wait, the oldest since {since}; is a worker running?"
    if health.oldest_awaiting_since and health.review_queue.is_overdue:
        since, waiting = _in_words(health.oldest_awaiting_since), health.awaiting_review
        signups = "1 signup waits" if waiting == 1 else f"{waiting} signups wait"
        yield f"{signups} for a person's decision, the oldest since {since}; open the review desk."
    for one in health.retirements:
        if one.is_over:
            yield f"{one.sentence} {retirement.MOVE}"
    for code, shadowed in health.failing_rules.items():
        if shadowed:
            yield SHADOWED % code
    for pause in health.pauses:
        yield f"A provider is not asked just now: {pause.name}: {pause.reason}"
    for balance in health.budgets:
        if balance.is_spent:
            yield SPENT[balance.period] % balance.currency
    if health.broker and health.has_broker:
        yield BROKER_AWAY % health.broker


def _in_words(moment: datetime) -> str:
    return f"{clock.local(moment):%Y-%m-%d %H:%M %Z}"
