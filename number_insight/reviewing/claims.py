"""Claims: a record that one reviewer looks at is left alone by the others for some minutes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from number_insight.models import NumberInsightRecord
from number_insight.models.managers import RecordQuerySet

CLAIMED_FOR = timedelta(minutes=10)
"""The time after which a claim is over."""


def claim(record: NumberInsightRecord, user: Any) -> bool:
    """Claim `record` for `user`, or renew the claim; return False if another has claimed it.

    The condition is in the UPDATE: of two reviewers at once, one has it.
    """
    rows = NumberInsightRecord.objects.filter(pk=record.pk).exclude(_by_another(user))
    return _write(rows, record, user)


def take_over(record: NumberInsightRecord, user: Any) -> bool:
    """Claim `record` for `user` in any case; return False if it is gone."""
    return _write(NumberInsightRecord.objects.filter(pk=record.pk), record, user)


def _write(rows: RecordQuerySet, record: NumberInsightRecord, user: Any) -> bool:
    now = timezone.now()
    if not rows.update(claimed_by=user, claimed_at=now):
        return False
    record.claimed_by, record.claimed_at = user, now
    return True


def let_go(record: NumberInsightRecord, user: Any) -> bool:
    """End the claim of `user` on `record`; return False if there is none."""
    rows = NumberInsightRecord.objects.filter(pk=record.pk, claimed_by=user)
    if not rows.update(claimed_by=None, claimed_at=None):
        return False
    record.claimed_by, record.claimed_at = None, None
    return True


def claimant(record: NumberInsightRecord, user: Any) -> Any:
    """Return another person who looks at `record` just now, or None.

    It tells what was true when `record` was loaded.
    """
    if record.claimed_by_id is None or record.claimed_by_id == user.pk:
        return None
    claimed_at = record.claimed_at
    is_over = claimed_at is None or timezone.now() - claimed_at > CLAIMED_FOR
    return None if is_over else record.claimed_by


def available(user: Any, lane: str | None = None) -> RecordQuerySet:
    """Return the records that wait for a decision and that no other person looks at."""
    return NumberInsightRecord.objects.awaiting_review(lane).exclude(_by_another(user))


def _by_another(user: Any) -> Q:
    """Return the condition for the records that a person other than `user` looks at."""
    since = timezone.now() - CLAIMED_FOR
    return Q(claimed_by__isnull=False, claimed_at__gte=since) & ~Q(claimed_by=user)
