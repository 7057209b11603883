"""The machine of `test_machine` finds faults: each of these is put in, and found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from hypothesis import Phase

from number_insight import budget, lookups, outcomes
from number_insight.choices import LookupState, RecordState
from number_insight.models import Lookup, NumberInsightRecord
from tests.chaos.test_machine import run_part

pytestmark = pytest.mark.django_db(transaction=True)

OPEN = (LookupState.CALLING, LookupState.SUBMITTED, LookupState.UNCERTAIN)

claim, take = lookups.claim, lookups.take
keep_answers, keep_failure = outcomes.keep_answers, outcomes.keep_failure
keep_acknowledgement, expire = outcomes.keep_acknowledgement, outcomes.expire


def back_to_the_queue(which: Q) -> None:
    Lookup.objects.filter(which).update(state=LookupState.QUEUED, next_try_at=timezone.now())


def claim_whatever_its_state(lookup_id: int) -> Any:
    back_to_the_queue(Q(pk=lookup_id, state__in=OPEN))
    return claim(lookup_id)


def take_and_forget_the_attempt(*args: Any, **kwargs: Any) -> Any:
    claims = take(*args, **kwargs)
    Lookup.objects.filter(pk__in=[each.lookup.pk for each in claims]).update(attempts=0)
    return claims


def answers_that_forget_the_money(*args: Any, **kwargs: Any) -> Any:
    kept = keep_answers(*args, **kwargs)
    return [replace(it, payment=replace(it.payment, amount=Decimal(0))) for it in kept]


def answers_over_a_decision(*args: Any, **kwargs: Any) -> Any:
    kept = keep_answers(*args, **kwargs)
    decided = NumberInsightRecord.objects.filter(lookup__in=[it.lookup for it in kept])
    decided.filter(state=RecordState.FAILED).update(state=RecordState.WAITING)
    return kept


def failure_whatever_its_state(held: Any, error: Any) -> Any:
    Lookup.objects.filter(pk=held.lookup.pk).update(state=LookupState.CALLING, claim=held.token)
    return keep_failure(held, error)


def failure_that_gives_uncertain_money_back(held: Any, error: Any) -> Any:
    lookup = keep_failure(held, error)
    if lookup is not None and lookup.state == LookupState.UNCERTAIN:
        refund = budget.Payment(
            amount=Decimal(0), reserved=lookup.reserved, booked_on=lookup.reserved_on
        )
        budget.settle([refund])
        lookup.reserved, lookup.reserved_on = Decimal(0), None
        lookup.save()
    return lookup


def failure_that_asks_again(held: Any, error: Any) -> Any:
    lookup = keep_failure(held, error)
    if lookup is not None and lookup.state == LookupState.UNCERTAIN:
        lookup.state, lookup.next_try_at = LookupState.QUEUED, timezone.now()
        lookup.save()
    return lookup


def acknowledgement_whatever_its_state(held: Any, promise: Any) -> None:
    Lookup.objects.filter(pk=held.lookup.pk).update(state=LookupState.CALLING)
    keep_acknowledgement(held, promise)


def expiry_that_asks_again() -> Iterable[int]:
    back_to_the_queue(Q(state=LookupState.CALLING, lease_until__lt=Now()))
    return expire()


def expiry_that_asks_again_for_a_lost_callback() -> Iterable[int]:
    back_to_the_queue(Q(state=LookupState.SUBMITTED, lease_until__lt=Now()))
    return expire()


def expiry_that_never_comes() -> Iterable[int]:
    return []


SYNC, ASYNC = 0, 1
"""The part of the machine that finds it: the one that asks and waits, or that with callbacks."""
FAULTS: list[tuple[int, Any, str, Callable[..., Any], str]] = [
    (SYNC, lookups, "claim", claim_whatever_its_state, "I[23]"),
    (SYNC, lookups, "take", take_and_forget_the_attempt, "I[23]"),
    (SYNC, outcomes, "keep_answers", answers_that_forget_the_money, "I3"),
    (ASYNC, outcomes, "keep_answers", answers_over_a_decision, "I5"),
    (ASYNC, outcomes, "keep_failure", failure_whatever_its_state, "I[35]"),
    (SYNC, outcomes, "keep_failure", failure_that_gives_uncertain_money_back, "I3"),
    (SYNC, outcomes, "keep_failure", failure_that_asks_again, "I[23]"),
    (ASYNC, outcomes, "keep_acknowledgement", acknowledgement_whatever_its_state, "I5"),
    (SYNC, outcomes, "expire", expiry_that_asks_again, "I[23]"),
    (ASYNC, outcomes, "expire", expiry_that_asks_again_for_a_lost_callback, "I[235]"),
    (SYNC, outcomes, "expire", expiry_that_never_comes, "I4"),
]


@pytest.mark.parametrize(
    ("part", "place", "name", "fault", "broken"), FAULTS, ids=[each[3].__name__ for each in FAULTS]
)
def test_the_machine_finds_a_fault_that_is_put_in(
    part: int, place: Any, name: str, fault: Any, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, name, fault)
    with pytest.raises(AssertionError, match=f"^{broken}"):
        run_part(part, monkeypatch, Phase.generate)  # without it, `test_machine` finds nothing
