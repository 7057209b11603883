"""What becomes of an account when its number has been judged. Each may be told twice."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from number_insight.models import NumberInsightRecord
from number_insight.signals import decision_made, verdict_changed
from shop.models import Customer

HELD, ACTIVE, REFUSED = Customer.Status.HELD, Customer.Status.ACTIVE, Customer.Status.REFUSED


@receiver(verdict_changed)
def open_what_is_allowed(record: NumberInsightRecord, source: str, **_told: Any) -> None:
    """Open the account on "allow". Anything else holds it: only a person refuses."""
    customer = _customer(record, source)
    if customer is not None and record.verdict == "allow" and not record.decision:
        customer.move(ACTIVE, only_from=(HELD,))


@receiver(decision_made)
def follow_the_reviewer(record: NumberInsightRecord, source: str, **_told: Any) -> None:
    """Open the account that a reviewer has released, and close the one that was refused."""
    customer = _customer(record, source)
    if customer is None:
        return
    if record.decision == "released":
        customer.move(ACTIVE, only_from=(HELD, REFUSED))
    elif record.decision == "refused":
        customer.move(REFUSED, only_from=(HELD, ACTIVE))


def _customer(record: NumberInsightRecord, source: str) -> Customer | None:
    """Return the customer whose number this still is; a backfill changes no account."""
    customer = record.subject
    if source == "backfill" or not isinstance(customer, Customer):
        return None
    return customer if str(customer.phone) == record.number else None
