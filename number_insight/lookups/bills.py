"""Bills: the word of a person who has compared an uncertain lookup with the provider's bill."""

from __future__ import annotations

from collections.abc import Callable, Collection

from django.db import transaction

from number_insight.lookups import budget, prices
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.models.choices import LookupState
from number_insight.transactions import bulk_update, lock, retry_deadlock


@retry_deadlock
def settle(
    keys: Collection[int], *, is_paid: bool, note: Callable[[Lookup], object]
) -> list[Lookup]:
    """Settle the money that these uncertain lookups hold, and return them.

    Lookups that hold none are left alone, so that each is settled once. Nothing is asked, and a
    question that is held stays held. `note` is called with each inside the transaction.
    """
    held = Lookup.objects.filter(pk__in=keys, state=LookupState.UNCERTAIN, reserved__gt=0)
    with transaction.atomic():
        found = lock(held.defer("insight", "raw"))
        payments = [_payment(lookup, is_paid=is_paid) for lookup in found]
        bulk_update(found, ("price", "reserved", "reserved_on"))
        for lookup in found:
            _charge(lookup)
            note(lookup)
        budget.settle(payments)
    return found


def _payment(lookup: Lookup, *, is_paid: bool) -> budget.Payment:
    """Clear the reservation of `lookup`, and return its payment: the price told, else reserved."""
    if is_paid:
        prices.note(lookup, None)
    else:
        lookup.price = None
    return budget.released(lookup, lookup.cost)


def _charge(lookup: Lookup) -> None:
    """Charge the cost to the first record of `lookup`, as an answer is."""
    first = lookup.records.order_by("pk").values_list("pk", flat=True).first()
    if first is not None:
        NumberInsightRecord.objects.filter(pk=first).update(cost=lookup.cost)
