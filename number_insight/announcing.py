"""Announcing: the receivers are told of verdicts, at least once, after the commit."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from django.db.models import F

from number_insight import signals
from number_insight.choices import Verdict
from number_insight.models import NumberInsightRecord
from number_insight.transactions import after_commit

logger = logging.getLogger("number_insight.announcing")


def announce_on_commit(records: Sequence[NumberInsightRecord]) -> None:
    """Tell of these records as soon as they are committed; to be called before they are written.

    Where nobody listens, the verdicts are written as told.
    """
    if _somebody_listens():
        after_commit(announce, [record.pk for record in records])
        return
    for record in records:
        record.announced_verdict = record.verdict


def _somebody_listens() -> bool:
    told = (signals.record_screened, signals.verdict_changed)
    return any(signal.has_listeners(NumberInsightRecord) for signal in told)


def announce(record_ids: Sequence[int]) -> None:
    """Tell the receivers the verdicts that they do not know yet, and note that they were told."""
    untold = NumberInsightRecord.objects.filter(pk__in=record_ids).order_by("verdict", "pk")
    untold = untold.exclude(verdict=F("announced_verdict"))
    for verdict, records in groupby(untold, key=lambda record: record.verdict):
        told = list(records)
        for record in told:
            _tell(record)
        # What was judged anew meanwhile has another verdict, which is still to be told.
        keys = [record.pk for record in told]
        NumberInsightRecord.objects.filter(pk__in=keys).update(announced_verdict=verdict)


def _tell(record: NumberInsightRecord) -> None:
    previous = record.announced_verdict
    if previous == Verdict.PENDING:
        send(signals.record_screened, record=record, source=record.source)
    send(signals.verdict_changed, record=record, previous=previous, source=record.source)


def send(signal: Any, **told: Any) -> None:
    """Send `signal` robustly; what a receiver raises is logged."""
    for receiver, answer in signal.send_robust(NumberInsightRecord, **told):
        if isinstance(answer, Exception):
            logger.error(
                "Receiver %r raised %s; it is not told again.", receiver, type(answer).__name__
            )
