"""Claims: the exclusive right to make one call, taken together with its money.

`number_insight.lookups.questions` creates or joins a lookup, and `take` claims it and reserves its
price in the short transaction of the caller. `number_insight.lookups.calls` makes the call, and
`number_insight.lookups.outcomes` saves its outcome, with the fencing token of the claim.
"""

from __future__ import annotations

import logging
import random
import time
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from number_insight import loading
from number_insight.clock import Now
from number_insight.conf import app_settings
from number_insight.lookups import (
    budget,
    callbacks,
    circuits,
    prices,
    questions,
    retirement,
    routing,
    switches,
)
from number_insight.models import Lookup
from number_insight.models.choices import LookupState
from number_insight.providers.base import Question
from number_insight.transactions import lock, retry_deadlock
from number_insight.wording import gettext_noop

logger = logging.getLogger("number_insight.lookups.claims")

LEASE = timedelta(seconds=60)
"""The time that a worker may hold a lookup beyond the timeout of its provider."""
LONGEST_WAIT = timedelta(seconds=1)
"""The longest wait of a worker for a slot of the rate limit; later lookups are postponed."""
SWITCHED_OFF_PAUSE = timedelta(minutes=1)
"""The postponement of a lookup while lookups are switched off."""
NO_URL_PAUSE = timedelta(minutes=1)
"""The postponement of a lookup whose callback has no URL, because of the settings."""
BUDGET_SPENT = gettext_noop(
    "The budget is spent; raise NUMBER_INSIGHT['BUDGET'] or wait for the next period."
)
ANSWERED_BEFORE = gettext_noop("Another lookup answered this question first.")
STARTS_OVER = gettext_noop(
    "The first provider is asked again, since this one did not answer either."
)
MANY_WAIT = gettext_noop("Many numbers wait; this one has its turn soon.")

Turn = tuple[Lookup, timedelta]
"""A lookup and the delay of its slot of the rate limit."""
Charged = Mapping[str, Any]
"""The charges of a provider above its ``prices``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right of one worker to make one call for one lookup, until its lease ends."""

    lookup: Lookup
    token: uuid.UUID
    turn: float = 0.0
    """The slot of the rate limit, on the monotonic clock: the call does not begin earlier."""
    callback_url: str = field(default="", repr=False)
    """The address for an answer that is posted; a secret."""

    @property
    def question(self) -> Question:
        """The question to put."""
        return questions.question_of(self.lookup)


@retry_deadlock
def claim(lookup_id: int) -> Claim | None:
    """Claim a queued lookup in a transaction of its own; return None if that is not possible.

    Two workers cannot both succeed. A lookup whose question was answered meanwhile is skipped, and
    while lookups are switched off it is postponed.
    """
    with transaction.atomic():
        due = Lookup.objects.filter(
            pk=lookup_id, state=LookupState.QUEUED, next_try_at__lte=timezone.now()
        )  # by our own clock, which also set `next_try_at`; SQLite's counts in milliseconds only
        lookups = [lookup for lookup in lock(due) if not _skip_if_needless(lookup)]
        obstacle = switches.obstacle() if lookups else ""
        if obstacle:
            postpone(lookups, timezone.now() + SWITCHED_OFF_PAUSE, obstacle)
            lookups = []
        claims = take(lookups)
    return claims[0] if claims else None


def _skip_if_needless(lookup: Lookup) -> bool:
    """Skip `lookup` if its question is answered or goes elsewhere; return whether it was."""
    if routing.starts_over(lookup):
        _end(lookup, LookupState.SKIPPED, STARTS_OVER)
        return True
    if lookup.supersedes_id:  # a person asked for it in spite of the earlier answer
        return False
    (twin,) = questions.fresh([questions.question_of(lookup)], provider=lookup.provider)
    if twin is None or not questions.is_twin(twin, lookup):
        return False
    _end(lookup, LookupState.SKIPPED, ANSWERED_BEFORE)
    return True


def take(lookups: Sequence[Lookup]) -> list[Claim]:
    """Claim queued `lookups`, which are locked, and reserve their prices; return the claims.

    The claims have to be committed before the first byte is sent. A lookup is postponed by an open
    circuit, by the rate limit and for want of a callback URL, skipped if it does not fit the
    budget, and fails if its provider is switched off for good.
    """
    urls = _callback_urls(lookups)
    by_provider: dict[str, list[Lookup]] = defaultdict(list)
    for lookup in urls:
        by_provider[lookup.provider].append(lookup)
    turns: dict[str, tuple[list[Turn], Charged]] = {}
    for provider, queued in sorted(by_provider.items()):
        turns[provider] = _take_turns(provider, _admit(provider, queued))
    claims: list[Claim] = []
    for provider in sorted(turns, key=_currency_of):  # the order in which money is locked
        claims += _claim(provider, _reserve(provider, *turns[provider]), urls)
    return claims


def _currency_of(provider: str) -> str:
    return loading.provider(provider).currency


def _callback_urls(lookups: Iterable[Lookup]) -> dict[Lookup, str]:
    """Return the callback URL of each lookup, empty without a callback; postpone the others."""
    urls: dict[Lookup, str] = {}
    for lookup in lookups:
        try:
            urls[lookup] = callbacks.url_for(lookup.pk) if lookup.delivery == "async" else ""
        except ImproperlyConfigured as error:
            logger.error("Lookup %s is not asked: %s", lookup.pk, error)
            postpone([lookup], timezone.now() + NO_URL_PAUSE, f"{loading.MISFIT} {error}")
    return urls


def _admit(provider: str, lookups: Iterable[Lookup]) -> list[Lookup]:
    """Return the lookups that no open circuit stops; postpone the others.

    A provider that is switched off for good answers none of them, neither now nor later.
    """
    gone = retirement.reason(provider)
    if gone:
        for lookup in lookups:
            _end(lookup, LookupState.FAILED, gone)
        return []
    by_level: dict[str, list[Lookup]] = defaultdict(list)
    for lookup in lookups:
        by_level[lookup.level].append(lookup)
    admitted: list[Lookup] = []
    for level, queued in sorted(by_level.items()):
        let_through, circuit = circuits.admit(provider, level, queued)
        admitted += let_through
        if circuit is not None:
            stopped = [lookup for lookup in queued if lookup not in let_through]
            postpone(stopped, circuit.until, circuit.reason)
    return admitted


def _take_turns(provider: str, lookups: Sequence[Lookup]) -> tuple[list[Turn], Charged]:
    """Return the first `lookups` with their delays, by the rate limit; postpone the others.

    What the provider charged is read along with the slots, which saves `_reserve` a statement.
    """
    slots = circuits.take_turns(provider, len(lookups), within=LONGEST_WAIT)
    late = lookups[len(slots.delays) :]
    if late:
        until = timezone.now() + slots.following + _jitter(provider)
        postpone(late, until, MANY_WAIT)
    return list(zip(lookups, slots.delays, strict=False)), slots.charged


def _jitter(provider: str) -> timedelta:
    """Return a random delay, spread over the backlog to avoid a thundering herd."""
    queued = Lookup.objects.filter(provider=provider, state=LookupState.QUEUED).count()
    return timedelta(seconds=random.uniform(0, queued / app_settings.THROUGHPUT))  # noqa: S311


def postpone(lookups: Collection[Lookup], until: datetime, reason: str) -> None:
    """Postpone queued `lookups`, which counts as no attempt."""
    if lookups:
        rows = Lookup.objects.filter(pk__in=[lookup.pk for lookup in lookups])
        rows.update(next_try_at=until, error=reason[:300])


def _reserve(provider: str, turns: Sequence[Turn], charged: Charged) -> list[Turn]:
    """Return the turns of the lookups, all of one purse, within the budget; skip the others."""
    purse = turns[0][0].purse if turns else ""
    asked = loading.provider(provider)
    wanted = [questions.question_of(lookup) for lookup, _ in turns]
    amounts = prices.reserves(provider, wanted, charged=charged)
    day, fits = budget.reserve(amounts, asked.currency, purse=purse)
    reserved: list[Turn] = []
    for turn, price, fits_in in zip(turns, amounts, fits, strict=True):
        lookup = turn[0]
        if fits_in:
            lookup.reserved, lookup.reserved_on, lookup.currency = price, day, asked.currency
            reserved.append(turn)
        else:
            _end(lookup, LookupState.SKIPPED, BUDGET_SPENT)
    return reserved


def _claim(provider: str, delayed: Sequence[Turn], urls: Mapping[Lookup, str]) -> list[Claim]:
    """Write the claims, which share a token, in one statement for each price."""
    token, now = uuid.uuid4(), time.monotonic()
    lease = LEASE + timedelta(seconds=loading.provider(provider).seconds)
    by_price: dict[Decimal, list[int]] = defaultdict(list)
    for lookup, _delay in delayed:
        by_price[lookup.reserved].append(lookup.pk)
        lookup.state, lookup.claim = LookupState.CALLING, token
        lookup.attempts += 1
    for price, keys in by_price.items():
        Lookup.objects.filter(pk__in=keys).update(
            state=LookupState.CALLING,
            claim=token,
            lease_until=Now() + lease,
            attempts=F("attempts") + 1,
            called_at=Now(),
            reserved=price,
            reserved_on=delayed[0][0].reserved_on,
            currency=delayed[0][0].currency,
        )
    return [
        Claim(
            lookup=lookup,
            token=token,
            turn=now + delay.total_seconds(),
            callback_url=urls[lookup],
        )
        for lookup, delay in delayed
    ]


def _end(lookup: Lookup, state: LookupState, reason: str) -> None:
    """End `lookup` without an answer, before anything is sent."""
    lookup.state, lookup.error, lookup.open_key = state, reason, None
    lookup.save(update_fields=["state", "error", "open_key"])
