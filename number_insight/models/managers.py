"""The queryset of the records, with the queries that projects need."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from number_insight import numbers
from number_insight.conf import app_settings
from number_insight.exceptions import InvalidNumber
from number_insight.models.choices import RecordState
from number_insight.models.fingerprints import fingerprints
from number_insight.models.subjects import key_of, kinds_of, model_of
from number_insight.rules.scoring import DENY, REVIEW

ABANDONED_AFTER = timedelta(days=1)
"""The time after which a record without a subject leaves the review queue."""


def same_number(*numbers: str, hashes: Iterable[str] = ()) -> Q:
    """Return the condition for the rows of these numbers (E.164), erased ones among them.

    `hashes` are the fingerprints of numbers that are themselves not known any more.
    """
    known = [number for number in numbers if number]
    signs = {*filter(None, hashes), *(sign for number in known for sign in fingerprints(number))}
    # SQLite takes the partial index only where its condition is repeated.
    return Q(number__in=known) | (Q(number_hash__in=sorted(signs)) & ~Q(number_hash=""))


def flagged() -> Q:
    """Return the condition for records whose verdict a person has to decide on."""
    # SQLite takes a partial index where its condition is repeated, but not for a list of values.
    return Q(verdict=REVIEW) | Q(verdict=DENY)


class RecordQuerySet(models.QuerySet[Any]):
    """A queryset of records."""

    def for_subject(self, subject: models.Model) -> RecordQuerySet:
        """Return the records of `subject`, with any type of primary key.

        Those that it was saved with as its parent or child are among them. Raise `BadArgument` if
        it has no key yet.
        """
        key = key_of(subject)
        return self.filter(subject_type__in=kinds_of(model_of(subject)), subject_id=key)

    @sensitive_variables()
    def for_number(self, number: str) -> RecordQuerySet:
        """Return the records of `number` in any spelling, including erased ones.

        The result is empty if `number` is not a phone number.
        """
        try:
            e164 = numbers.normalise(number, app_settings.default_region)
        except InvalidNumber:
            return self.none()
        return self.filter(same_number(e164))

    def flagged(self) -> RecordQuerySet:
        """Return the records whose verdict is review or deny."""
        return self.filter(flagged())

    def awaiting_review(self, lane: str | None = None) -> RecordQuerySet:
        """Return the flagged records without a decision, the oldest first.

        `lane` narrows them to "risk" (evidence), or to "no_answer", "budget" or "fault" (the want
        of it), so that an outage does not bury the real cases. Records without a subject leave the
        queue after a day, since the signup was abandoned; what a form refused is never in it,
        since there is no signup.
        """
        abandoned = Q(subject_type=None, created_at__lt=timezone.now() - ABANDONED_AFTER)
        undecided = self.flagged().filter(decision="").exclude(state=RecordState.REFUSED)
        waiting = undecided.exclude(abandoned).order_by("pk")
        return waiting if lane is None else waiting.filter(lane=lane)

    def awaiting_subject(self) -> RecordQuerySet:
        """Return the records of the last day that have no subject yet."""
        since = timezone.now() - ABANDONED_AFTER
        return self.filter(subject_type=None, created_at__gte=since)
