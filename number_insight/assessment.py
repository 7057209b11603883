"""Assessment: from a record to its verdict, by the cheapest way that leads there.

Each entry returns what is due next, and when; its caller rings. Nothing here waits, retries or
sleeps, except for the saving of an answer that has been paid for.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from number_insight import (
    budget,
    buying,
    exceptions,
    intake,
    joining,
    judging,
    loading,
    lookups,
    outcomes,
    planning,
    recording,
    settling,
    transactions,
)
from number_insight.buying import Due
from number_insight.choices import Basis, LookupState, RecordState
from number_insight.exceptions import place
from number_insight.insight import Insight
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.outcomes import HEALED_BY_CALLBACK
from number_insight.verdict import Judgement

T = TypeVar("T")
logger = logging.getLogger("number_insight.assessment")

FAULT = "This signup could not be screened yet: a fault of ours; the log has it."
AT_ONCE = timedelta(0)
SOON = timedelta(seconds=1)


@sensitive_variables()
def assess(record_id: int, *, company: int = 0) -> list[Due]:
    """Bring one record as far as it goes: to a verdict, or to a lookup that it waits for.

    Up to `company` others in the queue are taken along; what goes wrong with one of them is left
    to a task of its own.
    """
    rows = NumberInsightRecord.objects.filter(pk=record_id)
    record = rows.only("state", "lookup", "created_at").first()
    if record is not None and record.state == RecordState.QUEUED:
        return _work_off(_guarded(record, partial(_take_in, record_id, company)))
    steps: list[buying.Step] = []
    if company:
        steps.append(lambda: _work_off(_take_in(None, company)))
    if record is not None and not record.is_settled:
        steps.append(lambda: _guarded(record, partial(_go_on, record)) or [])
    return buying.each(steps)


def _guarded(record: NumberInsightRecord, work: Callable[[], T]) -> T | None:
    """Do what brings `record` on its way; what waiting cannot mend, ends before a person."""
    try:
        return work()
    except ImproperlyConfigured as error:
        logger.error("Record %s is not screened yet: %s", record.pk, error)
        _note(record, str(error))
        return None
    except transactions.LOST_CONNECTIONS:
        raise
    except Exception as error:  # our own bug: tried again for a day, but not for ever
        if timezone.now() - record.created_at < outcomes.GIVE_UP_AFTER:
            _note(record, FAULT)
            raise
        logger.error("Record %s could not be screened for a day (%s).", record.pk, place(error))
        if _open(record).exists():
            settling.hand_over(record.pk)
        return None


def _take_in(record_id: int | None, company: int) -> intake.Taken:
    """Take in the record with its company, or without it if the company makes trouble."""
    if company:
        try:
            return intake.take_in(record_id, company=company)
        except Exception as error:  # whoever it was is found when each comes by itself
            logger.warning("What waits together is screened one by one: %s.", place(error))
    return intake.take_in(record_id)


def _note(record: NumberInsightRecord, reason: str) -> None:
    """Say on the record what is in its way; nobody takes it along any more."""
    _open(record).update(note=reason[:300])


def _open(record: NumberInsightRecord) -> QuerySet[NumberInsightRecord]:
    """Find the record while it has no verdict: it may have got one before something went wrong."""
    open_states = (RecordState.QUEUED, RecordState.WAITING)
    return NumberInsightRecord.objects.filter(pk=record.pk, state__in=open_states)


def _go_on(record: NumberInsightRecord) -> list[Due]:
    if record.lookup_id:
        return _advance(record.lookup_id, [record])
    # Its lookup was deleted under it: it starts over.
    waiting = NumberInsightRecord.objects.filter(pk=record.pk, state=RecordState.WAITING)
    waiting.update(state=RecordState.QUEUED, lookup=None)
    return _work_off(intake.take_in(record.pk))


def _work_off(taken: intake.Taken | None) -> list[Due]:
    """Ask what was claimed, and see to those who wait for what others ask."""
    if taken is None:
        return []
    parties: dict[int, list[NumberInsightRecord]] = defaultdict(list)
    for record in taken.waiting:
        if record.lookup_id:
            parties[record.lookup_id].append(record)
    due = [Due(record_id=record.pk, after=SOON) for record in taken.again]
    steps: list[buying.Step] = [partial(buying.buy, taken.claims)]
    steps += [partial(_see_to, lookup_id, records) for lookup_id, records in parties.items()]
    return due + buying.each(steps)


def _see_to(lookup_id: int, records: Sequence[NumberInsightRecord]) -> list[Due]:
    return _guarded(records[0], partial(_advance, lookup_id, records)) or []


def _advance(lookup_id: int, records: Sequence[NumberInsightRecord]) -> list[Due]:
    """Ask the question of a lookup if it is our turn, and settle whoever waits for it."""
    claim = lookups.claim(lookup_id)
    if claim is not None:
        return buying.buy([claim])
    again = settling.settle_waiting(lookup_id)
    if again:
        return [Due(record_id=pk, after=AT_ONCE) for pk in again]
    return _soon(lookup_id, {record.pk for record in records})


def _soon(lookup_id: int, records: set[int]) -> list[Due]:
    """Return when a postponed lookup is due, if one of `records` is the one that rings for it."""
    lookup = Lookup.objects.filter(pk=lookup_id, state=LookupState.QUEUED).first()
    if lookup is None or lookup.next_try_at is None:
        return []
    return [due for due in buying.again(lookup, lookup.next_try_at) if due.record_id in records]


@sensitive_variables()
def preview(record: NumberInsightRecord) -> Judgement:
    """Return what is known about an unsaved `record` already, asking nobody."""
    return judging.consider(record, _known_grounds(record))[0]


@sensitive_variables()
def refuse(record: NumberInsightRecord) -> None:
    """Settle a record that is turned away in the form; runs inside the caller's transaction."""
    recording.settle([(record, _known_grounds(record))])


def _known_grounds(record: NumberInsightRecord) -> judging.Grounds:
    question = planning.plan_for(record).question
    provider = loading.DEFAULT_PROVIDER
    (known,) = joining.fresh([question], provider=provider) if question else (None,)
    if known is None or known.insight is None:
        return judging.local_grounds(record, Basis.FREE)
    return judging.answer_grounds(known, Insight.from_json(known.insight), Basis.REUSED)


@sensitive_variables()
def absorb(lookup_id: int, body: bytes) -> None:
    """Take in what was posted to the webhook of a lookup. Duplicates and late ones do no harm.

    Raise `Lookup.DoesNotExist` for a lookup that is gone, and `BadCallback` for a body that is
    no answer.
    """
    name = Lookup.objects.values_list("provider", flat=True).get(pk=lookup_id)
    try:
        insight = loading.provider(name).read_callback(body)
    except exceptions.IntermediateCallback:
        return
    except exceptions.ProviderError as error:
        _absorb_refusal(lookup_id, error)
    else:
        settling.careful_if_it_fails(partial(_absorb, lookup_id, insight))


@sensitive_variables()
def _absorb(lookup_id: int, insight: Insight, *, careful: bool) -> None:
    with transaction.atomic():
        for lookup in outcomes.at_hand([lookup_id]):
            if _is_another_ones(lookup, insight):
                _note_conflict(lookup, "a callback for another request came to it")
            elif lookup.state in HEALED_BY_CALLBACK:
                settling.conclude([(lookup, insight)], careful=careful)
            elif lookup.state == LookupState.QUEUED:  # it seemed to be refused, and is put again
                settling.conclude([(lookup, insight)], careful=careful)
                budget.book(insight.cost)
            elif _contradicts(lookup, insight):
                _note_conflict(lookup, "a second callback says something else")


def _absorb_refusal(lookup_id: int, error: exceptions.ProviderError) -> None:
    with transaction.atomic():
        for lookup in outcomes.at_hand([lookup_id], state__in=HEALED_BY_CALLBACK):
            outcomes.keep_refusal(lookup, error)
            settling.settle_records([(lookup, None)])


def _is_another_ones(lookup: Lookup, insight: Insight) -> bool:
    if insight.number and insight.number != lookup.number:
        return True
    known = lookup.request_id
    return bool(known and insight.request_id and insight.request_id[:64] != known)


def _contradicts(lookup: Lookup, insight: Insight) -> bool:
    """Whether `insight` tells other facts than the answer that was first, and was kept."""
    kept = lookup.insight
    return kept is not None and _facts(Insight.from_json(kept)) != _facts(insight)


def _facts(insight: Insight) -> Insight:
    # What is not kept cannot be compared, and the balance goes on while callbacks are repeated.
    known = insight.without_live()
    return replace(known, price=None, refund=None, balance=None, raw=None)


def _note_conflict(lookup: Lookup, what: str) -> None:
    logger.error("Lookup %s: %s.", lookup.pk, what)
    Lookup.objects.filter(pk=lookup.pk).update(conflict=True)
