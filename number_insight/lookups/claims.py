"""Claims: the right to make one call, taken together with its money.

`number_insight.lookups.questions` makes a lookup or finds the open one, and `take` claims it and
reserves its price in the short transaction of the caller. The call is made by
`number_insight.lookups.calls`, and its outcome is saved by `number_insight.lookups.outcomes`, with
the fencing token of the claim.
"""

from __future__ import annotations

import random
import time
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from number_insight import loading
from number_insight.conf import app_settings
from number_insight.lookups import budget, circuits, questions, switches
from number_insight.models import Lookup
from number_insight.models.choices import LookupState
from number_insight.providers.base import Question
from number_insight.transactions import lock

LEASE = timedelta(seconds=60)
"""How long a worker may hold a lookup beyond its provider's own deadline."""
LONGEST_WAIT = timedelta(seconds=1)
"""How long a worker may wait for its turn; what has longer to wait goes back to the queue."""
SWITCHED_OFF_PAUSE = timedelta(minutes=1)
BUDGET_SPENT = "The budget is spent; raise NUMBER_INSIGHT['BUDGET'] or wait for the next period."
ANSWERED_BEFORE = "Another lookup answered this question first."
MANY_WAIT = "Many numbers wait; this one has its turn soon."


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right of one worker to make one call for one lookup, until its lease ends."""

    lookup: Lookup
    token: uuid.UUID
    turn: float = 0.0
    """When the call may begin, on the monotonic clock, so that ``THROUGHPUT`` is kept."""

    @property
    def question(self) -> Question:
        return questions.question_of(self.lookup)


def claim(lookup_id: int) -> Claim | None:
    """Take a queued lookup that is due, in a transaction of its own; None if it is not to be had.

    Two workers cannot both succeed. A lookup whose question was answered meanwhile is skipped, and
    while lookups are switched off it is postponed.
    """
    with transaction.atomic():
        due = Lookup.objects.filter(
            pk=lookup_id, state=LookupState.QUEUED, next_try_at__lte=timezone.now()
        )  # by our own clock, which `next_try_at` was set by; SQLite's counts in milliseconds only
        found = [lookup for lookup in lock(due) if not _was_answered(lookup)]
        obstacle = switches.obstacle() if found else ""
        if obstacle:
            postpone(found, timezone.now() + SWITCHED_OFF_PAUSE, obstacle)
            found = []
        claims = take(found)
    return claims[0] if claims else None


def _was_answered(lookup: Lookup) -> bool:
    if lookup.supersedes_id:  # a person wants to know it all the same
        return False
    (twin,) = questions.fresh([questions.question_of(lookup)], provider=lookup.provider)
    if twin is None or not questions.is_twin(twin, lookup):
        return False
    _skip(lookup, ANSWERED_BEFORE)
    return True


def take(lookups: Sequence[Lookup]) -> list[Claim]:
    """Claim queued `lookups`, which are locked, and reserve their prices; return the claims.

    To be committed before the first byte is sent. A lookup that has to wait is postponed, with the
    reason; one that does not fit the budget is skipped.
    """
    claims: list[Claim] = []
    for provider, wanted in _by_provider(lookups):
        admitted = _let_through(provider, wanted)
        turns = _turns(provider, admitted)
        paid = _pay(provider, admitted[: len(turns)])
        claims += _claim(provider, [(lookup, turns[place]) for place, lookup in paid])
    return claims


def _by_provider(lookups: Iterable[Lookup]) -> list[tuple[str, list[Lookup]]]:
    found: dict[str, list[Lookup]] = defaultdict(list)
    for lookup in lookups:
        found[lookup.provider].append(lookup)
    return sorted(found.items())


def _let_through(provider: str, lookups: Iterable[Lookup]) -> list[Lookup]:
    """Return those whose circuits let them through; the others are postponed."""
    levels: dict[str, list[Lookup]] = defaultdict(list)
    for lookup in lookups:
        levels[lookup.level].append(lookup)
    admitted: list[Lookup] = []
    for level, wanted in sorted(levels.items()):
        count, closed = circuits.admitted(provider, level, len(wanted))
        admitted += wanted[:count]
        if closed is not None:
            postpone(wanted[count:], closed.until, closed.reason)
    return admitted


def _turns(provider: str, lookups: Sequence[Lookup]) -> list[timedelta]:
    """Return how far the turn of each is away; those that had too long to wait get none."""
    turns, wait = circuits.take_turns(provider, len(lookups), within=LONGEST_WAIT)
    late = lookups[len(turns) :]
    if late:
        until = timezone.now() + wait + _jitter(provider)
        postpone(late, until, MANY_WAIT)
    return turns


def _jitter(provider: str) -> timedelta:
    """Return a random part of the time that the backlog takes, to avoid a thundering herd."""
    queued = Lookup.objects.filter(provider=provider, state=LookupState.QUEUED).count()
    return timedelta(seconds=random.uniform(0, queued / app_settings.THROUGHPUT))  # noqa: S311


def postpone(lookups: Collection[Lookup], until: datetime, reason: str) -> None:
    """Leave queued `lookups` alone until then; that is no attempt."""
    if lookups:
        rows = Lookup.objects.filter(pk__in=[lookup.pk for lookup in lookups])
        rows.update(next_try_at=until, error=reason[:300])


def _pay(provider: str, lookups: Sequence[Lookup]) -> list[tuple[int, Lookup]]:
    """Reserve the price of each; return the places of those that the budget has room for."""
    asked = loading.provider(provider)
    prices = [asked.price(questions.question_of(lookup)) for lookup in lookups]
    day, fits = budget.reserve(prices)
    paid: list[tuple[int, Lookup]] = []
    for place, (lookup, price, is_in) in enumerate(zip(lookups, prices, fits, strict=True)):
        if is_in:
            lookup.reserved, lookup.reserved_on = price, day
            paid.append((place, lookup))
        else:
            _skip(lookup, BUDGET_SPENT)
    return paid


def _claim(provider: str, turns: Sequence[tuple[Lookup, timedelta]]) -> list[Claim]:
    """Write the claims, one statement for each price; one token serves all of them."""
    token, now = uuid.uuid4(), time.monotonic()
    lease = LEASE + timedelta(seconds=loading.provider(provider).timeout)
    prices: dict[Decimal, list[int]] = defaultdict(list)
    for lookup, _turn in turns:
        prices[lookup.reserved].append(lookup.pk)
        lookup.state, lookup.claim = LookupState.CALLING, token
        lookup.attempts += 1
    for price, keys in prices.items():
        Lookup.objects.filter(pk__in=keys).update(
            state=LookupState.CALLING,
            claim=token,
            lease_until=Now() + lease,
            attempts=F("attempts") + 1,
            called_at=Now(),
            reserved=price,
            reserved_on=turns[0][0].reserved_on,
        )
    return [
        Claim(lookup=lookup, token=token, turn=now + turn.total_seconds()) for lookup, turn in turns
    ]


def _skip(lookup: Lookup, reason: str) -> None:
    lookup.state, lookup.error, lookup.open_key = LookupState.SKIPPED, reason, None
    lookup.save(update_fields=["state", "error", "open_key"])
