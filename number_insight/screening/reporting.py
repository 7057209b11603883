"""Reporting: a signup that goes on without its screening is logged, and signalled."""

from __future__ import annotations

import logging

from django.db import models

from number_insight import signals
from number_insight.models import NumberInsightRecord

logger = logging.getLogger("number_insight.screening.signup")


def report_failure(
    error: Exception, *, subject: models.Model | None = None, field: str = "", source: str = ""
) -> None:
    """Log and signal that a number was saved or typed without being screened."""
    logger.error(
        "A signup could not be recorded for screening (%s); number_insight_backfill will find it.",
        type(error).__name__,
    )
    signals.screening_failed.send_robust(
        NumberInsightRecord, subject=subject, field=field, error=error, source=source
    )
