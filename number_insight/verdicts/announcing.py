"""Announcing: signals about verdicts and decisions, sent after the commit, at least once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db import models, router
from django.db.models import F, Q

from number_insight import signals
from number_insight.models import DecisionEvent, NumberInsightRecord
from number_insight.models.choices import Act, Verdict
from number_insight.transactions import after_commit

logger = logging.getLogger("number_insight.verdicts.announcing")


def announce_on_commit(records: Sequence[NumberInsightRecord]) -> None:
    """Announce the verdicts of these records on commit; call it before the records are written.

    Without receivers, the verdicts are marked as announced instead.
    """
    if _are_heard():
        after_commit(announce, [record.pk for record in records])
        return
    for record in records:
        record.announced_verdict = record.verdict


def link(record: NumberInsightRecord, rows: models.QuerySet[Any], columns: Sequence[str]) -> bool:
    """Save the subject of `record` and other `columns` to its row among `rows`, if there is one.

    A verdict that was announced before the row had a subject is announced once more, since its
    receivers could do nothing for an account.
    """
    told = {name: getattr(record, name) for name in columns}
    of_nobody = rows.filter(subject_id="")
    if not (record.subject_id and _are_heard()) or not of_nobody.update(
        announced_verdict=Verdict.PENDING, **told
    ):
        return bool(rows.update(**told))
    after_commit(announce, [record.pk], using=router.db_for_write(NumberInsightRecord))
    return True


def _are_heard() -> bool:
    heard = (signals.record_screened, signals.verdict_changed)
    return any(signal.has_listeners(NumberInsightRecord) for signal in heard)


def announce(record_ids: Sequence[int]) -> None:
    """Send the signals about verdicts that were not announced, and mark them as announced."""
    rows = NumberInsightRecord.objects.filter(pk__in=record_ids).order_by("verdict", "pk")
    rows = rows.exclude(verdict=F("announced_verdict"))
    for verdict, group in groupby(rows, key=lambda record: record.verdict):
        records = list(group)
        for record in records:
            _send_verdict(record)
        _mark_as_announced(records, verdict)


def _mark_as_announced(records: Sequence[NumberInsightRecord], verdict: str) -> None:
    """Mark `verdict` as announced, except for records that got a subject meanwhile.

    A record that was judged again meanwhile has another verdict, still to be announced.
    """
    rows = NumberInsightRecord.objects.filter(pk__in=[record.pk for record in records])
    of_nobody = [record.pk for record in records if not record.subject_id]
    if of_nobody:
        rows = rows.exclude(~Q(subject_id=""), pk__in=of_nobody)
    rows.update(announced_verdict=verdict)


def _send_verdict(record: NumberInsightRecord) -> None:
    previous = record.announced_verdict
    if previous == Verdict.PENDING:
        send(signals.record_screened, record=record, source=record.source)
    send(signals.verdict_changed, record=record, previous=previous, source=record.source)


def record_decision(record: NumberInsightRecord, user: Any, act: Act, **columns: Any) -> None:
    """Add a decision, or its undoing, to the history of `record`, and announce it on commit."""
    due = signals.decision_made.has_listeners(NumberInsightRecord)
    event = DecisionEvent.objects.create(
        record=record, user=user, act=act, unannounced=due, **columns
    )
    if due:
        after_commit(_announce_decision, event)


def announce_decisions(before: datetime, limit: int) -> None:
    """Send the signals about decisions from before a time whose own process could not."""
    due = DecisionEvent.objects.filter(unannounced=True, at__lte=before)
    for event in due.select_related("record", "user").order_by("at")[:limit]:
        _announce_decision(event)


def _announce_decision(event: DecisionEvent) -> None:
    send(
        signals.decision_made,
        record=event.record,
        user=event.user,
        source=event.record.source,
        previous=event.previous,
        reason_code=event.reason_code,
        undone=event.act in (Act.UNDO, Act.REOPEN),
    )
    DecisionEvent._base_manager.filter(pk=event.pk).update(unannounced=False)


def send(signal: Any, **arguments: Any) -> None:
    """Send `signal` robustly, and log the exceptions of receivers."""
    for receiver, response in signal.send_robust(NumberInsightRecord, **arguments):
        if isinstance(response, Exception):
            logger.error(
                "Receiver %r raised %s; it is not told again.", receiver, type(response).__name__
            )
