"""Questions: one lookup for each, however many records ask it at once."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from django.utils import timezone

from number_insight import loading
from number_insight.clock import Now
from number_insight.conf import app_settings
from number_insight.insight import LEVELS
from number_insight.models import Lookup
from number_insight.models.choices import ANSWERED_STATES, LookupState
from number_insight.models.fingerprints import fingerprint, fingerprints
from number_insight.providers.base import Question
from number_insight.transactions import insert_missing, lock

Ask = tuple[Question, str, str]
"""A question, its provider, and its delivery."""


def question_of(lookup: Lookup) -> Question:
    """Return the question of `lookup`."""
    return Question(
        number=lookup.number,
        level=lookup.level,
        ip=lookup.ip_address,
        country=lookup.country or None,
        cnam=lookup.cnam,
    )


def open_key(question: Question, provider: str) -> str:
    """Return the key that equal unfinished questions share.

    The IP is no part of it: a visitor whose IP changes would buy one number again and again. The
    match that the provider tells holds for the IP that was sent. The number is in it by its
    fingerprint, so that the key outlives the erasure of the lookup.
    """
    return _key(question, provider, fingerprint(question.number))


def _key(question: Question, provider: str, sign: str) -> str:
    return "|".join((provider, question.level, sign, "cnam" if question.cnam else ""))


def join(asks: Sequence[Ask]) -> list[tuple[Lookup | None, bool]]:
    """Return for each of `asks` the open lookup that answers it, locked, and whether it is new.

    Runs inside the caller's short transaction, and takes the same lock as settling, so that no
    waiting record is missed. A lookup is None if it was settled in between: then its fresh answer
    can be reused. It is also None if another transaction is creating it while this one creates
    several: waiting here could deadlock.
    """
    lookups = _lock_open(asks)
    # The first of several asks for one key is created, and its IP is sent.
    unserved = [ask for ask in reversed(asks) if _serving(ask, lookups) is None]
    missing = {open_key(ask[0], ask[1]): ask for ask in unserved}
    # A higher level in the same batch answers a lower one too.
    missing = {
        k: ask for k, ask in missing.items() if missing.keys().isdisjoint(_keys(ask, above=True))
    }
    claims: set[uuid.UUID | None] = set()
    if missing:
        # In one order, since a transaction waits for another that is creating the same one.
        created = [new(*missing[key]) for key in sorted(missing)]
        insert_missing(created, key="open_key")
        claims = {lookup.claim for lookup in created}
        lookups |= _lock_open(missing.values(), claims if len(asks) > 1 else None)
    joined = (_serving(ask, lookups) for ask in asks)
    return [(lookup, lookup is not None and lookup.claim in claims) for lookup in joined]


def _keys(ask: Ask, *, above: bool = False) -> list[str]:
    """Return the keys of the lookups that answer `ask`: those at its level and at higher ones.

    With `above` those at higher ones alone.
    """
    question, provider, _delivery = ask
    levels = LEVELS[LEVELS.index(question.level) + above :]
    signs = fingerprints(question.number)
    return [
        _key(replace(question, level=level), provider, sign) for level in levels for sign in signs
    ]


def _lock_open(
    asks: Iterable[Ask], claims: Collection[uuid.UUID | None] | None = None
) -> dict[str | None, Lookup]:
    """Lock the unfinished lookups that answer `asks`, of `claims` if given; return them by key."""
    rows = Lookup.objects.filter(open_key__in={key for ask in asks for key in _keys(ask)})
    if claims is not None:
        rows = rows.filter(claim__in=claims)
    return {lookup.open_key: lookup for lookup in lock(rows)}


def _serving(ask: Ask, lookups: Mapping[str | None, Lookup]) -> Lookup | None:
    """Return the lookup at the lowest level that answers `ask`, or None."""
    return next((lookups[key] for key in _keys(ask) if key in lookups), None)


def new(question: Question, provider: str, delivery: str) -> Lookup:
    """Return an unsaved lookup of `question`."""
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


def is_held(ask: Ask) -> bool:
    """Return whether a lookup that may be paid for already holds the question of `ask`."""
    held = (LookupState.CALLING, LookupState.SUBMITTED, LookupState.UNCERTAIN)
    return Lookup.objects.filter(open_key__in=_keys(ask), state__in=held).exists()


def fresh(questions: Collection[Question], *, provider: str) -> list[Lookup | None]:
    """Return the newest reusable lookup of each question, with any IP, or None."""
    answered = Lookup.objects.filter(
        provider=provider,
        number__in={question.number for question in questions},
        state__in=ANSWERED_STATES,
        answered_at__gt=Now() - app_settings.FRESHNESS["carrier"],
        insight__isnull=False,
    )
    lookups = list(answered.order_by("-answered_at")) if questions else []
    return [
        next((lookup for lookup in lookups if _answers(lookup, question)), None)
        for question in questions
    ]


def is_twin(answered: Lookup, created: Lookup) -> bool:
    """Return whether `answered` got its answer about when `created` was created, or later.

    A much earlier answer was known by then, and was not enough.
    """
    since = created.created_at - app_settings.FRESHNESS["live"]
    return answered.answered_at is not None and answered.answered_at > since


def _answers(lookup: Lookup, question: Question) -> bool:
    if lookup.number != question.number or (question.cnam and not lookup.cnam):
        return False
    return lookup.level in LEVELS[LEVELS.index(question.level) :]
