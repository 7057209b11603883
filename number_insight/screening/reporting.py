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
    # A backfill finds rows with a number, and a form without a model field has none.
    later = "number_insight_backfill will find it" if field else "its number is not screened"
    logger.error(
        "A signup could not be recorded for screening (%s); %s.", type(error).__name__, later
    )
    signals.screening_failed.send_robust(
        NumberInsightRecord, subject=subject, field=field, error=error, source=source
    )
