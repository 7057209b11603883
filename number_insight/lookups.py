"""Lookups: a question is claimed with its money, and asked, and paid at most once.

The way of a lookup: `number_insight.joining` makes it or finds the open one; `take` claims it
and reserves the money in the short transaction of its caller, and `ask` makes the one call with
no transaction open. What came of it is saved by `number_insight.outcomes`, with the fencing token
of the claim.
"""

from __future__ import annotations

import logging
import random
import threading
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

from number_insight import budget, callbacks, circuits, joining, loading, switches
from number_insight.choices import LookupState
from number_insight.conf import app_settings
from number_insight.insight import Insight
from number_insight.models import Lookup
from number_insight.providers.base import Acknowledgement, Question
from number_insight.transactions import lock

logger = logging.getLogger("number_insight.lookups")

LEASE = timedelta(seconds=60)
"""How long a worker may hold a lookup beyond its provider's own deadline."""
LONGEST_WAIT = timedelta(seconds=1)
"""How long a worker may wait for its turn; what has longer to wait goes back to the queue."""
WIDEST_GAP = 0.1
"""Seconds that a call is held back at most because another one of this process was late."""
SWITCHED_OFF_PAUSE = timedelta(minutes=1)
BUDGET_SPENT = "The budget is spent; raise NUMBER_INSIGHT['BUDGET'] or wait for the next period."
ANSWERED_BEFORE = "Another lookup answered this question first."
SWITCHED_OFF = "Lookups are switched off."
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
        return joining.question_of(self.lookup)


def claim(lookup_id: int) -> Claim | None:
    """Take a queued lookup that is due, in a transaction of its own; None if it is not to be had.

    Two workers cannot both succeed. What another lookup has answered meanwhile is skipped.
    """
    with transaction.atomic():
        due = Lookup.objects.filter(
            pk=lookup_id, state=LookupState.QUEUED, next_try_at__lte=timezone.now()
        )  # by our own clock, which `next_try_at` was set by; SQLite's counts in milliseconds only
        found = take([lookup for lookup in lock(due) if not _was_answered(lookup)])
    return found[0] if found else None


def _was_answered(lookup: Lookup) -> bool:
    if lookup.supersedes_id:  # a person wants to know it all the same
        return False
    (twin,) = joining.fresh([joining.question_of(lookup)], provider=lookup.provider)
    if twin is None or not joining.is_twin(twin, lookup):
        return False
    _skip(lookup, ANSWERED_BEFORE)
    return True


def take(lookups: Sequence[Lookup], *, lookups_are_on: bool | None = None) -> list[Claim]:
    """Claim queued `lookups`, which are locked, and reserve their prices; return the claims.

    To be committed before the first byte is sent. What has to wait is postponed and says why; what
    does not fit the budget is skipped.
    """
    if not lookups:
        return []
    if not (switches.lookups_are_on() if lookups_are_on is None else lookups_are_on):
        postpone(lookups, timezone.now() + SWITCHED_OFF_PAUSE, SWITCHED_OFF)
        return []
    claims: list[Claim] = []
    for provider, wanted in _by_provider(lookups):
        admitted = _let_through(provider, wanted)
        turns = _turns(provider, admitted)
        paid = _pay(provider, admitted[: len(turns)])
        claims += _claim(provider, [(it, turns[place]) for place, it in paid])
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
        until = timezone.now() + wait + _somewhere_in_the_queue(provider)
        postpone(late, until, MANY_WAIT)
    return turns


def _somewhere_in_the_queue(provider: str) -> timedelta:
    """Return a random share of the time that the queue takes: a herd must not come back as one."""
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
    prices = [asked.price(joining.question_of(lookup)) for lookup in lookups]
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


def ask(claim: Claim) -> Insight | Acknowledgement:
    """Make the one call; raise one of the provider's exceptions. No transaction is open."""
    provider = loading.provider(claim.lookup.provider)
    time.sleep(max(claim.turn - time.monotonic(), 0))
    _gate.pass_through(claim.lookup.provider)
    if claim.lookup.delivery == "async":
        return provider.submit(claim.question, callbacks.url_for(claim.lookup.pk))
    return provider.lookup(claim.question)


class _Gate:
    """Lets the calls of this process out one by one: those that are late must not go as a herd."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[str, float] = {}

    def pass_through(self, provider: str) -> None:
        """Wait until the last call to `provider` is about as long ago as ``THROUGHPUT`` wants."""
        with self._lock:
            now = time.monotonic()
            gap = min(1 / app_settings.THROUGHPUT, WIDEST_GAP)
            at = max(now, self._last.get(provider, 0.0) + gap)
            self._last[provider] = at
        time.sleep(at - now)


_gate = _Gate()
