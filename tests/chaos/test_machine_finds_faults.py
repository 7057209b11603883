"""The machine of `test_machine` finds faults: each of these is put in, and found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from hypothesis import Phase

from number_insight.exceptions import ProviderError
from number_insight.lookups import budget, claims, expiry, outcomes
from number_insight.lookups.outcomes import Kept, Outcome
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.models.choices import LookupState, RecordState
from number_insight.providers.base import Acknowledgement
from tests.chaos.test_machine import run_part

pytestmark = pytest.mark.django_db(transaction=True)

OPEN = (LookupState.CALLING, LookupState.SUBMITTED, LookupState.UNCERTAIN)

claim, take = claims.claim, claims.take
keep, expire = outcomes.keep, expiry.expire


def back_to_the_queue(which: Q) -> None:
    Lookup.objects.filter(which).update(state=LookupState.QUEUED, next_try_at=timezone.now())


def claim_whatever_its_state(lookup_id: int) -> Any:
    back_to_the_queue(Q(pk=lookup_id, state__in=OPEN))
    return claim(lookup_id)


def take_and_forget_the_attempt(*args: Any, **kwargs: Any) -> Any:
    taken = take(*args, **kwargs)
    Lookup.objects.filter(pk__in=[claim.lookup.pk for claim in taken]).update(attempts=0)
    return taken


def answers_that_forget_the_money(found: Sequence[Outcome]) -> list[Kept]:
    return [
        replace(one, payment=replace(one.payment, amount=Decimal(0))) if one.payment else one
        for one in keep(found)
    ]


def answers_over_a_decision(found: Sequence[Outcome]) -> list[Kept]:
    kept = keep(found)
    decided = NumberInsightRecord.objects.filter(lookup__in=[one.lookup for one in kept])
    decided.filter(state=RecordState.FAILED).update(state=RecordState.WAITING)
    return kept


def failure_whatever_its_state(found: Sequence[Outcome]) -> list[Kept]:
    for outcome in found:
        if outcome.token and isinstance(outcome.result, ProviderError):
            lookups = Lookup.objects.filter(pk=outcome.lookup.pk)
            lookups.update(state=LookupState.CALLING, claim=outcome.token)
    return keep(found)


def failure_that_gives_uncertain_money_back(found: Sequence[Outcome]) -> list[Kept]:
    kept = keep(found)
    for lookup in (one.lookup for one in kept if one.lookup.state == LookupState.UNCERTAIN):
        budget.settle([budget.released(lookup, Decimal(0))])
        lookup.save()
    return kept


def failure_that_asks_again(found: Sequence[Outcome]) -> list[Kept]:
    kept = keep(found)
    for lookup in (one.lookup for one in kept if one.lookup.state == LookupState.UNCERTAIN):
        lookup.state, lookup.next_try_at = LookupState.QUEUED, timezone.now()
        lookup.save()
    return kept


def acknowledgement_whatever_its_state(found: Sequence[Outcome]) -> list[Kept]:
    promised = [one.lookup.pk for one in found if isinstance(one.result, Acknowledgement)]
    Lookup.objects.filter(pk__in=promised).update(state=LookupState.CALLING)
    return keep(found)


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
    (SYNC, claims, "claim", claim_whatever_its_state, "I[23]"),
    (SYNC, claims, "take", take_and_forget_the_attempt, "I[23]"),
    (SYNC, outcomes, "keep", answers_that_forget_the_money, "I3"),
    (ASYNC, outcomes, "keep", answers_over_a_decision, "I5"),
    (ASYNC, outcomes, "keep", failure_whatever_its_state, "I[35]"),
    (SYNC, outcomes, "keep", failure_that_gives_uncertain_money_back, "I3"),
    (SYNC, outcomes, "keep", failure_that_asks_again, "I[23]"),
    (ASYNC, outcomes, "keep", acknowledgement_whatever_its_state, "I5"),
    (SYNC, expiry, "expire", expiry_that_asks_again, "I[23]"),
    (ASYNC, expiry, "expire", expiry_that_asks_again_for_a_lost_callback, "I[235]"),
    (SYNC, expiry, "expire", expiry_that_never_comes, "I4"),
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
