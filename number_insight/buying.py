"""Buying: what is claimed is asked, and what comes back is saved, whatever becomes of the rest.

Nothing here waits, retries or sleeps, except for the saving of an answer that has been paid for.
"""

from __future__ import annotations

import logging
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from number_insight import calling, circuits, exceptions, lookups, outcomes, settling, transactions
from number_insight.choices import LookupState, RecordState
from number_insight.exceptions import place
from number_insight.insight import Insight
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.providers.base import Acknowledgement

logger = logging.getLogger("number_insight.buying")

Answered = Sequence[tuple[lookups.Claim, Insight]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A record whose task should run again `after` a while."""

    record_id: int
    after: timedelta


Step = Callable[[], list[Due]]


def each(steps: Iterable[Step]) -> list[Due]:
    """Take all `steps`, though one of them fails; raise the first failure when all are taken."""
    due, failures = list[Due](), list[Exception]()
    for step in steps:
        try:
            due += step()
        except Exception as error:  # raised below
            failures.append(error)
    if failures:
        raise failures[0]
    return due


def buy(claims: Sequence[lookups.Claim]) -> list[Due]:
    """Put the questions, all at once, and save what comes back together as it comes."""
    due: list[Due] = []
    calling.ask_all(claims, lambda back: due.extend(each(_steps(back))))
    return due


def _steps(back: calling.Back) -> Iterable[Step]:
    """Yield what saves `back`: the answers of one claim together, all else for itself."""
    answered, failed = back
    insights: dict[uuid.UUID, list[tuple[lookups.Claim, Insight]]] = defaultdict(list)
    for claim, answer in answered:
        if isinstance(answer, Acknowledgement):
            yield partial(_promised, claim, answer)
        else:
            insights[claim.token].append((claim, answer))
    for together in insights.values():
        yield partial(_save, together)
        yield partial(_close_circuits, together)
    for claim, error in failed:
        yield partial(_fail, claim, error)


def _promised(claim: lookups.Claim, promise: Acknowledgement) -> list[Due]:
    save = partial(outcomes.keep_acknowledgement, claim, promise)
    transactions.save_or_log(save, _line(claim, promise))
    return []


def _line(claim: lookups.Claim, answer: calling.Answer) -> str:
    return f"lookup {claim.lookup.pk}, request {answer.request_id!r}, price {answer.price}"


def _save(answered: Answered) -> list[Due]:
    """Save answers in one transaction; one by one, if one of them cannot be saved at all."""
    insights = {claim.lookup.pk: insight for claim, insight in answered}
    token = answered[0][0].token
    save = partial(settling.conclude_all, insights, outcomes.HEALED_BY_WORKER, token)
    try:
        transactions.retry_lost_connection(save)
    except Exception as error:
        if len(answered) > 1 and not isinstance(error, transactions.LOST_CONNECTIONS):
            logger.warning("Answers are saved one by one: %s.", place(error))
            return each(partial(_save, [one]) for one in answered)
        transactions.log_unsaved("; ".join(_line(claim, insight) for claim, insight in answered))
        raise
    return []


def _close_circuits(answered: Answered) -> list[Due]:
    asked = {(claim.lookup.provider, claim.lookup.level) for claim, _insight in answered}
    for provider, level in sorted(asked):
        if circuits.succeeded(provider, level):
            outcomes.release(provider)
    return []


def _fail(claim: lookups.Claim, error: exceptions.ProviderError) -> list[Due]:
    logger.warning("Lookup %s: %s", claim.lookup.pk, error)

    def save() -> Lookup | None:
        with transaction.atomic():
            lookup = outcomes.keep_failure(claim, error)
            if lookup is not None:
                settling.settle_records([(lookup, None)])
            return lookup

    journal = f"lookup {claim.lookup.pk}, request {error.request_id!r}, {type(error).__name__}"
    lookup = transactions.save_or_log(save, journal)
    circuits.failed(claim.lookup.provider, claim.lookup.level, claim.lookup.number, error)
    if lookup is None or lookup.state != LookupState.QUEUED or lookup.next_try_at is None:
        return []
    return again(lookup, lookup.next_try_at)


def again(lookup: Lookup, at: datetime) -> list[Due]:
    """Return when `lookup` is to be asked again: of those who wait for it, the first rings."""
    waiting = NumberInsightRecord.objects.filter(lookup=lookup, state=RecordState.WAITING)
    first = waiting.order_by("pk").values_list("pk", flat=True).first()
    return [Due(record_id=first, after=at - timezone.now())] if first else []
