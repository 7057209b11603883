"""The review queue as it waits: its size and age, and the alert when it is overdue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Min, Q

from number_insight import clock, signals
from number_insight.conf import app_settings
from number_insight.models import Heartbeat, NumberInsightRecord
from number_insight.models.choices import Lane
from number_insight.transactions import after_commit, lock_or_create
from number_insight.verdicts import announcing

ALERT = "review_overdue"
"""The name of the heartbeat of the alert."""
AGES = (
    timedelta(hours=1),
    timedelta(hours=4),
    timedelta(days=1),
    timedelta(days=3),
    timedelta(days=7),
)
"""The upper bounds of the classes of age; the last class has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """The signups that wait for a person's decision."""

    count: int
    oldest_since: datetime | None
    """The moment at which the oldest of them signed up."""
    by_lane: Mapping[str, int] = field(default_factory=dict)
    """Their number in each lane."""
    ages: tuple[int, ...] = ()
    """Their number in each class of age, the youngest first."""

    @property
    def age(self) -> timedelta | None:
        """The age of the oldest, or None if nothing waits."""
        if self.oldest_since is None:
            return None
        return clock.now() - clock.local(self.oldest_since)

    @property
    def is_overdue(self) -> bool:
        """Whether the oldest waits for longer than ``REVIEW_TARGET``."""
        target, age = app_settings.REVIEW_TARGET, self.age
        return target is not None and age is not None and age > target


def examine() -> Queue:
    """Return the review queue, in one query for which its index is enough."""
    waiting = NumberInsightRecord.objects.awaiting_review().order_by().values_list("lane")
    lanes = list(waiting.annotate(count=Count("*"), oldest=Min("created_at")))
    counts = {lane: count for lane, count, _oldest in lanes}
    return Queue(
        count=sum(counts.values()),
        oldest_since=min((oldest for _lane, _count, oldest in lanes), default=None),
        by_lane={lane: counts.get(lane, 0) for lane in Lane.values},
    )


def with_ages(queue: Queue) -> Queue:
    """Return `queue` with its classes of age; those that have waited longest are not read again."""
    bounds = [clock.stored(clock.now() - age) for age in AGES]
    counts = {
        f"younger_{rank}": Count("pk", filter=Q(created_at__gt=bound))
        for rank, bound in enumerate(bounds)
    }
    waiting = NumberInsightRecord.objects.awaiting_review().order_by()
    found = waiting.filter(created_at__gt=bounds[-1]).aggregate(**counts)
    younger = [found[name] for name in counts]
    total = max(queue.count, younger[-1])  # some may have come since the queue was counted
    ages = tuple(end - start for start, end in zip([0, *younger], [*younger, total], strict=True))
    return replace(queue, count=total, ages=ages)


def alert() -> None:
    """Send `review_overdue` after the commit if the queue is overdue, once a day."""
    found = examine()
    if not found.is_overdue:
        return
    with transaction.atomic():
        midnight = clock.stored(clock.midnight(clock.today()))
        rows = Heartbeat.objects.filter(name=ALERT)
        # A new row has the moment at which the day begins, when nothing is sent yet.
        (last,) = lock_or_create(rows, [Heartbeat(name=ALERT, at=midnight)], key="name")
        if last.at > midnight:
            return
        rows.update(at=clock.stored(clock.now()))
        after_commit(_send, found.count, found.oldest_since)


def _send(count: int, oldest_since: datetime | None) -> None:
    target = app_settings.REVIEW_TARGET
    announcing.send(signals.review_overdue, waiting=count, oldest_since=oldest_since, target=target)
