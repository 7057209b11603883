"""The queryset of the records, with the queries that projects need."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Q
from django.utils import timezone

from number_insight import numbers
from number_insight.exceptions import InvalidNumber
from number_insight.models.fingerprints import fingerprints
from number_insight.rules.scoring import DENY, REVIEW

ABANDONED_AFTER = timedelta(days=1)
"""The time after which a record without a subject leaves the review queue."""


class RecordQuerySet(models.QuerySet[Any]):
    """A queryset of records."""

    def for_subject(self, subject: models.Model) -> RecordQuerySet:
        """Return the records of `subject`, with any type of primary key."""
        kind = ContentType.objects.get_for_model(subject)
        return self.filter(subject_type=kind, subject_id=str(subject.pk))

    def for_number(self, number: str) -> RecordQuerySet:
        """Return the records of `number` in any spelling, including erased ones.

        The result is empty if `number` is not a phone number.
        """
        region = getattr(settings, "PHONENUMBER_DEFAULT_REGION", None)
        try:
            e164 = numbers.normalise(numbers.text_of(number), region)
        except InvalidNumber:
            return self.none()
        # SQLite takes the partial index only where its condition is repeated.
        erased = Q(number_hash__in=fingerprints(e164)) & ~Q(number_hash="")
        return self.filter(Q(number=e164) | erased)

    def flagged(self) -> RecordQuerySet:
        """Return the records whose verdict is review or deny."""
        return self.filter(verdict__in=(REVIEW, DENY))

    def awaiting_review(self, lane: str | None = None) -> RecordQuerySet:
        """Return the flagged records without a decision, the oldest first.

        `lane` narrows them to "risk" (evidence), or to "no_answer", "budget" or "fault" (the want
        of it), so that an outage does not bury the real cases. Records without a subject leave the
        queue after a day, since the signup was abandoned.
        """
        abandoned = Q(subject_type=None, created_at__lt=timezone.now() - ABANDONED_AFTER)
        waiting = self.flagged().filter(decision="").exclude(abandoned).order_by("pk")
        return waiting if lane is None else waiting.filter(lane=lane)

    def awaiting_subject(self) -> RecordQuerySet:
        """Return the records of the last day that have no subject yet."""
        since = timezone.now() - ABANDONED_AFTER
        return self.filter(subject_type=None, created_at__gte=since)
