"""Refusal: the rejection of a number by a form, under ``enforce`` and only on evidence."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from django.db import router, transaction
from django.views.decorators.debug import sensitive_variables

from number_insight.conf import app_settings
from number_insight.insight import Insight
from number_insight.lookups import limits, questions
from number_insight.models import NumberInsightRecord
from number_insight.models.choices import Basis, Source, Verdict
from number_insight.privacy import erasing
from number_insight.screening import planning, signup, visitor
from number_insight.verdicts import grounds, judging, recording
from number_insight.verdicts.judging import Judged

logger = logging.getLogger("number_insight.screening.refusal")

MOST_REFUSALS = (10, "day")
"""The limit of refusals for one IP, beyond which the form accepts any number, so that it cannot be
used to find out the denied ones. The verdict still holds the signup back."""
EVIDENCE = (Basis.ANSWER, Basis.REUSED, Basis.FREE)
"""The bases of a verdict on which a form may refuse a number."""
PAUSE = timedelta(milliseconds=50)
"""The time between two looks at a verdict that a form waits for."""
WAITED_FOR = ("verdict", "basis", "state", "note", "caller_name")


@sensitive_variables()
def is_denied(number: str) -> bool:
    """Return whether a form refuses `number` under ``enforce``, on existing evidence.

    A refusal is recorded with the number masked, so that support can explain it. Neither a missing
    answer nor an error of ours is a reason to refuse.
    """
    if app_settings.ENFORCEMENT != "enforce":
        return False
    try:
        with transaction.atomic():  # a failed query must not break the signup's transaction
            return _is_denied(number)
    except Exception as error:  # our own bug must not cost a signup
        logger.error("The evidence on a number could not be read (%s).", type(error).__name__)
        return False


def _is_denied(number: str) -> bool:
    record = NumberInsightRecord(
        number=signup.canonical(number),
        ip_address=signup.known_ip(None, Source.SIGNUP),
        level=app_settings.LEVEL,
        source=Source.SIGNUP,
    )
    current = visitor.current()
    if current is not None and record.number in current.refused:
        return True
    judged = judge_on_known_facts(record)
    if judged.verdict != Verdict.DENY or not _may_refuse(record):
        return False
    record.save()
    recording.write([judged])
    _turn_away(record)
    return True


@sensitive_variables()
def judge_on_known_facts(record: NumberInsightRecord) -> Judged:
    """Judge an unsaved record on free facts or an earlier answer, without a lookup."""
    (judged,) = judging.judge([grounds.local(record)])
    (plan,) = planning.plans([judged])
    if plan.question is None:
        return judged
    (lookup,) = questions.fresh([plan.question], provider=plan.provider)
    if lookup is None or lookup.insight is None:
        return judged
    insight = Insight.from_json(lookup.insight)
    return judging.judge([grounds.answered(record, lookup, insight, Basis.REUSED)])[0]


def _may_refuse(record: NumberInsightRecord) -> bool:
    if record.ip_address is None:
        return True
    return limits.count("refused", record.ip_address, *MOST_REFUSALS)


def _turn_away(record: NumberInsightRecord) -> None:
    """Mask the record of a refusal, and remember its number for the rest of the request."""
    current = visitor.current()
    if current is not None:
        current.refused.add(record.number)
        current.records.pop(record.number, None)  # a later signup must not adopt it
    erasing.mask(record)


def is_denied_soon(record: NumberInsightRecord | None) -> bool:
    """Wait for the verdict on `record`, for at most ``WAIT``; return whether evidence denies it.

    Inside a transaction there is no wait, since no worker could see the record.
    """
    patience = app_settings.WAIT
    alias = router.db_for_write(NumberInsightRecord)
    if (
        patience is None
        or record is None
        or record.pk is None
        or app_settings.ENFORCEMENT != "enforce"
        or transaction.get_connection(alias).in_atomic_block
    ):
        return False
    try:
        return _is_denied_within(record, patience)
    except Exception as error:  # our own bug must not cost a signup
        logger.error("A verdict could not be waited for (%s).", type(error).__name__)
        return False


def _is_denied_within(record: NumberInsightRecord, patience: timedelta) -> bool:
    deadline = time.monotonic() + patience.total_seconds()
    while True:
        record.refresh_from_db(fields=WAITED_FOR)
        if record.is_settled or time.monotonic() >= deadline:
            break
        time.sleep(PAUSE.total_seconds())
    if record.verdict != Verdict.DENY or record.basis not in EVIDENCE or not _may_refuse(record):
        return False
    with transaction.atomic(using=router.db_for_write(NumberInsightRecord)):
        _turn_away(record)
    return True
