"""Outcomes: what came back decides the state of a lookup, and what becomes of its money.

Provably not sent or plainly refused is free, and goes back to the queue. An answer is paid.
Silence after the first byte is `uncertain`: the money stays reserved, and nothing is bought
again by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from number_insight import budget, exceptions, loading
from number_insight.choices import LookupState
from number_insight.conf import app_settings
from number_insight.insight import NUMBER_REFUSED, Insight
from number_insight.lookups import Claim
from number_insight.models import Lookup
from number_insight.providers.base import Acknowledgement
from number_insight.transactions import bulk_update, lock

CALLBACK_PATIENCE = timedelta(hours=25)
"""The sender retries a callback for 24 hours."""
UNCERTAIN_HOLD = timedelta(hours=24)
"""How long an uncertain lookup holds its question, so that it is not asked again."""
GIVE_UP_AFTER = timedelta(hours=24)
"""How long a lookup that could not be asked is tried before its records are judged without."""
HEALED_BY_WORKER = (LookupState.CALLING, LookupState.UNCERTAIN)
"""Where the answer of whoever holds the claim is kept, even if it comes after its lease."""
HEALED_BY_CALLBACK = (
    LookupState.CALLING,
    LookupState.SUBMITTED,
    LookupState.UNCERTAIN,
    LookupState.NO_CALLBACK,
)
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
"""What is provably free goes back to the queue; the first pause, which doubles each time."""


KEPT = [
    "state",
    "answered_at",
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
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A lookup whose answer was kept, the answer whole, and what is still to be settled for it."""

    lookup: Lookup
    insight: Insight
    payment: budget.Payment


def at_hand(keys: Iterable[int], **conditions: Any) -> list[Lookup]:
    """Return these lookups as far as they meet `conditions`: locked, with the database's time."""
    rows = Lookup.objects.filter(pk__in=list(keys), **conditions)
    return lock(rows.annotate(now=Now()))


def keep_answers(answered: Iterable[tuple[Lookup, Insight]]) -> list[Kept]:
    """Save the answers to lookups that are `at_hand`.

    Runs inside the transaction that also judges the waiting records, and ends with settling the
    money.
    """
    kept = [_keep(lookup, insight) for lookup, insight in answered]
    bulk_update([it.lookup for it in kept], KEPT)
    return kept


def _keep(lookup: Any, insight: Insight) -> Kept:
    """Put what `insight` tells into the columns of `lookup`, without saving it."""
    payment = budget.Payment(
        amount=_cost(lookup, insight), reserved=lookup.reserved, booked_on=lookup.reserved_on
    )
    lookup.state, lookup.open_key = _answered_state(insight), None
    lookup.answered_at = lookup.now  # by the database's clock
    lookup.reserved, lookup.reserved_on = Decimal(0), None
    lookup.request_id = lookup.request_id or insight.request_id[:64]
    lookup.status = insight.status
    lookup.error = NOTHING_FOUND if insight.is_empty else ""
    lookup.price = lookup.price if insight.price is None else insight.price
    lookup.refund = lookup.refund if insight.refund is None else insight.refund
    lookup.balance = lookup.balance if insight.balance is None else insight.balance
    lookup.insight = _kept(insight).as_json()
    lookup.raw = _kept_raw(lookup.provider, insight)
    return Kept(lookup=lookup, insight=insight, payment=payment)


def _cost(lookup: Lookup, insight: Insight) -> Decimal:
    """Return what was paid: as it is told, now or in the acknowledgement, else as reserved."""
    if insight.price is not None:
        return insight.cost
    return lookup.reserved if lookup.price is None else lookup.cost


def _answered_state(insight: Insight) -> str:
    if insight.is_empty:
        return LookupState.FAILED
    return LookupState.ANSWERED if insight.status in (0, None) else LookupState.PARTIAL


def _kept(insight: Insight) -> Insight:
    return insight if app_settings.STORE_LIVE else insight.without_live()


def _kept_raw(provider: str, insight: Insight) -> dict[str, Any] | None:
    """Return what ``STORE_RAW`` and ``STORE_LIVE`` let us keep of the provider's own words."""
    if not app_settings.STORE_RAW or insight.raw is None:
        return None
    if app_settings.STORE_LIVE:
        return dict(insight.raw)
    live = loading.provider(provider).live_keys
    return None if live is None else {k: v for k, v in insight.raw.items() if k not in live}


def keep_acknowledgement(claim: Claim, promise: Acknowledgement) -> None:
    """Note that the answer will come to the webhook, unless it has come already."""
    rows = Lookup.objects.filter(pk=claim.lookup.pk, claim=claim.token)
    told: dict[str, Any] = {"price": promise.price, "balance": promise.balance}
    told["request_id"] = promise.request_id[:64]
    if rows.filter(state=LookupState.CALLING, request_id="").update(
        state=LookupState.SUBMITTED, lease_until=Now() + CALLBACK_PATIENCE, **told
    ):
        return
    rows.filter(state=LookupState.CALLING).update(
        state=LookupState.SUBMITTED, lease_until=Now() + CALLBACK_PATIENCE
    )
    for name, value in told.items():
        rows.filter(**{name: "" if name == "request_id" else None}).update(**{name: value})


def keep_failure(claim: Claim, error: exceptions.ProviderError) -> Lookup | None:
    """Save that the call gave no insight, and settle the money as the exception's class says.

    Return the lookup, or None if somebody else was first (a callback, an ended lease).
    """
    rows = Lookup.objects.filter(pk=claim.lookup.pk, claim=claim.token, state=LookupState.CALLING)
    if not rows.update(error=str(error)[:300]):
        return None
    lookup = Lookup.objects.get(pk=claim.lookup.pk)
    _note(lookup, error)
    _apply(lookup, error)
    lookup.save()
    return lookup


def keep_refusal(lookup: Lookup, error: exceptions.ProviderError) -> None:
    """Save that the callback of a lookup, which is locked, brought a final "no"."""
    lookup.state, lookup.open_key, lookup.error = LookupState.FAILED, None, str(error)[:300]
    _note(lookup, error)
    _settle(lookup, lookup.cost)
    lookup.save()


def _note(lookup: Lookup, error: exceptions.ProviderError) -> None:
    refused = isinstance(error, exceptions.NumberRefused)
    lookup.status = error.status or (min(NUMBER_REFUSED) if refused else None)
    lookup.request_id = lookup.request_id or error.request_id[:64]


def _apply(lookup: Lookup, error: exceptions.ProviderError) -> None:
    pause = next((pause for kind, pause in RETRIED.items() if isinstance(error, kind)), None)
    paid = Decimal(0)
    if isinstance(error, exceptions.Uncertain):
        if lookup.reserved and lookup.attempts > app_settings.RETRY_UNCERTAIN:
            lookup.state = LookupState.UNCERTAIN  # the money stays reserved
            return
        # What is free may be asked again, and so may what the project opted in to pay twice:
        # then the first time counts as paid.
        pause = timedelta(seconds=1)
        paid = lookup.reserved
    _settle(lookup, paid)
    if pause is None or timezone.now() - lookup.created_at > GIVE_UP_AFTER:
        lookup.state, lookup.open_key = LookupState.FAILED, None
        return
    lookup.state = LookupState.QUEUED
    lookup.next_try_at = timezone.now() + min(
        pause * 2 ** min(lookup.attempts - 1, 20), LONGEST_PAUSE
    )


def _settle(lookup: Lookup, cost: Decimal) -> None:
    payment = budget.Payment(amount=cost, reserved=lookup.reserved, booked_on=lookup.reserved_on)
    budget.settle([payment])
    lookup.reserved, lookup.reserved_on = Decimal(0), None


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
        _settle(lookup, lookup.reserved if lookup.price is None else lookup.cost)
        lookup.save(update_fields=["reserved", "reserved_on"])
    return True


def release(provider: str) -> None:
    """Let what was postponed by an open circuit be asked now: the provider answers again."""
    paused = Lookup.objects.filter(provider=provider, state=LookupState.QUEUED)
    paused.filter(next_try_at__gt=Now()).update(next_try_at=Now())
