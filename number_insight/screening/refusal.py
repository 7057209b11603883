"""Refusal: the rejection of a number by a form, under ``enforce`` and only on evidence."""

from __future__ import annotations

import logging
import time
from datetime import timedelta
from functools import partial

from django.db import router, transaction
from django.views.decorators.debug import sensitive_variables

from number_insight.addresses import range_of
from number_insight.conf import app_settings
from number_insight.insight import Insight
from number_insight.lookups import limits, questions
from number_insight.models import NumberInsightRecord
from number_insight.models.choices import Basis, Source, Verdict
from number_insight.privacy import erasing
from number_insight.screening import planning, signup, visitor
from number_insight.screening.visitor import Visitor
from number_insight.transactions import after_commit, require_sync, retry_deadlock
from number_insight.verdicts import grounds, judging, recording
from number_insight.verdicts.judging import Judged

logger = logging.getLogger("number_insight.screening.refusal")

MOST_REFUSALS = (10, "day")
"""The limit of refusals for one IP (of IPv6 its /64), beyond which the form accepts any number, so
that it cannot be used to find out the denied ones. The verdict still holds the signup back."""
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
    require_sync()
    in_transaction = transaction.get_connection(_alias()).in_atomic_block
    try:
        return _is_denied_by_evidence(number, in_transaction)
    except Exception as error:  # our own bug must not cost a signup
        logger.error("The evidence on a number could not be read (%s).", type(error).__name__)
        return False


def _alias() -> str:
    alias: str = router.db_for_write(NumberInsightRecord)
    return alias


@retry_deadlock
@sensitive_variables()
def _is_denied_by_evidence(number: str, in_transaction: bool) -> bool:
    with transaction.atomic(using=_alias()):  # a failed query must not break the signup's own
        return _is_denied(number, in_transaction)


def _is_denied(number: str, in_transaction: bool) -> bool:
    record = NumberInsightRecord(
        number=signup.canonical(number),
        ip_address=signup.known_ip(None, Source.SIGNUP),
        level=app_settings.LEVEL,
        source=Source.SIGNUP,
    )
    current = visitor.current()
    if current is not None and record.number in current.refused:
        refused = current.refused[record.number]
        if refused is None or signup.row_of(refused).exists():
            return True
    judged = judge_on_known_facts(record)
    if judged.verdict != Verdict.DENY:
        return False
    return _refuse_later(judged, current) if in_transaction else _refuse(judged)


def _refuse(judged: Judged) -> bool:
    """Record a refusal; return whether the visitor may be refused once more."""
    if not _count(judged.record):
        return False
    _record(judged)
    return True


def _refuse_later(judged: Judged, current: Visitor | None) -> bool:
    """Refuse inside a transaction that may be rolled back, without locking shared rows.

    ``ATOMIC_REQUESTS`` with a serializer rolls back whatever was written when a number is refused,
    and the row with the count of refusals would be locked until then. So the count is only read
    here, and all is written when the request's transaction is over, for which the middleware is
    needed; a second connection would wait for this one on SQLite. Without the middleware the record
    is written with the transaction, and counted on its commit.
    """
    record = judged.record
    most, period = MOST_REFUSALS
    pending = len(current.afterwards) if current is not None else 0
    if limits.used("refused", _source(record), period) + pending >= most:
        return False
    if current is None:
        _record(judged)
        after_commit(_count, record, using=_alias())
    else:
        current.afterwards.append(partial(_record_afterwards, judged))
        current.turn_away(record.number)
    return True


@retry_deadlock
def _record_afterwards(judged: Judged) -> None:
    with transaction.atomic(using=_alias()):
        _count(judged.record)
        _record(judged)


def _record(judged: Judged) -> None:
    judged.record.save()
    recording.write([judged])
    _turn_away(judged.record)


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


def _count(record: NumberInsightRecord) -> bool:
    """Count a refusal, unless there were too many; return whether it was counted."""
    return limits.count("refused", _source(record), *MOST_REFUSALS)


def _source(record: NumberInsightRecord) -> str:
    """Return the source that refusals count for; all visitors without a known IP share one."""
    return range_of(record.ip_address) if record.ip_address else ""


def _turn_away(record: NumberInsightRecord) -> None:
    """Mask the record of a refusal, and remember its number for the rest of the request."""
    current = visitor.current()
    if current is not None:
        current.turn_away(record.number, record)
    erasing.mask(record)


def is_denied_soon(record: NumberInsightRecord | None) -> bool:
    """Wait for the verdict on `record`, for at most ``WAIT``; return whether evidence denies it.

    Inside a transaction there is no wait, since no worker could see the record.
    """
    patience = app_settings.WAIT
    if (
        patience is None
        or record is None
        or record.pk is None
        or app_settings.ENFORCEMENT != "enforce"
        or transaction.get_connection(_alias()).in_atomic_block
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
    if record.verdict != Verdict.DENY or record.basis not in EVIDENCE or not _count(record):
        return False
    with transaction.atomic(using=_alias()):
        _turn_away(record)
    return True
