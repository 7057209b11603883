"""Settlement: outcomes, the verdicts that waited for them, and their money, in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from number_insight.exceptions import place
from number_insight.insight import Insight
from number_insight.lookups import answers, budget, claims, outcomes, questions, retirement, routing
from number_insight.lookups.outcomes import Outcome
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.models.choices import Basis, Decision, Lane, LookupState, RecordState, Verdict
from number_insight.transactions import LOST_CONNECTIONS, after_commit, lock, retry_deadlock
from number_insight.verdicts import announcing, grounds, recording
from number_insight.verdicts.grounds import Case
from number_insight.verdicts.judging import Judged
from number_insight.wording import gettext_noop

logger = logging.getLogger("number_insight.screening.settlement")

ANOTHER_LINE = gettext_noop(
    "The provider's callback told of another number; see the lookup, and decide by hand."
)
NOT_JUDGED = gettext_noop(
    "This signup could not be judged: a fault of ours, or of a rule; the log has it."
)

Judge = Callable[[Sequence[Case]], None]
"""A callable that judges cases and writes their verdicts."""


def save(batch: Sequence[Outcome]) -> list[Lookup]:
    """Save outcomes, judge the records that waited for them, and settle the money.

    Return the lookups whose outcome was in time. If a record cannot be judged, the transaction is
    repeated with a savepoint for each record: a fault in judging must not lose a paid answer.
    """
    try:
        return _save(batch, recording.judge)
    except LOST_CONNECTIONS:
        raise
    except Exception as error:  # raised again unless it comes from the judging
        logger.warning("Settling starts over (%s).", place(error))
        return _save(batch, judge_each)


@retry_deadlock
def _save(batch: Sequence[Outcome], judge: Judge) -> list[Lookup]:
    with transaction.atomic():
        kept = outcomes.keep(batch)
        passed = _pass_on(one.lookup for one in kept if one.passes_on)
        _settle([(one.lookup, one.insight) for one in kept], Basis.ANSWER, judge, passed)
        budget.settle([one.payment for one in kept if one.payment])
    return [one.lookup for one in kept]


@retry_deadlock
def settle_waiting(lookup_id: int) -> list[int]:
    """Settle the records that wait for an ended lookup; return the keys of requeued ones.

    It takes the same lock as joining and saving, so that no waiting record is missed.
    """
    with transaction.atomic():
        for lookup in lock(Lookup.objects.filter(pk=lookup_id)):
            insight = Insight.from_json(lookup.insight) if lookup.insight else None
            passed = _pass_on([lookup] if _is_stuck(lookup) else [])
            return _settle([(lookup, insight)], Basis.REUSED, judge_each, passed)
    return []


def _is_stuck(lookup: Lookup) -> bool:
    """Return whether nothing was sent for `lookup`, and its provider will not be asked soon."""
    if lookup.state == LookupState.QUEUED and routing.is_free(lookup, attempts=0):
        question = questions.question_of(lookup)
        late = routing.is_overdue(lookup, timezone.now())
        return late or bool(routing.obstacle(lookup.provider, question))
    if lookup.state == LookupState.SKIPPED:
        return lookup.error == claims.BUDGET_SPENT
    gone = retirement.reason(lookup.provider)
    return bool(gone) and lookup.state == LookupState.FAILED and lookup.error == gone


def _pass_on(lookups: Iterable[Lookup]) -> set[int]:
    """Skip those of `lookups`, all unpaid, that another provider takes over; return their keys."""
    passed = [lookup for lookup in lookups if routing.takes_over(lookup)]
    for lookup in passed:
        lookup.state, lookup.open_key = LookupState.SKIPPED, None
        lookup.save(update_fields=["state", "open_key"])
    return {lookup.pk for lookup in passed}


def _settle(
    ended: Sequence[tuple[Lookup, Insight | None]],
    answered: str,
    judge: Judge,
    passed: Collection[int] = (),
) -> list[int]:
    """Judge the records of ended lookups; requeue records of a skipped one and return their keys.

    `answered` is the basis of a verdict on an answer. A record that was judged without an answer
    is judged again on a late one, unless a person has decided or it was erased: then it keeps
    its verdict. A record of a `passed` lookup keeps the link to it, behind which its route goes on.
    """
    by_lookup = {lookup.pk: (lookup, insight) for lookup, insight in ended}
    cases, set_aside = list[Case](), list[Case]()
    requeued, following = list[int](), list[int]()
    for record in _lock_records([lookup for lookup, _insight in ended]):
        assert record.lookup_id is not None
        lookup, insight = by_lookup[record.lookup_id]
        if lookup.pk in passed:
            following.append(record.pk)
            continue
        case = _case(record, lookup, insight, answered)
        if answers.is_set_aside(lookup):
            set_aside.append(grounds.unanswered(record, lookup, Basis.NO_ANSWER))
        elif case is not None:
            cases.append(case)
        elif lookup.state == LookupState.SKIPPED:
            requeued.append(record.pk)
        elif record.note != lookup.error:
            record.note = lookup.error
            record.save(update_fields=["note"])
    _charge([*cases, *set_aside], answered)
    for case in set_aside:
        hand_over(case.record.pk, note=ANOTHER_LINE, cost=case.record.cost)
    _requeue(requeued, lookup=None)
    _requeue(following, note="")
    judge(cases)
    return [*requeued, *following]


def _requeue(keys: Collection[int], **columns: Any) -> None:
    """Put records back into the queue, and write `columns`."""
    if keys:
        rows = NumberInsightRecord.objects.filter(pk__in=keys)
        rows.update(state=RecordState.QUEUED, **columns)


def _lock_records(lookups: Sequence[Lookup]) -> list[NumberInsightRecord]:
    """Lock and return the records that wait for `lookups`, or failed and are answered now."""
    by_key: dict[int | None, Lookup] = {lookup.pk: lookup for lookup in lookups}
    states = (RecordState.WAITING, RecordState.FAILED)
    rows = NumberInsightRecord.objects.filter(lookup__in=list(by_key), state__in=states)
    records = lock(rows) if lookups else []
    return [record for record in records if _is_due(record, by_key[record.lookup_id])]


def _is_due(record: NumberInsightRecord, lookup: Lookup) -> bool:
    """Return whether `record` waits for `lookup`, or failed and is answered by it now."""
    if record.state == RecordState.WAITING:
        return True
    if record.decision != Decision.NONE or record.number_hash:
        return False
    return lookup.is_answered or (answers.is_set_aside(lookup) and record.lane != Lane.FAULT)


def _case(
    record: NumberInsightRecord, lookup: Lookup, insight: Insight | None, answered: str
) -> Case | None:
    """Return the case of `record` on the outcome of `lookup`, or None if there is none yet."""
    if lookup.is_answered and insight is not None:
        return grounds.answered(record, lookup, insight, answered)
    if lookup.state == LookupState.FAILED and lookup.number_refused:
        return grounds.number_refused(record, lookup)
    if lookup.state in (LookupState.FAILED, LookupState.UNCERTAIN, LookupState.NO_CALLBACK):
        return grounds.unanswered(record, lookup, Basis.NO_ANSWER)
    if lookup.state == LookupState.SKIPPED and lookup.error == claims.BUDGET_SPENT:
        return grounds.unanswered(record, lookup, Basis.BUDGET)
    return None


def _charge(cases: Iterable[Case], answered: str) -> None:
    """Charge the cost of each lookup to its first record, and nothing for a reused answer."""
    charged: set[int] = set()
    for case in cases:
        assert case.lookup is not None
        if answered == Basis.REUSED and case.lookup.is_answered:
            charged.add(case.lookup.pk)
        case.record.cost = Decimal(0) if case.lookup.pk in charged else case.lookup.cost
        charged.add(case.lookup.pk)


def write(judged: Sequence[Judged]) -> None:
    """Write judgements under a savepoint; if one cannot be written, judge each record by itself."""
    if not judged:
        return
    try:
        with transaction.atomic():
            recording.write(judged)
    except LOST_CONNECTIONS:
        raise
    except Exception as error:
        logger.warning("Verdicts are written one by one: %s.", place(error))
        for one in judged:
            one.record.refresh_from_db()
        judge_each([one.case for one in judged])


def judge_each(cases: Sequence[Case]) -> None:
    """Judge each of `cases` under a savepoint; hand over a record whose judging fails."""
    for case in cases:
        try:
            with transaction.atomic():
                recording.judge([case])
        except LOST_CONNECTIONS:
            raise
        except Exception as error:  # whatever failed, a person decides about the signup
            logger.error("Record %s could not be judged (%s).", case.record.pk, place(error))
            hand_over(case.record.pk, cost=case.record.cost)


def hand_over(
    record_id: int,
    *,
    states: Collection[str] = RecordState.values,
    note: str = NOT_JUDGED,
    **columns: Any,
) -> None:
    """Put a record that could not be judged into the review queue, if it is in one of `states`.

    `columns` are written with it.
    """
    rows = NumberInsightRecord.objects.filter(pk=record_id, state__in=states)
    handed_over = rows.update(
        state=RecordState.FAILED,
        basis=Basis.NO_ANSWER,
        lane=Lane.FAULT,
        verdict=Verdict.REVIEW,
        note=note,
        screened_at=timezone.now(),
        **columns,
    )
    if handed_over:
        after_commit(announcing.announce, [record_id])
