"""Expiry: lookups that wait in vain, and postponed ones that become due."""

from __future__ import annotations

from django.db import transaction

from number_insight.clock import Now
from number_insight.lookups import budget, outcomes, prices
from number_insight.models import Lookup
from number_insight.models.choices import LookupState
from number_insight.transactions import retry_deadlock
from number_insight.wording import gettext_noop

NEVER_BACK = gettext_noop("The worker did not come back from the call; it may have been paid.")
NO_CALLBACK = gettext_noop("The callback never came.")


def expire() -> list[int]:
    """Expire leases, promised callbacks and day-old queued lookups; return those to be settled.

    An expired lease is `uncertain`: the worker may have died before or after it sent the request.
    A callback missing for 25 hours is `no_callback`.
    """
    expired = Lookup.objects.filter(state=LookupState.CALLING, lease_until__lt=Now())
    ids = list(expired.values_list("pk", flat=True))
    expired.update(
        state=LookupState.UNCERTAIN,
        error=NEVER_BACK,
    )
    overdue = Lookup.objects.filter(state=LookupState.SUBMITTED, lease_until__lt=Now())
    for lookup_id in overdue.values_list("pk", flat=True):
        if _give_up_on_callback(lookup_id):
            ids.append(lookup_id)
    old = Lookup.objects.filter(
        state=LookupState.QUEUED, created_at__lt=Now() - outcomes.GIVE_UP_AFTER
    )
    ids += list(old.values_list("pk", flat=True))
    old.update(state=LookupState.FAILED, open_key=None)
    held = Lookup.objects.filter(state=LookupState.UNCERTAIN, open_key__isnull=False)
    held.filter(called_at__lt=Now() - outcomes.UNCERTAIN_HOLD).update(open_key=None)
    return ids


@retry_deadlock
def _give_up_on_callback(lookup_id: int) -> bool:
    with transaction.atomic():
        rows = Lookup.objects.filter(pk=lookup_id, state=LookupState.SUBMITTED)
        if not rows.update(state=LookupState.NO_CALLBACK, open_key=None, error=NO_CALLBACK):
            return False
        lookup = Lookup.objects.get(pk=lookup_id)
        # It was acknowledged, so it counts as paid: at the acknowledged or the reserved price.
        prices.note(lookup, None)
        payment = budget.released(lookup, lookup.cost)
        lookup.save(update_fields=["price", "reserved", "reserved_on"])
        budget.settle([payment])
    return True


def release(provider: str) -> None:
    """Make the postponed lookups of `provider` due now, since it answers again."""
    postponed = Lookup.objects.filter(provider=provider, state=LookupState.QUEUED)
    postponed.filter(next_try_at__gt=Now()).update(next_try_at=Now())
