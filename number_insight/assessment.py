"""Assessment: from a record to its verdict, by the cheapest way that leads there.

Each entry returns what is due next, and when; its caller rings. Nothing here waits, retries or
sleeps, except for the saving of an answer that has been paid for.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from number_insight import (
    budget,
    circuits,
    exceptions,
    judging,
    limits,
    loading,
    lookups,
    outcomes,
    planning,
    settling,
)
from number_insight.choices import Basis, LookupState, RecordState
from number_insight.conf import app_settings
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A record whose task should run again `after` a while."""

    record_id: int
    after: timedelta


@sensitive_variables()
def assess(record_id: int) -> list[Due]:
    """Bring one record as far as it goes: to a verdict, or to a lookup that it waits for."""
    record = NumberInsightRecord.objects.filter(pk=record_id).first()
    if record is None or record.is_settled:
        return []
    try:
        if record.state == RecordState.WAITING:
            return _advance(record, record.lookup_id) if record.lookup_id else _requeue(record)
        return _begin(record)
    except ImproperlyConfigured as error:
        logger.error("Record %s is not screened yet: %s", record.pk, error)
        NumberInsightRecord.objects.filter(pk=record.pk).update(note=str(error)[:300])
        return []
    except DatabaseError:
        raise
    except Exception as error:  # our own bug: tried again for a day, but not for ever
        if timezone.now() - record.created_at < outcomes.GIVE_UP_AFTER:
            raise
        logger.error("Record %s could not be screened for a day (%s).", record.pk, place(error))
        settling.hand_over(record.pk)
        return []


def _requeue(record: NumberInsightRecord) -> list[Due]:
    """Start over with a record whose lookup was deleted under it."""
    waiting = NumberInsightRecord.objects.filter(pk=record.pk, state=RecordState.WAITING)
    waiting.update(state=RecordState.QUEUED, lookup=None)
    record.state, record.lookup = RecordState.QUEUED, None
    return _begin(record)


def _begin(record: NumberInsightRecord) -> list[Due]:
    plan = planning.plan_for(record)
    if plan.question is None:
        _settle_alone(record, judging.local_grounds(record, plan.basis))
        return []
    known = lookups.fresh(plan.question, provider=plan.provider)
    if known is not None and known.insight is not None:
        insight = Insight.from_json(known.insight)
        _settle_alone(record, judging.answer_grounds(known, insight, Basis.REUSED))
        return []
    try:
        lookup = _wait_for_lookup(record, plan)
    except _LimitReached as reached:
        grounds = judging.local_grounds(record, Basis.LIMIT)
        _settle_alone(record, replace(grounds, note=str(reached)))
        return []
    if lookup is None:
        return [Due(record_id=record.pk, after=timedelta(seconds=1))]
    return _advance(record, lookup.pk)


class _LimitReached(Exception):
    """One source has caused as many lookups as ``LIMITS`` lets it."""


def _settle_alone(record: NumberInsightRecord, grounds: judging.Grounds) -> None:
    with transaction.atomic():
        rows = NumberInsightRecord.objects.filter(pk=record.pk, state=RecordState.QUEUED)
        # The write comes first: it locks the row, on every database.
        if rows.update(state=RecordState.SCREENED):
            settling.judge(record, lambda _record: grounds)


def _wait_for_lookup(record: NumberInsightRecord, plan: planning.Plan) -> Lookup | None:
    """Make or join the lookup in a short transaction of our own; None if it came too late."""
    assert plan.question is not None
    with transaction.atomic():
        rows = NumberInsightRecord.objects.filter(pk=record.pk, state=RecordState.QUEUED)
        if not rows.update(state=RecordState.WAITING):
            return None
        lookup, is_new = lookups.join(plan.question, provider=plan.provider, delivery=plan.delivery)
        # Whoever makes it looks again: the last one may have been answered just now.
        if lookup is None or (is_new and lookups.fresh(plan.question, provider=plan.provider)):
            transaction.set_rollback(True)
            return None
        if is_new:
            _admit(record)
        NumberInsightRecord.objects.filter(pk=record.pk).update(lookup=lookup, level=lookup.level)
        return lookup


def _admit(record: NumberInsightRecord) -> None:
    """Count the lookup that `record` has caused; those who join it cause none."""
    exceeded = limits.admit(record)
    if exceeded is not None:
        limit = app_settings.LIMITS[exceeded]
        raise _LimitReached(f"Too many lookups for one {exceeded}: LIMITS allows {limit}.")


def _advance(record: NumberInsightRecord, lookup_id: int) -> list[Due]:
    """Ask the question of a lookup if it is our turn, and settle whoever waits for it."""
    claim = lookups.claim(lookup_id)
    if claim is None:
        again = settling.settle_waiting(lookup_id)
        return [_now(pk) for pk in again] or _soon(record, lookup_id)
    try:
        answer = lookups.ask(claim)
    except exceptions.ProviderError as error:
        return _fail(claim, error)
    except (ImproperlyConfigured, exceptions.Unsupported) as error:
        return _fail(claim, exceptions.NotAllowed(str(error)))
    except Exception as error:  # a stranger's provider: whether it has paid is unknown
        logger.error("Provider %s raised %s.", claim.lookup.provider, place(error))
        text = f"The provider raised {type(error).__name__}; it may have been paid. See the log."
        return _fail(claim, exceptions.Uncertain(text))
    journal = f"lookup {lookup_id}, request {answer.request_id!r}, price {answer.price}"
    if isinstance(answer, Acknowledgement):
        settling.durably(lambda: outcomes.keep_acknowledgement(claim, answer), journal)
        return []
    settling.durably(lambda: settling.conclude(lookup_id, answer, HEALED_BY_WORKER, claim), journal)
    if circuits.succeeded(claim.lookup.provider, claim.lookup.level):
        outcomes.release(claim.lookup.provider)
    return []


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
                settling.settle_records(lookup, None)
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
    judging.settle(record, _known_grounds(record))


def _known_grounds(record: NumberInsightRecord) -> judging.Grounds:
    question = planning.plan_for(record).question
    known = lookups.fresh(question, provider=loading.DEFAULT_PROVIDER) if question else None
    if known is None or known.insight is None:
        return judging.local_grounds(record, Basis.FREE)
    return judging.answer_grounds(known, Insight.from_json(known.insight), Basis.REUSED)


@sensitive_variables()
def absorb(lookup_id: int, body: bytes) -> None:
    """Take in what was posted to the webhook of a lookup. Duplicates and late ones do no harm.

    Raise `Lookup.DoesNotExist` for a lookup that is gone, and `BadCallback` for a body that is
    no answer.
    """
    lookup = Lookup.objects.get(pk=lookup_id)
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
            settling.settle_records(kept, None)
