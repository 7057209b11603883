"""Decisions: released or refused by a person, and taken back by a person alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, DateTimeField, F, Value, When
from django.utils import timezone

from number_insight.models import NumberInsightRecord
from number_insight.models.choices import Act, Decision
from number_insight.models.decisions import UNDO_WITHIN
from number_insight.models.records import LIVE_KEPT_FOR, REASON_CODE_LENGTH
from number_insight.reviewing import agreement
from number_insight.transactions import retry_deadlock
from number_insight.verdicts import announcing

DECISIONS = {Act.RELEASE: Decision.RELEASED, Act.REFUSE: Decision.REFUSED}
UNDECIDED: dict[str, Any] = {
    "decision": Decision.NONE,
    "decided_by": None,
    "decided_at": None,
    "reason_code": "",
    "decision_reason": "",
    "second_look": False,
    "live_until": Case(
        When(live_until__isnull=False, then=F("screened_at") + LIVE_KEPT_FOR),
        default=None,
        output_field=DateTimeField(),
    ),
}
"""The columns of a record without a decision."""


def release(
    record: NumberInsightRecord, *, user: Any = None, reason: str = "", reason_code: str = ""
) -> bool:
    """Release the signup of `record`; return False if a person has decided before.

    `user` is None for code. `reason_code` is one of ``REASONS``, `reason` free text that erasure
    blanks; neither is checked. `record` is refreshed, and `decision_made` is sent after the commit.
    """
    return _decide(record, Act.RELEASE, user, reason, reason_code)


def refuse(
    record: NumberInsightRecord, *, user: Any = None, reason: str = "", reason_code: str = ""
) -> bool:
    """Refuse the signup of `record`; return False if a person has decided before.

    The arguments are those of `release`. It closes no account: a receiver of `decision_made` does.
    """
    return _decide(record, Act.REFUSE, user, reason, reason_code)


@retry_deadlock
def _decide(record: NumberInsightRecord, act: Act, user: Any, reason: str, code: str) -> bool:
    """Write the decision if there is none yet; the condition is in the UPDATE, against races."""
    reason, code, now = reason.strip(), code[:REASON_CODE_LENGTH], timezone.now()
    with transaction.atomic():
        undecided = NumberInsightRecord.objects.filter(pk=record.pk, decision=Decision.NONE)
        if not undecided.update(
            decision=DECISIONS[act],
            decided_by=user,
            decided_at=now,
            reason_code=code,
            decision_reason=reason,
            second_look=agreement.is_chosen(record),
            claimed_by=None,
            claimed_at=None,
            live_until=_earlier("live_until", now + UNDO_WITHIN),
        ):
            return False
        record.refresh_from_db()
        announcing.record_decision(record, user, act, reason_code=code, reason=reason)
    return True


def _earlier(column: str, moment: datetime) -> Case:
    """Return the time in `column`, or `moment` if that is earlier; NULL stays NULL."""
    return Case(When(**{f"{column}__gt": moment}, then=Value(moment)), default=F(column))


def can_undo(record: NumberInsightRecord, user: Any) -> bool:
    """Return whether `user` decided about `record`, and may still undo it."""
    if not record.decision or record.decided_at is None or getattr(user, "pk", None) is None:
        return False
    is_theirs = record.decided_by_id == user.pk
    return bool(is_theirs and timezone.now() - record.decided_at <= UNDO_WITHIN)


def undo(record: NumberInsightRecord, *, user: Any) -> bool:
    """Take back a decision that `user` made in the last ten minutes; return False if there is none.

    The record waits for a decision again, if its verdict still asks for one.
    """
    if getattr(user, "pk", None) is None:
        return False
    since = timezone.now() - UNDO_WITHIN
    return _take_back(record, Act.UNDO, user, "", decided_by=user, decided_at__gte=since)


def reopen(record: NumberInsightRecord, *, user: Any = None, reason: str = "") -> bool:
    """Take back the decision about `record`, of any person and age; return False without one.

    The caller asks for the permission ``number_insight.reopen_numberinsightrecord``.
    """
    return _take_back(record, Act.REOPEN, user, reason)


@retry_deadlock
def _take_back(
    record: NumberInsightRecord, act: Act, user: Any, reason: str, **conditions: Any
) -> bool:
    """Take the decision back under `conditions`, which are in the UPDATE, against races."""
    rows = NumberInsightRecord.objects.filter(pk=record.pk, **conditions)
    with transaction.atomic():
        taken = (
            decision
            for decision in DECISIONS.values()
            if rows.filter(decision=decision).update(**UNDECIDED)
        )
        previous = next(taken, None)
        if previous is None:
            return False
        record.refresh_from_db()
        announcing.record_decision(
            record, user, act, reason=reason.strip(), previous=previous.value
        )
    return True
