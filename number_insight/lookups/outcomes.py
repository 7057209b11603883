"""Outcomes: the result of a call or a callback decides the state of a lookup, and its money.

Provably not sent or plainly refused is free, and goes back to the queue. An answer is paid.
Silence after the first byte is `uncertain`: the money stays reserved, and nothing is bought
again by itself.
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
"""The sender retries a callback for 24 hours."""
UNCERTAIN_HOLD = timedelta(hours=24)
"""How long an uncertain lookup holds its question, so that it is not asked again."""
GIVE_UP_AFTER = timedelta(hours=24)
"""How long a lookup that could not be asked is tried before its records are judged without."""
HEALED_BY_WORKER = (LookupState.CALLING, LookupState.UNCERTAIN)
"""The states in which the claim's own answer is saved, even if it comes after the lease."""
HEALED_BY_CALLBACK = (
    LookupState.CALLING,
    LookupState.SUBMITTED,
    LookupState.UNCERTAIN,
    LookupState.NO_CALLBACK,
)
"""The states in which a posted result is saved; an answer also while the lookup is queued again."""
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

    An outcome is in time while its token is the lookup's, and the state is one that it may end.
    A promise is written and not returned, since it settles nothing. Runs inside the transaction
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
        elif lookup.state in _states(outcome):
            kept.append(_keep(lookup, outcome))
        else:
            continue
        if lookup.number_hash:
            _forget(lookup)
        written.append(lookup)
    bulk_update(written, WRITTEN)
    return kept


def _states(outcome: Outcome) -> tuple[str, ...]:
    """Return the states that `outcome` may end."""
    is_answer = isinstance(outcome.result, Insight)
    if outcome.token is not None:
        return HEALED_BY_WORKER if is_answer else (LookupState.CALLING,)
    # It may be queued again because the request seemed to be refused.
    return (*HEALED_BY_CALLBACK, LookupState.QUEUED) if is_answer else HEALED_BY_CALLBACK


def _forget(lookup: Lookup) -> None:
    """Leave of a late outcome only its state and its money: the lookup was erased meanwhile."""
    lookup.insight = lookup.raw = None
    lookup.request_id = ""


def _acknowledge(lookup: Any, promise: Acknowledgement) -> None:
    """Note that the answer will come to the webhook, unless it has come already."""
    if lookup.state == LookupState.CALLING:
        lookup.state = LookupState.SUBMITTED
        lookup.lease_until = lookup.now + CALLBACK_PATIENCE
    lookup.request_id = lookup.request_id or promise.request_id[:64]
    lookup.price = promise.price if lookup.price is None else lookup.price
    lookup.balance = promise.balance if lookup.balance is None else lookup.balance


def _keep(lookup: Any, outcome: Outcome) -> Kept:
    result = outcome.result
    if isinstance(result, Insight):
        return Kept(lookup=lookup, insight=result, payment=answer(lookup, result, at=lookup.now))
    assert isinstance(result, exceptions.ProviderError)
    lookup.error = str(result)[:300]
    refused = isinstance(result, exceptions.NumberRefused)
    lookup.status = result.status or (min(NUMBER_REFUSED) if refused else None)
    lookup.request_id = lookup.request_id or result.request_id[:64]
    payment = _refuse(lookup) if outcome.token is None else _fail(lookup, result)
    return Kept(lookup=lookup, payment=payment)


def answer(lookup: Lookup, insight: Insight, *, at: datetime) -> budget.Payment:
    """Set the columns that `insight` tells, without saving `lookup`; return its payment."""
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
    return _release(lookup, lookup.cost)


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
    payment = _release(lookup, paid)
    if pause is None or timezone.now() - lookup.created_at > GIVE_UP_AFTER:
        lookup.state, lookup.open_key = LookupState.FAILED, None
    else:
        backoff = pause * 2 ** min(lookup.attempts - 1, 20)
        lookup.state = LookupState.QUEUED
        lookup.next_try_at = timezone.now() + min(backoff, LONGEST_PAUSE)
    return payment


def _release(lookup: Lookup, amount: Decimal) -> budget.Payment:
    """Return the payment of `amount` for `lookup`, which holds no money any more."""
    payment = budget.Payment(amount=amount, reserved=lookup.reserved, booked_on=lookup.reserved_on)
    lookup.reserved, lookup.reserved_on = Decimal(0), None
    return payment


def expire() -> list[int]:
    """Give up what nobody can be waiting for any more; return the lookups to be settled.

    An ended lease is uncertain: whether the worker died before or after the request was sent
    looks the same from here. A promise that was not kept in 25 hours is `no_callback`.
    """
    ended = Lookup.objects.filter(state=LookupState.CALLING, lease_until__lt=Now())
    ids = list(ended.values_list("pk", flat=True))
    ended.update(
        state=LookupState.UNCERTAIN,
        error="The worker did not come back from the call; it may have been paid.",
    )
    broken = Lookup.objects.filter(state=LookupState.SUBMITTED, lease_until__lt=Now())
    for lookup_id in broken.values_list("pk", flat=True):
        if _give_up_on_callback(lookup_id):
            ids.append(lookup_id)
    hopeless = Lookup.objects.filter(state=LookupState.QUEUED, created_at__lt=Now() - GIVE_UP_AFTER)
    given_up = list(hopeless.values_list("pk", flat=True))
    hopeless.update(state=LookupState.FAILED, open_key=None)
    ids += given_up
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
        # It was acknowledged, so it counts as paid: at the promised price, or what we reserved.
        paid = lookup.reserved if lookup.price is None else lookup.cost
        budget.settle([_release(lookup, paid)])
        lookup.save(update_fields=["reserved", "reserved_on"])
    return True


def release(provider: str) -> None:
    """Let what was postponed by an open circuit be asked now: the provider answers again."""
    paused = Lookup.objects.filter(provider=provider, state=LookupState.QUEUED)
    paused.filter(next_try_at__gt=Now()).update(next_try_at=Now())
