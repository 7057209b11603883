"""Assessment: from a record to its verdict, by the cheapest way that leads there.

Each entry returns what is due next, and when; its caller rings. Nothing here waits, retries or
sleeps, except for the saving of an answer that has been paid for.
"""

from __future__ import annotations

import logging
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from number_insight import (
    budget,
    calling,
    circuits,
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
)
from number_insight.choices import Basis, LookupState, RecordState
from number_insight.insight import Insight
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.providers.base import Acknowledgement
from number_insight.rules.base import place
from number_insight.verdict import Judgement

logger = logging.getLogger("number_insight.assessment")

HEALED_BY_WORKER = (LookupState.CALLING, LookupState.UNCERTAIN)
"""Where the answer of whoever holds the claim is kept, even if it comes after its lease."""
HEALED_BY_CALLBACK = (
    LookupState.CALLING,
    LookupState.SUBMITTED,
    LookupState.UNCERTAIN,
    LookupState.NO_CALLBACK,
)


FAULT = "This signup could not be screened yet: a fault of ours; the log has it."


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A record whose task should run again `after` a while."""

    record_id: int
    after: timedelta


@sensitive_variables()
def assess(record_id: int, *, company: int = 0) -> list[Due]:
    """Bring one record as far as it goes: to a verdict, or to a lookup that it waits for.

    Up to `company` others in the queue are taken along; what goes wrong with one of them is left
    to a task of its own.
    """
    rows = NumberInsightRecord.objects.filter(pk=record_id)
    record = rows.only("state", "lookup", "created_at").first()
    if record is not None and record.state == RecordState.QUEUED:
        return _guarded(record, lambda: _work_off(_take_in(record_id, company)))
    due = _work_off(_take_in(None, company)) if company else []
    if record is not None and not record.is_settled:
        due += _guarded(record, partial(_go_on, record))
    return due


def _guarded(record: NumberInsightRecord, work: Callable[[], list[Due]]) -> list[Due]:
    """Do what brings `record` on its way; what waiting cannot mend, ends before a person."""
    try:
        return work()
    except ImproperlyConfigured as error:
        logger.error("Record %s is not screened yet: %s", record.pk, error)
        _note(record, str(error))
        return []
    except DatabaseError:
        raise
    except Exception as error:  # our own bug: tried again for a day, but not for ever
        if timezone.now() - record.created_at < outcomes.GIVE_UP_AFTER:
            _note(record, FAULT)
            raise
        logger.error("Record %s could not be screened for a day (%s).", record.pk, place(error))
        settling.hand_over(record.pk)
        return []


def _take_in(record_id: int | None, company: int) -> intake.Taken:
    """Take in the record with its company, or without it if the company makes trouble."""
    if company:
        try:
            return intake.take_in(record_id, company=company)
        except Exception as error:  # whoever it was is found when each comes by itself
            logger.warning("Record %s is screened by itself: %s.", record_id, place(error))
    return intake.take_in(record_id)


def _note(record: NumberInsightRecord, reason: str) -> None:
    """Say on the record what is in its way; nobody takes it along any more."""
    NumberInsightRecord.objects.filter(pk=record.pk).update(note=reason[:300])


def _go_on(record: NumberInsightRecord) -> list[Due]:
    if record.lookup_id:
        return _advance(record, record.lookup_id)
    # Its lookup was deleted under it: it starts over.
    waiting = NumberInsightRecord.objects.filter(pk=record.pk, state=RecordState.WAITING)
    waiting.update(state=RecordState.QUEUED, lookup=None)
    return _work_off(intake.take_in(record.pk))


def _work_off(taken: intake.Taken) -> list[Due]:
    """Ask what was claimed, and see to those who wait for what others ask."""
    due = [_a_second(record) for record in taken.again]
    due += _ask(taken.claims)
    for lookup_id, record in {record.lookup_id: record for record in taken.waiting}.items():
        if lookup_id:
            due += _advance(record, lookup_id)
    return due


def _a_second(record: NumberInsightRecord) -> Due:
    return Due(record_id=record.pk, after=timedelta(seconds=1))


def _advance(record: NumberInsightRecord, lookup_id: int) -> list[Due]:
    """Ask the question of a lookup if it is our turn, and settle whoever waits for it."""
    claim = lookups.claim(lookup_id)
    if claim is not None:
        return _ask([claim])
    again = settling.settle_waiting(lookup_id)
    return [_now(pk) for pk in again] or _soon(record, lookup_id)


def _ask(claims: Sequence[lookups.Claim]) -> list[Due]:
    """Put the questions, all at once, and save what comes back together as it comes."""
    due: list[Due] = []

    def keep(back: calling.Back) -> None:
        answered, failed = back
        _keep(answered)
        for claim, error in failed:
            due.extend(_fail(claim, error))

    calling.ask_all(claims, keep)
    return due


def _keep(answered: Sequence[tuple[lookups.Claim, calling.Answer]]) -> None:
    """Save what came back, and close the circuits of those who have answered."""
    insights: dict[uuid.UUID, dict[int, Insight]] = defaultdict(dict)
    journal: dict[uuid.UUID, list[str]] = defaultdict(list)
    for claim, answer in answered:
        line = f"lookup {claim.lookup.pk}, request {answer.request_id!r}, price {answer.price}"
        if isinstance(answer, Acknowledgement):
            settling.durably(partial(outcomes.keep_acknowledgement, claim, answer), line)
        else:
            insights[claim.token][claim.lookup.pk] = answer
            journal[claim.token].append(line)
    for token, found in insights.items():
        save = partial(settling.conclude_all, found, HEALED_BY_WORKER, token)
        settling.durably(save, "; ".join(journal[token]))
    whole = [claim.lookup for claim, answer in answered if isinstance(answer, Insight)]
    for provider, level in sorted({(lookup.provider, lookup.level) for lookup in whole}):
        if circuits.succeeded(provider, level):
            outcomes.release(provider)


def _now(record_id: int) -> Due:
    return Due(record_id=record_id, after=timedelta(0))


def _soon(record: NumberInsightRecord, lookup_id: int) -> list[Due]:
    """Return when a postponed lookup is due; of those who wait for it, only the first rings."""
    lookup = Lookup.objects.filter(pk=lookup_id, state=LookupState.QUEUED).first()
    if lookup is None or lookup.next_try_at is None:
        return []
    return [due for due in _again(lookup, lookup.next_try_at) if due.record_id == record.pk]


def _again(lookup: Lookup, at: datetime) -> list[Due]:
    waiting = NumberInsightRecord.objects.filter(lookup=lookup, state=RecordState.WAITING)
    first = waiting.order_by("pk").values_list("pk", flat=True).first()
    return [Due(record_id=first, after=at - timezone.now())] if first else []


def _fail(claim: lookups.Claim, error: exceptions.ProviderError) -> list[Due]:
    logger.warning("Lookup %s: %s", claim.lookup.pk, error)

    def save() -> Lookup | None:
        with transaction.atomic():
            lookup = outcomes.keep_failure(claim, error)
            if lookup is not None:
                settling.settle_records([(lookup, None)])
            return lookup

    journal = f"lookup {claim.lookup.pk}, request {error.request_id!r}, {type(error).__name__}"
    lookup = settling.durably(save, journal)
    circuits.failed(claim.lookup.provider, claim.lookup.level, claim.lookup.number, error)
    if lookup is None or lookup.state != LookupState.QUEUED or lookup.next_try_at is None:
        return []
    return _again(lookup, lookup.next_try_at)


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
    known = joining.fresh(question, provider=loading.DEFAULT_PROVIDER) if question else None
    if known is None or known.insight is None:
        return judging.local_grounds(record, Basis.FREE)
    return judging.answer_grounds(known, Insight.from_json(known.insight), Basis.REUSED)


@sensitive_variables()
def absorb(lookup_id: int, body: bytes) -> None:
    """Take in what was posted to the webhook of a lookup. Duplicates and late ones do no harm.

    Raise `Lookup.DoesNotExist` for a lookup that is gone, and `BadCallback` for a body that is
    no answer.
    """
    lookup = Lookup.objects.only("provider", "number", "request_id").get(pk=lookup_id)
    try:
        insight = loading.provider(lookup.provider).read_callback(body)
    except exceptions.IntermediateCallback:
        return
    except exceptions.ProviderError as error:
        _absorb_refusal(lookup, error)
        return
    if _is_another_ones(lookup, insight):
        logger.error("Lookup %s: a callback for another request came to it.", lookup.pk)
        Lookup.objects.filter(pk=lookup.pk).update(conflict=True)
        return
    if settling.conclude(lookup.pk, insight, HEALED_BY_CALLBACK):
        return
    if not _absorb_unexpected(lookup, insight) and _contradicts(lookup.pk, insight):
        logger.error("Lookup %s: a second callback says something else.", lookup.pk)
        Lookup.objects.filter(pk=lookup.pk).update(conflict=True)


def _absorb_unexpected(lookup: Lookup, insight: Insight) -> bool:
    """Take the answer to a question that was refused, as it seemed, and waits to be put again."""
    with transaction.atomic():
        if not settling.conclude(lookup.pk, insight, (LookupState.QUEUED,)):
            return False
        budget.book(insight.cost)
    return True


def _contradicts(lookup_id: int, insight: Insight) -> bool:
    """Whether `insight` tells other facts than the answer that was first, and was kept."""
    kept = Lookup.objects.get(pk=lookup_id).insight
    return kept is not None and _facts(Insight.from_json(kept)) != _facts(insight)


def _facts(insight: Insight) -> Insight:
    # What is not kept cannot be compared, and the balance goes on while callbacks are repeated.
    known = insight.without_live()
    return replace(known, price=None, refund=None, balance=None, raw=None)


def _is_another_ones(lookup: Lookup, insight: Insight) -> bool:
    if insight.number and insight.number != lookup.number:
        return True
    known = lookup.request_id
    return bool(known and insight.request_id and insight.request_id[:64] != known)


def _absorb_refusal(lookup: Lookup, error: exceptions.ProviderError) -> None:
    with transaction.atomic():
        kept = outcomes.keep_refusal(lookup.pk, error, HEALED_BY_CALLBACK)
        if kept is not None:
            settling.settle_records([(kept, None)])
