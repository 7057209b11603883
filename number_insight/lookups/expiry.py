"""Expiry: lookups that nobody can be waiting for any more, and those that may be asked again."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now

from number_insight.lookups import budget, outcomes
from number_insight.models import Lookup
from number_insight.models.choices import LookupState

UNCERTAIN_HOLD = timedelta(hours=24)
"""How long an uncertain lookup holds its question, so that it is not asked again."""


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
    hopeless = Lookup.objects.filter(
        state=LookupState.QUEUED, created_at__lt=Now() - outcomes.GIVE_UP_AFTER
    )
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
        budget.settle([outcomes.released(lookup, paid)])
        lookup.save(update_fields=["reserved", "reserved_on"])
    return True


def release(provider: str) -> None:
    """Let what was postponed by an open circuit be asked now: the provider answers again."""
    paused = Lookup.objects.filter(provider=provider, state=LookupState.QUEUED)
    paused.filter(next_try_at__gt=Now()).update(next_try_at=Now())
