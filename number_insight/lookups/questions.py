"""Joining: one question is one lookup, however many ask it at once."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from django.db.models.functions import Now
from django.utils import timezone

from number_insight import loading
from number_insight.conf import app_settings
from number_insight.insight import LEVELS
from number_insight.models import Lookup
from number_insight.models.choices import ANSWERED_STATES
from number_insight.models.fingerprints import fingerprint, fingerprints
from number_insight.providers.base import Question
from number_insight.transactions import lock

Ask = tuple[Question, str, str]
"""A question, the provider that it is put to, and how it is delivered."""


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
    """Return what makes two unfinished questions one: all that changes the answer.

    The number is in it by its fingerprint, so that the key outlives the erasure of the lookup.
    """
    return _key(question, provider, fingerprint(question.number))


def _key(question: Question, provider: str, sign: str) -> str:
    parts = (provider, question.level, sign, "cnam" if question.cnam else "")
    return "|".join((*parts, question.ip or ""))


def join(asks: Sequence[Ask]) -> list[tuple[Lookup | None, bool]]:
    """Return for each of `asks` the open lookup that answers it, locked, and whether it is new.

    Runs inside the caller's short transaction, and takes the lock that settling takes, so that
    every waiter is seen. A lookup is None if it was settled in between: then a fresh answer is
    there to be reused. It is also None if another transaction is creating it while this one
    creates several: waiting here could deadlock.
    """
    there = _open(asks)
    missing = {open_key(ask[0], ask[1]): ask for ask in asks if _serving(ask, there) is None}
    # A higher level that is asked anyway serves who asks for a lower one at the same time.
    missing = {
        k: ask for k, ask in missing.items() if missing.keys().isdisjoint(_keys(ask, above=True))
    }
    mine: set[uuid.UUID | None] = set()
    if missing:
        # In one order, since a transaction waits for another that is creating the same one.
        made = [new(*missing[key]) for key in sorted(missing)]
        Lookup.objects.bulk_create(made, ignore_conflicts=True)
        mine = {lookup.claim for lookup in made}
        there |= _open(missing.values(), mine if len(asks) > 1 else None)
    found = (_serving(ask, there) for ask in asks)
    return [(lookup, lookup is not None and lookup.claim in mine) for lookup in found]


def _keys(ask: Ask, *, above: bool = False) -> list[str]:
    """Return the keys of the lookups that answer: a higher level serves as well.

    With `above` those of higher levels alone.
    """
    question, provider, _delivery = ask
    levels = LEVELS[LEVELS.index(question.level) + above :]
    signs = fingerprints(question.number)
    return [
        _key(replace(question, level=level), provider, sign) for level in levels for sign in signs
    ]


def _open(
    asks: Iterable[Ask], claims: Collection[uuid.UUID | None] | None = None
) -> dict[str | None, Lookup]:
    """Return the unfinished lookups that answer one of `asks`, locked, by their keys."""
    found = Lookup.objects.filter(open_key__in={key for ask in asks for key in _keys(ask)})
    if claims is not None:
        found = found.filter(claim__in=claims)
    return {lookup.open_key: lookup for lookup in lock(found)}


def _serving(ask: Ask, there: Mapping[str | None, Lookup]) -> Lookup | None:
    return next((there[key] for key in _keys(ask) if key in there), None)


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


def fresh(questions: Collection[Question], *, provider: str) -> list[Lookup | None]:
    """Return for each question the newest answered lookup that may be reused, whatever its IP."""
    answered = Lookup.objects.filter(
        provider=provider,
        number__in={question.number for question in questions},
        state__in=ANSWERED_STATES,
        answered_at__gt=Now() - app_settings.FRESHNESS["carrier"],
        insight__isnull=False,
    )
    found = list(answered.order_by("-answered_at")) if questions else []
    return [next((it for it in found if _answers(it, q)), None) for q in questions]


def is_twin(answered: Lookup, made: Lookup) -> bool:
    """Whether `answered` came while `made` was on its way to be asked.

    What was answered long before was known, and was not enough.
    """
    since = made.created_at - app_settings.FRESHNESS["live"]
    return answered.answered_at is not None and answered.answered_at > since


def _answers(lookup: Lookup, question: Question) -> bool:
    if lookup.number != question.number or (question.cnam and not lookup.cnam):
        return False
    return lookup.level in LEVELS[LEVELS.index(question.level) :]
