"""What becomes of an account when its number has been judged. Each may be told twice."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.dispatch import receiver

from number_insight.models import NumberInsightRecord
from number_insight.signals import decision_made, verdict_changed
from shop.models import Customer

Status = Customer.Status
STATUS_OF = {"released": Status.ACTIVE, "refused": Status.REFUSED}


@receiver(verdict_changed)
def activate_what_is_allowed(record: NumberInsightRecord, source: str, **kwargs: Any) -> None:
    """Activate the account on "allow". Anything else leaves it held: only a person refuses."""
    if record.verdict == "allow" and not record.decision:
        _account(record, source).filter(status=Status.HELD).update(status=Status.ACTIVE)


@receiver(decision_made)
def follow_the_reviewer(
    record: NumberInsightRecord, source: str, previous: str = "", **kwargs: Any
) -> None:
    """Activate the account that a reviewer has released, and close the one that was refused.

    A decision that was taken back leaves the account held again, unless others changed it since.
    """
    account = _account(record, source)
    if record.decision:
        account.update(status=STATUS_OF[record.decision])
    elif previous:
        account.filter(status=STATUS_OF[previous]).update(status=Status.HELD)


def _account(record: NumberInsightRecord, source: str) -> QuerySet[Customer]:
    """Return the customer whose number this still is, if any; a backfill changes no account."""
    if source == "backfill" or not isinstance(record.subject, Customer):
        return Customer.objects.none()
    return Customer.objects.filter(pk=record.subject.pk, phone=record.number)
