"""Lookups: one question, asked once and paid at most once.

The way of a lookup: `join` makes it or finds the open one, `claim` takes it and reserves the
money in one short transaction, and `ask` makes the one call with no transaction open. What came
of it is saved by `number_insight.outcomes`, with the fencing token of the claim.
"""

from __future__ import annotations

import logging
import random
import time
import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone

from number_insight import budget, callbacks, circuits, loading, switches
from number_insight.choices import ANSWERED_STATES, LookupState
from number_insight.conf import app_settings
from number_insight.insight import LEVELS, Insight
from number_insight.models import Lookup
from number_insight.providers.base import Acknowledgement, Question

logger = logging.getLogger("number_insight.lookups")

LEASE = timedelta(seconds=60)
"""How long a worker may hold a lookup beyond its provider's own deadline."""
LONGEST_WAIT = timedelta(seconds=1)
"""How long a worker may wait for its turn; what has longer to wait goes back to the queue."""
SWITCHED_OFF_PAUSE = timedelta(minutes=1)
BUDGET_SPENT = "The budget is spent; raise NUMBER_INSIGHT['BUDGET'] or wait for the next period."


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right of one worker to make one call for one lookup, until its lease ends."""

    lookup: Lookup
    token: uuid.UUID
    turn: float = 0.0
    """When the call may begin, on the monotonic clock, so that ``THROUGHPUT`` is kept."""

    @property
    def question(self) -> Question:
        return question_of(self.lookup)


def question_of(lookup: Lookup) -> Question:
    """Return the question that `lookup` puts."""
    return Question(
        number=lookup.number,
        level=lookup.level,
        ip=lookup.ip_address,
        country=lookup.country or None,
        cnam=lookup.cnam,
    )


def open_key(question: Question, provider: str) -> str:
    """Return what makes two unfinished questions one: all that changes the answer."""
    parts = (provider, question.level, question.number, "cnam" if question.cnam else "")
    return "|".join((*parts, question.ip or ""))


def join(question: Question, *, provider: str, delivery: str) -> tuple[Lookup | None, bool]:
    """Return the open lookup that answers `question`, locked, and whether it was made for it.

    Runs inside the caller's short transaction, and takes the lock that settling takes, so that
    no joiner comes too late unseen. Return None if the lookup was settled in between: then a
    fresh answer is there to be reused.
    """
    found = find_open(question, provider=provider)
    if found is not None:
        return found, False
    made = new(question, provider, delivery)
    # It waits for whoever is making the same one, and then leaves it at that.
    Lookup.objects.bulk_create([made], ignore_conflicts=True)
    found = find_open(question, provider=provider)
    return found, found is not None and found.claim == made.claim


def find_open(question: Question, *, provider: str) -> Lookup | None:
    """Return the unfinished lookup that answers `question`, locked, or None.

    A lookup of a higher level serves as well.
    """
    keys = [
        open_key(replace(question, level=level), provider)
        for level in LEVELS[LEVELS.index(question.level) :]
    ]
    return Lookup.objects.select_for_update(no_key=True).filter(open_key__in=keys).first()


def new(question: Question, provider: str, delivery: str) -> Lookup:
    """Return an unsaved lookup that puts `question`."""
    return Lookup(
        provider=provider,
        number=question.number,
        level=question.level,
        country=question.country or "",
        ip_address=question.ip,
        cnam=question.cnam,
        delivery=delivery,
        currency=loading.provider(provider).currency,
        next_try_at=timezone.now(),
        claim=uuid.uuid4(),
        open_key=open_key(question, provider),
    )


def fresh(question: Question, *, provider: str) -> Lookup | None:
    """Return the newest answered lookup that may be reused for `question`, whatever its IP."""
    return (
        Lookup.objects.filter(
            provider=provider,
            number=question.number,
            level__in=LEVELS[LEVELS.index(question.level) :],
            cnam__in=(True,) if question.cnam else (True, False),
            state__in=ANSWERED_STATES,
            answered_at__gt=Now() - app_settings.FRESHNESS["carrier"],
            insight__isnull=False,
        )
        .order_by("-answered_at")
        .first()
    )


def claim(lookup_id: int) -> Claim | None:
    """Take a queued lookup that is due, and reserve its price; return None if there is nothing.

    Committed before the first byte is sent. Two workers cannot both succeed. A lookup that does
    not fit the budget, or whose answer another one has meanwhile, is skipped.
    """
    found = Lookup.objects.filter(pk=lookup_id).values_list("provider", "level").first()
    if found is None:  # deleted in between
        return None
    name, level = found
    if _is_held_back(lookup_id, name, level):
        return None
    lease = LEASE + timedelta(seconds=loading.provider(name).timeout)
    with transaction.atomic():
        token = uuid.uuid4()
        # By our own clock, which `next_try_at` was set by; SQLite's counts in milliseconds only.
        due = Lookup.objects.filter(
            pk=lookup_id, state=LookupState.QUEUED, next_try_at__lte=timezone.now()
        )
        if not due.update(
            state=LookupState.CALLING,
            claim=token,
            lease_until=Now() + lease,
            attempts=F("attempts") + 1,
            called_at=Now(),
        ):
            return None
        claim = _with_money(Claim(lookup=Lookup.objects.get(pk=lookup_id), token=token))
        if claim is None:
            return None
        turn = circuits.take_turn(name)
        if turn <= LONGEST_WAIT:
            return replace(claim, turn=time.monotonic() + turn.total_seconds())
        transaction.set_rollback(True)
    until = timezone.now() + turn + _somewhere_in_the_queue(name)
    postpone(lookup_id, until, "Many numbers wait; this one has its turn soon.")
    return None


def _is_held_back(lookup_id: int, provider: str, level: str) -> bool:
    """Whether nothing is asked just now; then the lookup is postponed, and says why."""
    if not switches.lookups_are_on():
        postpone(lookup_id, timezone.now() + SWITCHED_OFF_PAUSE, "Lookups are switched off.")
        return True
    closed = circuits.closed(provider, level)
    if closed is not None:
        postpone(lookup_id, closed.until, closed.reason)
    return closed is not None


def _somewhere_in_the_queue(provider: str) -> timedelta:
    """Return a random share of the time that the queue takes: a herd must not come back as one."""
    queued = Lookup.objects.filter(provider=provider, state=LookupState.QUEUED).count()
    return timedelta(seconds=random.uniform(0, queued / app_settings.THROUGHPUT))  # noqa: S311


def postpone(lookup_id: int, until: datetime, reason: str) -> None:
    """Leave a queued lookup alone until then; that is no attempt."""
    queued = Lookup.objects.filter(pk=lookup_id, state=LookupState.QUEUED)
    queued.update(next_try_at=until, error=reason[:300])


def _with_money(claim: Claim) -> Claim | None:
    lookup, question = claim.lookup, claim.question
    twin = None if lookup.supersedes_id else fresh(question, provider=lookup.provider)
    if twin is not None:  # it was answered while this one was made
        _skip(lookup, "Another lookup answered this question first.")
        return None
    price = loading.provider(lookup.provider).price(question)
    booked_on = _reserve(price)
    if booked_on is None:
        _skip(lookup, BUDGET_SPENT)
        return None
    lookup.reserved, lookup.reserved_on = price, booked_on
    lookup.save(update_fields=["reserved", "reserved_on"])
    return claim


def _reserve(price: Decimal) -> date | None:
    """Reserve `price` under a savepoint, so that a full month gives the day back."""
    with transaction.atomic():
        booked_on = budget.reserve(price)
        if booked_on is None:
            transaction.set_rollback(True)
    return booked_on


def _skip(lookup: Lookup, reason: str) -> None:
    lookup.state, lookup.error, lookup.open_key = LookupState.SKIPPED, reason, None
    lookup.save(update_fields=["state", "error", "open_key"])


def ask(claim: Claim) -> Insight | Acknowledgement:
    """Make the one call; raise one of the provider's exceptions. No transaction is open."""
    provider = loading.provider(claim.lookup.provider)
    time.sleep(max(claim.turn - time.monotonic(), 0))
    if claim.lookup.delivery == "async":
        return provider.submit(claim.question, callbacks.url_for(claim.lookup.pk))
    return provider.lookup(claim.question)
