"""Outcomes: the result of a call or a callback decides the state of a lookup, and its money.

Provably not sent or plainly refused is free, and goes back to the queue. An answer is paid.
Silence after the first byte is `uncertain`: the money stays reserved, and nothing is bought
again by itself.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models.functions import Now
from django.utils import timezone

from number_insight import exceptions, loading, numbers
from number_insight.conf import app_settings
from number_insight.insight import NUMBER_REFUSED, Insight
from number_insight.lookups import budget
from number_insight.models import Lookup
from number_insight.models.choices import LookupState
from number_insight.providers.base import Acknowledgement
from number_insight.transactions import bulk_update, lock

logger = logging.getLogger("number_insight.lookups.outcomes")

Result = Insight | Acknowledgement | exceptions.ProviderError

CALLBACK_PATIENCE = timedelta(hours=25)
"""How long a lookup waits for its callback, which the sender retries for 24 hours."""
GIVE_UP_AFTER = timedelta(hours=24)
"""How long a lookup that could not be asked is tried before its records are judged without."""
HEALED_BY_WORKER = (LookupState.CALLING, LookupState.UNCERTAIN)
"""The states in which the claim's own answer is saved, even if it comes after the lease."""
HEALED_BY_CALLBACK = (LookupState.CALLING, LookupState.SUBMITTED, LookupState.UNCERTAIN)
"""The states in which a posted result is saved; an answer also while the lookup is queued again."""
NOTHING_FOUND = "The provider could find out nothing about this number."
ANOTHER_LINE = "The callback told of another number, so nothing of it was taken; see the log."
LONGEST_PAUSE = timedelta(minutes=15)

RETRIED: dict[type[exceptions.ProviderError], timedelta] = {
    exceptions.NotSent: timedelta(seconds=1),
    exceptions.Busy: timedelta(seconds=1),
    exceptions.BadCredentials: timedelta(minutes=1),
    exceptions.NotAllowed: timedelta(minutes=1),
    exceptions.NoCredit: timedelta(minutes=1),
    exceptions.Gone: timedelta(minutes=1),
}
"""The errors that are provably free and retried; the first pause, which doubles each time."""

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
    "error",
    "price",
    "refund",
    "balance",
    "insight",
    "raw",
    "conflict",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of one lookup: of its call, with the fencing token, or of its callback, without.

    `result` is an answer, the promise of one, or an exception that says what it means to the money.
    """

    lookup: Lookup
    result: Result
    token: uuid.UUID | None = None

    @property
    def entry(self) -> str:
        """The entry in the log by which a person finds a payment that could not be saved."""
        price = getattr(self.result, "price", None)
        kind = type(self.result).__name__
        request = self.result.request_id
        return f"lookup {self.lookup.pk}, request {request!r}, price {price}, {kind}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A lookup with its outcome written, the answer whole, and the payment to be settled.

    Without a `payment` the money stays as it is.
    """

    lookup: Lookup
    insight: Insight | None = None
    payment: budget.Payment | None = None


def keep(outcomes: Sequence[Outcome]) -> list[Kept]:
    """Write the outcomes that come in time to their lookups, which it locks, and return those.

    An outcome is in time while its token is the lookup's, and the state is one that it may end. A
    promise is written and not returned, since it settles nothing. Runs inside the transaction
    that also judges the waiting records, and ends with `budget.settle`.
    """
    results = {outcome.lookup.pk: outcome for outcome in outcomes}
    written, kept = [], list[Kept]()
    rows = Lookup.objects.filter(pk__in=list(results)).annotate(now=Now())
    for lookup in lock(rows):
        outcome = results[lookup.pk]
        if outcome.token not in (None, lookup.claim):
            continue
        if isinstance(outcome.result, Acknowledgement):
            _acknowledge(lookup, outcome.result)
        elif _is_in_time(lookup, outcome):
            kept.append(_keep(lookup, outcome))
        else:
            continue
        written.append(lookup)
    bulk_update(written, WRITTEN)
    return kept


def _is_in_time(lookup: Any, outcome: Outcome) -> bool:
    """Whether `lookup` still waits for `outcome`."""
    is_answer = isinstance(outcome.result, Insight)
    if outcome.token is not None:
        return lookup.state in (HEALED_BY_WORKER if is_answer else (LookupState.CALLING,))
    if lookup.called_at is not None and lookup.now - lookup.called_at > CALLBACK_PATIENCE:
        return False
    # It may be queued again because the request seemed to be refused.
    return lookup.state in HEALED_BY_CALLBACK or (is_answer and lookup.state == LookupState.QUEUED)


def _acknowledge(lookup: Any, promise: Acknowledgement) -> None:
    """Note that the answer will come to the webhook, unless it has come already."""
    if lookup.state == LookupState.CALLING:
        lookup.state = LookupState.SUBMITTED
        lookup.lease_until = lookup.now + CALLBACK_PATIENCE
        lookup.request_id = promise.request_id[:64] or lookup.request_id
    else:
        _note_request(lookup, promise.request_id)
    lookup.price = promise.price if lookup.price is None else lookup.price
    lookup.balance = promise.balance if lookup.balance is None else lookup.balance


def _note_request(lookup: Lookup, told: str) -> None:
    """Note the provider's id of the request; another one than it is known by is a conflict.

    The token in its address decides whose answer a callback is, so it is taken all the same: the
    vendor's own documents show a callback under another id than its acknowledgement.
    """
    known, told = lookup.request_id, told[:64]
    lookup.request_id = known or told
    if known and told and known != told:
        lookup.conflict = True
        logger.error(
            "Lookup %s: request %r was acknowledged, and %r answered.", lookup.pk, known, told
        )


def _keep(lookup: Any, outcome: Outcome) -> Kept:
    result = outcome.result
    assert not isinstance(result, Acknowledgement)
    if outcome.token is None:
        if lookup.state != LookupState.SUBMITTED:  # then the id is that of an earlier attempt
            lookup.request_id = result.request_id[:64] or lookup.request_id
        _note_request(lookup, result.request_id)
    if isinstance(result, Insight):
        if outcome.token is None and lookup.number and result.number:
            if not numbers.same_line(result.number, lookup.number):
                return Kept(lookup=lookup, payment=_set_aside(lookup, result))
            result = replace(result, number=lookup.number)
        return Kept(lookup=lookup, insight=result, payment=answer(lookup, result, at=lookup.now))
    lookup.error = str(result)[:300]
    refused = isinstance(result, exceptions.NumberRefused)
    lookup.status = result.status or (min(NUMBER_REFUSED) if refused else None)
    lookup.request_id = lookup.request_id or result.request_id[:64]
    payment = _refuse(lookup) if outcome.token is None else _fail(lookup, result)
    return Kept(lookup=lookup, payment=payment)


def answer(lookup: Lookup, insight: Insight, *, at: datetime) -> budget.Payment:
    """Set the columns that `insight` tells, without saving `lookup`; return its payment."""
    payment = _end(lookup, insight, _answered_state(insight), at)
    lookup.error = NOTHING_FOUND if insight.is_empty else ""
    stored = insight if app_settings.STORE_LIVE else insight.without_live()
    lookup.insight = stored.as_json()
    lookup.raw = _stored_raw(lookup.provider, insight)
    return payment


def _set_aside(lookup: Any, insight: Insight) -> budget.Payment:
    """End `lookup`, whose callback told of another line: it is paid, and nothing of it is taken."""
    payment = _end(lookup, insight, LookupState.FAILED, lookup.now)
    lookup.error, lookup.conflict = ANOTHER_LINE, True
    logger.error("Lookup %s: its callback is about another number.", lookup.pk)
    return payment


def is_set_aside(lookup: Lookup) -> bool:
    """Whether the answer of `lookup` told of another line."""
    return lookup.state == LookupState.FAILED and lookup.error == ANOTHER_LINE


def _end(lookup: Lookup, insight: Insight, state: str, at: datetime) -> budget.Payment:
    """Set state, status and prices of a lookup that was answered; return the payment."""
    if lookup.state == LookupState.QUEUED:  # its money was released when it was put back
        lookup.reserved_on = budget.today()
    payment = released(lookup, _cost(lookup, insight))
    lookup.state, lookup.open_key, lookup.answered_at = state, None, at
    lookup.request_id = lookup.request_id or insight.request_id[:64]
    lookup.status = insight.status
    lookup.price = lookup.price if insight.price is None else insight.price
    lookup.refund = lookup.refund if insight.refund is None else insight.refund
    lookup.balance = lookup.balance if insight.balance is None else insight.balance
    return payment


def _cost(lookup: Lookup, insight: Insight) -> Decimal:
    """Return what was paid: as it is told, now or in the acknowledgement, else as reserved."""
    if insight.price is not None:
        return insight.cost
    return lookup.reserved if lookup.price is None else lookup.cost


def _answered_state(insight: Insight) -> str:
    if insight.is_empty:
        return LookupState.FAILED
    return LookupState.ANSWERED if insight.status in (0, None) else LookupState.PARTIAL


def _stored_raw(provider: str, insight: Insight) -> dict[str, Any] | None:
    """Return the part of the raw answer that ``STORE_RAW`` and ``STORE_LIVE`` let us store."""
    if not app_settings.STORE_RAW or insight.raw is None:
        return None
    if app_settings.STORE_LIVE:
        return dict(insight.raw)
    live = loading.provider(provider).live_keys
    return None if live is None else {k: v for k, v in insight.raw.items() if k not in live}


def _refuse(lookup: Lookup) -> budget.Payment:
    """End `lookup`, whose callback brought a final "no"; it costs what was acknowledged."""
    lookup.state, lookup.open_key = LookupState.FAILED, None
    return released(lookup, lookup.cost)


def _fail(lookup: Lookup, error: exceptions.ProviderError) -> budget.Payment | None:
    """Set the state that `error` of the call leads to; return the payment, if any is due."""
    pause = next((pause for kind, pause in RETRIED.items() if isinstance(error, kind)), None)
    paid = Decimal(0)
    if isinstance(error, exceptions.Uncertain):
        if lookup.reserved and lookup.attempts > app_settings.RETRY_UNCERTAIN:
            lookup.state = LookupState.UNCERTAIN  # the money stays reserved
            return None
        # A free question may be asked again, and so may one that the project opted in to pay
        # twice: then the first time counts as paid.
        pause = timedelta(seconds=1)
        paid = lookup.reserved
    payment = released(lookup, paid)
    if pause is None or timezone.now() - lookup.created_at > GIVE_UP_AFTER:
        lookup.state, lookup.open_key = LookupState.FAILED, None
    else:
        backoff = pause * 2 ** min(lookup.attempts - 1, 20)
        lookup.state = LookupState.QUEUED
        lookup.next_try_at = timezone.now() + min(backoff, LONGEST_PAUSE)
    return payment


def released(lookup: Lookup, amount: Decimal) -> budget.Payment:
    """Return the payment of `amount` for `lookup`, which holds no money any more."""
    payment = budget.Payment(amount=amount, reserved=lookup.reserved, booked_on=lookup.reserved_on)
    lookup.reserved, lookup.reserved_on = Decimal(0), None
    return payment
