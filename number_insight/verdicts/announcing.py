"""Announcing: signals about verdicts and decisions, sent after the commit, at least once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db.models import F

from number_insight import signals
from number_insight.models import DecisionEvent, NumberInsightRecord
from number_insight.models.choices import Act, Verdict
from number_insight.transactions import after_commit

logger = logging.getLogger("number_insight.verdicts.announcing")


def announce_on_commit(records: Sequence[NumberInsightRecord]) -> None:
    """Announce the verdicts of these records on commit; call it before the records are written.

    Without receivers, the verdicts are marked as announced instead.
    """
    screening_signals = (signals.record_screened, signals.verdict_changed)
    if any(signal.has_listeners(NumberInsightRecord) for signal in screening_signals):
        after_commit(announce, [record.pk for record in records])
        return
    for record in records:
        record.announced_verdict = record.verdict


def announce(record_ids: Sequence[int]) -> None:
    """Send the signals about verdicts that were not announced, and mark them as announced."""
    rows = NumberInsightRecord.objects.filter(pk__in=record_ids).order_by("verdict", "pk")
    rows = rows.exclude(verdict=F("announced_verdict"))
    for verdict, group in groupby(rows, key=lambda record: record.verdict):
        records = list(group)
        for record in records:
            _send_verdict(record)
        # A record that was judged again meanwhile has another verdict, still to be announced.
        keys = [record.pk for record in records]
        NumberInsightRecord.objects.filter(pk__in=keys).update(announced_verdict=verdict)


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
