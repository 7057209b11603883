"""Routing: the providers that may be asked about a number, in order.

The first one is the default provider, or that of a share (``SHARES``); those of ``FALLBACKS``
follow. A lookup passes its records on to the next provider only while it is provably unpaid.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.crypto import salted_hmac

from number_insight import exceptions, loading
from number_insight.conf import app_settings
from number_insight.lookups import budget, circuits, prices, questions, retirement, switches
from number_insight.models import Lookup
from number_insight.providers.base import Question

BUSY_FOR = timedelta(minutes=1)
"""The time for which a provider may be busy before the next one is asked."""
PASSED_ON = (
    exceptions.NotSent,
    exceptions.BadCredentials,
    exceptions.NotAllowed,
    exceptions.NoCredit,
    exceptions.Gone,
)
"""The errors that took nothing, and after which no answer is to be expected soon."""


def route(number: str) -> tuple[str, ...]:
    """Return the names of the providers for `number`, in the order in which they are asked."""
    known = app_settings.PROVIDERS
    following = [name for name in app_settings.FALLBACKS if name in known]
    return tuple(dict.fromkeys((first(number), *following)))


def first(number: str) -> str:
    """Return the provider that is asked first about `number`: always the same for one number."""
    place = draw(number, "shares")
    for name, percent in app_settings.SHARES.items():
        if place < percent and name in app_settings.PROVIDERS:
            return name
        place -= percent
    return loading.DEFAULT_PROVIDER


def draw(number: str, purpose: str) -> float:
    """Return a place from 0 to below 100 for `number`, by a keyed hash."""
    salt = f"number_insight.routing.{purpose}"
    sign = salted_hmac(salt, number, algorithm="sha256").hexdigest()[:8]
    return int(sign, 16) / 16**8 * 100


def obstacle(name: str, question: Question) -> str:
    """Return a sentence on why `name` will not answer `question` now; empty if it may be asked."""
    gone = retirement.reason(name)
    if gone:
        return gone
    pause = circuits.pause_of(name, question.level)
    if pause is not None:
        return pause.reason
    (price,), currency = prices.reserves(name, [question]), loading.provider(name).currency
    if not budget.has_room(price, currency):
        return f"The budget in {currency} is spent."
    return ""


def choose(names: Sequence[str], question: Question) -> str | None:
    """Return the first of `names` that may be asked now, or None."""
    return next((name for name in names if not obstacle(name, question)), None)


def after(number: str, provider: str) -> tuple[str, ...]:
    """Return the providers that follow `provider` in the route of `number`."""
    names = route(number)
    return names[names.index(provider) + 1 :] if provider in names else ()


def takes_over(lookup: Lookup) -> str | None:
    """Return the provider that may be asked instead of that of an unpaid `lookup`, or None.

    A question that a person ordered stays where it is, as does one of an erased number.
    """
    if lookup.supersedes_id or lookup.number_hash:
        return None
    following = after(lookup.number, lookup.provider)
    if not following or switches.obstacle():
        return None
    return choose(following, questions.question_of(lookup))


def is_free(lookup: Lookup, *, attempts: int) -> bool:
    """Return whether `lookup`, after so many `attempts`, was certainly never paid for.

    Where ``RETRY_UNCERTAIN`` allows a second payment, an earlier attempt may have been the first.
    """
    return lookup.attempts <= attempts or not app_settings.RETRY_UNCERTAIN


def passes_on(lookup: Lookup, error: exceptions.ProviderError) -> bool:
    """Return whether after `error` the next provider may be asked instead of that of `lookup`."""
    if not is_free(lookup, attempts=1):
        return False
    if isinstance(error, exceptions.Busy):
        return is_overdue(lookup, timezone.now())
    return isinstance(error, PASSED_ON)


def is_overdue(lookup: Lookup, now: datetime) -> bool:
    """Return whether `lookup` waits for longer than a provider may be busy."""
    return now - lookup.created_at > BUSY_FOR


def starts_over(lookup: Lookup) -> bool:
    """Return whether the records of a `lookup` in vain are asked about at an earlier provider.

    A fallback is not retried while a provider before it may answer again.
    """
    if lookup.supersedes_id or lookup.number_hash or not is_free(lookup, attempts=0):
        return False
    names = route(lookup.number)
    if lookup.provider not in names[1:]:
        return False
    if not lookup.attempts and not is_overdue(lookup, timezone.now()):
        return False
    earlier = names[: names.index(lookup.provider)]
    return choose(earlier, questions.question_of(lookup)) is not None
