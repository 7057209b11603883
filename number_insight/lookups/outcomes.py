"""Outcomes: the results of calls and callbacks, which decide the states of lookups and their money.

A request that was provably not sent or plainly refused is free, and goes back to the queue. An
answer is paid. Silence after the first byte is `uncertain`: the money stays reserved, and nothing
is bought again automatically.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from number_insight import exceptions, loading
from number_insight.conf import app_settings
from number_insight.insight import NUMBER_REFUSED, Insight
from number_insight.lookups import budget
from number_insight.models import Lookup
from number_insight.models.choices import LookupState
from number_insight.providers.base import Acknowledgement
from number_insight.transactions import bulk_update, lock

Result = Insight | Acknowledgement | exceptions.ProviderError

CALLBACK_PATIENCE = timedelta(hours=25)
"""The time until a promised callback is given up; its sender retries for 24 hours."""
UNCERTAIN_HOLD = timedelta(hours=24)
"""The time for which an uncertain lookup keeps its question from being asked again."""
GIVE_UP_AFTER = timedelta(hours=24)
"""The time for which a lookup is retried before its records are judged without an answer."""
ANSWERED_BY_CALL = (LookupState.CALLING, LookupState.UNCERTAIN)
"""The states in which the answer of a call is saved, even after its lease has ended."""
ENDED_BY_CALLBACK = (
    LookupState.CALLING,
    LookupState.SUBMITTED,
    LookupState.UNCERTAIN,
    LookupState.NO_CALLBACK,
)
"""The states in which a posted result is saved; an answer also in a lookup that is queued again."""
NOTHING_FOUND = "The provider could find out nothing about this number."
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
    "error",
    "price",
    "refund",
    "balance",
    "insight",
    "raw",
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
        price = getattr(self.result, "price", None)
        kind = type(self.result).__name__
        request = self.result.request_id
        return f"lookup {self.lookup.pk}, request {request!r}, price {price}, {kind}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A lookup with its outcome, the complete answer, and the payment to settle.

    Without a `payment` the money stays reserved.
    """

    lookup: Lookup
    insight: Insight | None = None
    payment: budget.Payment | None = None


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
        elif lookup.state in _states_ended_by(outcome):
            kept.append(_keep(lookup, outcome))
        else:
            continue
        written.append(lookup)
    bulk_update(written, WRITTEN)
    return kept


def _states_ended_by(outcome: Outcome) -> tuple[str, ...]:
    """Return the states in which `outcome` is saved."""
    is_answer = isinstance(outcome.result, Insight)
    if outcome.token is not None:
        return ANSWERED_BY_CALL if is_answer else (LookupState.CALLING,)
    # It may be queued again, since the request seemed to be refused.
    return (*ENDED_BY_CALLBACK, LookupState.QUEUED) if is_answer else ENDED_BY_CALLBACK


def _acknowledge(lookup: Any, acknowledgement: Acknowledgement) -> None:
    """Let `lookup` wait for its callback, unless that has come already."""
    if lookup.state == LookupState.CALLING:
        lookup.state = LookupState.SUBMITTED
        lookup.lease_until = lookup.now + CALLBACK_PATIENCE
    lookup.request_id = lookup.request_id or acknowledgement.request_id[:64]
    lookup.price = acknowledgement.price if lookup.price is None else lookup.price
    lookup.balance = acknowledgement.balance if lookup.balance is None else lookup.balance


def _keep(lookup: Any, outcome: Outcome) -> Kept:
    result = outcome.result
    if isinstance(result, Insight):
        return Kept(lookup=lookup, insight=result, payment=answer(lookup, result, at=lookup.now))
    assert isinstance(result, exceptions.ProviderError)
    lookup.error = str(result)[:300]
    refused = isinstance(result, exceptions.NumberRefused)
    lookup.status = result.status or (min(NUMBER_REFUSED) if refused else None)
    lookup.request_id = lookup.request_id or result.request_id[:64]
    if outcome.token is not None:
        return Kept(lookup=lookup, payment=_fail(lookup, result))
    # A callback's "no" is final, and costs the acknowledged price.
    lookup.state, lookup.open_key = LookupState.FAILED, None
    return Kept(lookup=lookup, payment=_release(lookup, lookup.cost))


def answer(lookup: Lookup, insight: Insight, *, at: datetime) -> budget.Payment:
    """Set the columns of `lookup` to the answer, without saving it; return its payment."""
    if lookup.state == LookupState.QUEUED:  # its money was released when it was put back
        lookup.reserved_on = budget.today()
    payment = _release(lookup, _cost(lookup, insight))
    lookup.state, lookup.open_key = _answered_state(insight), None
    lookup.answered_at = at
    lookup.request_id = lookup.request_id or insight.request_id[:64]
    lookup.status = insight.status
    lookup.error = NOTHING_FOUND if insight.is_empty else ""
    lookup.price = lookup.price if insight.price is None else insight.price
    lookup.refund = lookup.refund if insight.refund is None else insight.refund
    lookup.balance = lookup.balance if insight.balance is None else insight.balance
    stored = insight if app_settings.STORE_LIVE else insight.without_live()
    lookup.insight = stored.as_json()
    lookup.raw = _stored_raw(lookup.provider, insight)
    return payment


def _cost(lookup: Lookup, insight: Insight) -> Decimal:
    """Return the price paid, from the answer or the acknowledgement, else the one reserved."""
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
    payment = _release(lookup, paid)
    if pause is None or timezone.now() - lookup.created_at > GIVE_UP_AFTER:
        lookup.state, lookup.open_key = LookupState.FAILED, None
    else:
        backoff = pause * 2 ** min(lookup.attempts - 1, 20)
        lookup.state = LookupState.QUEUED
        lookup.next_try_at = timezone.now() + min(backoff, LONGEST_PAUSE)
    return payment


def _release(lookup: Lookup, amount: Decimal) -> budget.Payment:
    """Clear the reservation of `lookup`; return its payment of `amount`."""
    payment = budget.Payment(amount=amount, reserved=lookup.reserved, booked_on=lookup.reserved_on)
    lookup.reserved, lookup.reserved_on = Decimal(0), None
    return payment


def expire() -> list[int]:
    """Expire leases, promised callbacks and day-old queued lookups; return those to be settled.

    An expired lease is `uncertain`: the worker may have died before or after it sent the request.
    A callback missing for 25 hours is `no_callback`.
    """
    expired = Lookup.objects.filter(state=LookupState.CALLING, lease_until__lt=Now())
    ids = list(expired.values_list("pk", flat=True))
    expired.update(
        state=LookupState.UNCERTAIN,
        error="The worker did not come back from the call; it may have been paid.",
    )
    overdue = Lookup.objects.filter(state=LookupState.SUBMITTED, lease_until__lt=Now())
    for lookup_id in overdue.values_list("pk", flat=True):
        if _give_up_on_callback(lookup_id):
            ids.append(lookup_id)
    old = Lookup.objects.filter(state=LookupState.QUEUED, created_at__lt=Now() - GIVE_UP_AFTER)
    ids += list(old.values_list("pk", flat=True))
    old.update(state=LookupState.FAILED, open_key=None)
    held = Lookup.objects.filter(state=LookupState.UNCERTAIN, open_key__isnull=False)
    held.filter(called_at__lt=Now() - UNCERTAIN_HOLD).update(open_key=None)
    return ids


def _give_up_on_callback(lookup_id: int) -> bool:
    with transaction.atomic():
        rows = Lookup.objects.filter(pk=lookup_id, state=LookupState.SUBMITTED)
        if not rows.update(
            state=LookupState.NO_CALLBACK, open_key=None, error="The callback never came."
        ):
            return False
        lookup = Lookup.objects.get(pk=lookup_id)
        # It was acknowledged, so it counts as paid: at the acknowledged or the reserved price.
        paid = lookup.reserved if lookup.price is None else lookup.cost
        payment = _release(lookup, paid)
        lookup.save(update_fields=["reserved", "reserved_on"])
        budget.settle([payment])
    return True


def release(provider: str) -> None:
    """Make the postponed lookups of `provider` due now, since it answers again."""
    postponed = Lookup.objects.filter(provider=provider, state=LookupState.QUEUED)
    postponed.filter(next_try_at__gt=Now()).update(next_try_at=Now())
