"""Announcing: signals about verdicts, sent after the commit, at least once."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from django.db.models import F

from number_insight import signals
from number_insight.models import NumberInsightRecord
from number_insight.models.choices import Verdict
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


def send(signal: Any, **arguments: Any) -> None:
    """Send `signal` robustly, and log the exceptions of receivers."""
    for receiver, response in signal.send_robust(NumberInsightRecord, **arguments):
        if isinstance(response, Exception):
            logger.error(
                "Receiver %r raised %s; it is not told again.", receiver, type(response).__name__
            )
