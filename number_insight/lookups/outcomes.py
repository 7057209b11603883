"""Outcomes: the results of calls and callbacks, which decide the states of lookups and their money.

A request that was provably not sent or plainly refused is free, and goes back to the queue. An
answer is paid. Silence after the first byte is `uncertain`: the money stays reserved, and nothing
is bought again automatically.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from number_insight import exceptions, numbers
from number_insight.clock import Now
from number_insight.conf import app_settings
from number_insight.insight import Insight
from number_insight.lookups import answers, budget, prices, routing
from number_insight.models import Lookup
from number_insight.models.choices import LookupState
from number_insight.models.fingerprints import fingerprints
from number_insight.providers.base import Acknowledgement
from number_insight.transactions import bulk_update, lock

logger = logging.getLogger("number_insight.lookups.outcomes")

Result = Insight | Acknowledgement | exceptions.ProviderError

CALLBACK_PATIENCE = timedelta(hours=25)
"""The time for which a lookup waits for its callback, whose sender retries for 24 hours."""
UNCERTAIN_HOLD = timedelta(hours=24)
"""The time for which an uncertain lookup keeps its question from being asked again."""
GIVE_UP_AFTER = timedelta(hours=24)
"""The time for which a lookup is retried before its records are judged without an answer."""
ANSWERED_BY_CALL = (LookupState.CALLING, LookupState.UNCERTAIN)
"""The states in which the answer of a call is saved, even after its lease has ended."""
ENDED_BY_CALLBACK = (LookupState.CALLING, LookupState.SUBMITTED, LookupState.UNCERTAIN)
"""The states in which a posted result is saved; an answer also in a lookup that is queued again."""
LONGEST_PAUSE = timedelta(minutes=15)

RETRIED: dict[type[exceptions.ProviderError], timedelta] = {
    exceptions.NotSent: timedelta(seconds=1),
    exceptions.Busy: timedelta(seconds=1),
    exceptions.BadCredentials: timedelta(minutes=1),
    exceptions.NotAllowed: timedelta(minutes=1),
    exceptions.NoCredit: timedelta(minutes=1),
    exceptions.Gone: timedelta(minutes=1),
}
"""The errors that are provably free and retried, with the first back-off, doubled each time."""

WRITTEN = (
    "state",
    "answered_at",
    "lease_until",
    "next_try_at",
    "open_key",
    "reserved",
    "reserved_on",
    "request_id",
    "status",
    "number_refused",
    "error",
    "price",
    "refund",
    "balance",
    "insight",
    "raw",
    "conflict",
)
"""The columns that an outcome may write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of a call, with its fencing token, or of a callback, without one.

    `result` is an answer, the acknowledgement of an asynchronous request, or the exception whose
    class decides about the money.
    """

    lookup: Lookup
    result: Result
    token: uuid.UUID | None = None

    @property
    def entry(self) -> str:
        """The log entry that identifies a payment which could not be saved."""
        price, kind = getattr(self.result, "price", None), type(self.result).__name__
        request = self.result.request_id
        return f"lookup {self.lookup.pk}, request {request!r}, price {price}, {kind}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A lookup with its outcome, the complete answer, and the payment to settle.

    Without a `payment` the money stays reserved. `passes_on`: nothing was paid, and the next
    provider may be asked instead.
    """

    lookup: Lookup
    insight: Insight | None = None
    payment: budget.Payment | None = None
    passes_on: bool = False


def keep(outcomes: Sequence[Outcome]) -> list[Kept]:
    """Write the outcomes that are in time to their lookups, and return them.

    An outcome is in time while its token is the lookup's, and the lookup in a state that it may
    end. An acknowledgement is written and not returned, since it settles nothing. Runs inside the
    transaction that also judges the waiting records, and ends with `budget.settle`.
    """
    by_lookup = {outcome.lookup.pk: outcome for outcome in outcomes}
    written, kept = [], list[Kept]()
    rows = Lookup.objects.filter(pk__in=list(by_lookup)).annotate(now=Now())
    for lookup in lock(rows):
        outcome = by_lookup[lookup.pk]
        if outcome.token not in (None, lookup.claim):
            continue
        if isinstance(outcome.result, Acknowledgement):
            _acknowledge(lookup, outcome.result)
        elif _is_in_time(lookup, outcome):
            kept.append(_keep(lookup, outcome))
        else:
            continue
        if lookup.number_hash:
            lookup.request_id = ""  # erased, with the number
        written.append(lookup)
    bulk_update(written, WRITTEN)
    return kept


def _is_in_time(lookup: Any, outcome: Outcome) -> bool:
    """Return whether `lookup` still waits for `outcome`."""
    is_answer = isinstance(outcome.result, Insight)
    if outcome.token is not None:
        return lookup.state in (ANSWERED_BY_CALL if is_answer else (LookupState.CALLING,))
    if lookup.called_at is not None and lookup.now - lookup.called_at > CALLBACK_PATIENCE:
        return False
    # It may be queued again, since the request seemed to be refused.
    return lookup.state in ENDED_BY_CALLBACK or (is_answer and lookup.state == LookupState.QUEUED)


def _acknowledge(lookup: Any, acknowledgement: Acknowledgement) -> None:
    """Let `lookup` wait for its callback, unless that has come already."""
    if lookup.state == LookupState.CALLING:
        lookup.state = LookupState.SUBMITTED
        lookup.lease_until = lookup.now + CALLBACK_PATIENCE
        lookup.request_id = acknowledgement.request_id[:64] or lookup.request_id
    else:
        _compare_requests(lookup, acknowledgement.request_id)
    if lookup.price is None and acknowledgement.price is not None:
        lookup.error = prices.note(lookup, acknowledgement.price)
    if lookup.balance is None:
        lookup.balance = prices.storable(acknowledgement.balance)


def _compare_requests(lookup: Lookup, named: str) -> None:
    """Note a conflict if the provider names another request than `lookup` is known by.

    The answer is taken all the same, by its token: the vendor's own documents show such a pair.
    """
    known, named = lookup.request_id, named[:64]
    lookup.request_id = known or named
    if known and named and known != named:
        lookup.conflict = True
        logger.error("Lookup %s: request %r answers request %r.", lookup.pk, named, known)


def _keep(lookup: Any, outcome: Outcome) -> Kept:
    result = outcome.result
    assert not isinstance(result, Acknowledgement)
    if lookup.state == LookupState.SUBMITTED:
        _compare_requests(lookup, result.request_id)
    else:  # the known id, if any, is of an earlier attempt
        lookup.request_id = result.request_id[:64] or lookup.request_id
    if isinstance(result, Insight):
        return _keep_answer(lookup, result, is_posted=outcome.token is None)
    lookup.error = str(result)[:300]
    lookup.status = result.status
    lookup.number_refused = isinstance(result, exceptions.NumberRefused)
    if outcome.token is not None:
        passes_on = routing.passes_on(lookup, result)
        return Kept(lookup=lookup, payment=_fail(lookup, result), passes_on=passes_on)
    # A callback's "no" is final, and costs the acknowledged price.
    lookup.state, lookup.open_key = LookupState.FAILED, None
    return Kept(lookup=lookup, payment=budget.released(lookup, lookup.cost))


def _keep_answer(lookup: Any, insight: Insight, *, is_posted: bool) -> Kept:
    """Write an answer; of an erased lookup only its price, of another line nothing but that."""
    if lookup.number_hash:
        payment = answers.end(lookup, insight, at=lookup.now)
        is_theirs = not insight.number or lookup.number_hash in fingerprints(insight.number)
        # A signup that came after the erasure, with the same number, may wait for it.
        return Kept(lookup=lookup, insight=insight if is_theirs else None, payment=payment)
    if is_posted and insight.number and lookup.number:
        if not numbers.is_same_line(insight.number, lookup.number):
            return Kept(lookup=lookup, payment=answers.set_aside(lookup, insight))
        insight = replace(insight, number=lookup.number)
    payment = answers.take(lookup, insight, at=lookup.now)
    return Kept(lookup=lookup, insight=insight, payment=payment)


def _fail(lookup: Lookup, error: exceptions.ProviderError) -> budget.Payment | None:
    """Set the state of `lookup` after `error`; return the payment, or None."""
    pause = next((pause for kind, pause in RETRIED.items() if isinstance(error, kind)), None)
    paid = Decimal(0)
    if isinstance(error, exceptions.Uncertain):
        if lookup.reserved and lookup.attempts > app_settings.RETRY_UNCERTAIN:
            lookup.state = LookupState.UNCERTAIN  # the money stays reserved
            return None
        # Retried: it is free, or ``RETRY_UNCERTAIN`` accepts a second payment; then this attempt
        # counts as paid.
        pause = timedelta(seconds=1)
        paid = lookup.reserved
    payment = budget.released(lookup, paid)
    if pause is None or timezone.now() - lookup.created_at > GIVE_UP_AFTER:
        lookup.state, lookup.open_key = LookupState.FAILED, None
    else:
        backoff = pause * 2 ** min(lookup.attempts - 1, 20)
        lookup.state = LookupState.QUEUED
        lookup.next_try_at = timezone.now() + min(backoff, LONGEST_PAUSE)
    return payment
