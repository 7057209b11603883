"""The review queue as it waits: its size and age, and the alert when it is overdue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Min, Q

from number_insight import clock, signals
from number_insight.conf import app_settings
from number_insight.models import Heartbeat, NumberInsightRecord
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


def examine(*, with_ages: bool = False) -> Queue:
    """Return the review queue, in one query; its classes of age only `with_ages`."""
    ages = _ages() if with_ages else {}
    waiting = NumberInsightRecord.objects.awaiting_review().order_by()
    found = waiting.aggregate(count=Count("pk"), oldest=Min("created_at"), **ages)
    return Queue(
        count=found["count"],
        oldest_since=found["oldest"],
        ages=tuple(found[name] for name in ages),
    )


def _ages() -> Mapping[str, Any]:
    """Return an aggregate for each class of age."""
    now = clock.now()
    bounds = [clock.stored(now - age) for age in AGES]
    classes = [Q(created_at__gt=bounds[0])]
    classes += [
        Q(created_at__gt=older, created_at__lte=younger)
        for younger, older in zip(bounds, bounds[1:], strict=False)
    ]
    classes.append(Q(created_at__lte=bounds[-1]))
    return {f"age_{rank}": Count("pk", filter=each) for rank, each in enumerate(classes)}


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
