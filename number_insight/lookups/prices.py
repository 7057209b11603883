"""Prices: the amount to reserve for a question, and the trust in a price that a provider tells.

A provider's word is booked, and where it charges more than its ``prices`` say, the reserve follows
for a month. A price far above them is doubted: one answer must not end a month's budget.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from number_insight import clock, loading
from number_insight.lookups import questions
from number_insight.models import Lookup, Pace
from number_insight.providers.base import Question
from number_insight.transactions import after_commit, lock_or_create, retry_deadlock
from number_insight.wording import gettext_noop, with_detail

logger = logging.getLogger("number_insight.lookups.prices")

DOUBTFUL = 10
"""The factor by which a price may exceed that in ``prices`` and be believed."""
MOST_WITHOUT_PRICE = Decimal(1)
"""The highest price that is believed where ``prices`` has none."""
FOLLOWED = timedelta(days=30)
"""The time for which the reserve follows a charge above ``prices``."""
LARGEST = Decimal(10) ** 11
"""Columns take amounts below this one."""
DOUBT = gettext_noop("The provider told a price that is doubted.")
BOOKED = gettext_noop("The usual price is booked instead.")


def reserves(
    provider: str, asked: Sequence[Question], *, charged: Mapping[str, Any] | None = None
) -> list[Decimal]:
    """Return the price to reserve for each question: as listed, or higher if that was charged.

    `charged` is `Pace.charged` of the provider, for a caller that has read it.
    """
    if charged is None:
        rows = Pace.objects.filter(provider=provider).values_list("charged", flat=True)
        charged = (rows.first() or {}) if asked else {}
    return [_reserve(provider, question, charged) for question in asked]


def _reserve(provider: str, question: Question, charged: Mapping[str, Any]) -> Decimal:
    listed: Decimal = loading.provider(provider).price(question)
    told, day = charged.get(_kind(question), ("0", "1970-01-01"))
    if clock.today() - date.fromisoformat(day) > FOLLOWED:
        return listed
    return max(listed, Decimal(told))


def _kind(question: Question) -> str:
    return f"{question.level}+cnam" if question.cnam else question.level


def note(lookup: Lookup, told: Decimal | None) -> str:
    """Set the price of `lookup` as it is told, now or in the acknowledgement, else as reserved.

    Return a sentence on a price that was told and is not believed; else an empty text.
    """
    if told is None and lookup.price is not None:
        return lookup.error if lookup.error.startswith(DOUBT.removesuffix(".")) else ""
    listed = _listed(lookup)
    if told is not None and _is_believed(told, listed):
        lookup.price = told
        if told > listed:
            after_commit(partial(_follow, lookup.provider, questions.question_of(lookup), told))
        return ""
    lookup.price = lookup.reserved or listed
    return "" if told is None else _doubt(lookup, told)


def _doubt(lookup: Lookup, told: Decimal) -> str:
    doubted = with_detail(DOUBT, f"{told:.12} {lookup.currency}")
    doubt = f"{doubted} {with_detail(BOOKED, f'{lookup.price.normalize():f} {lookup.currency}')}"
    logger.error("Lookup %s: %s", lookup.pk, doubt)
    return doubt


def _listed(lookup: Lookup) -> Decimal:
    try:
        return loading.provider(lookup.provider).price(questions.question_of(lookup))
    except ImproperlyConfigured:  # the provider has left the settings since
        return Decimal(lookup.reserved)


def _is_believed(told: Decimal, listed: Decimal) -> bool:
    most = DOUBTFUL * listed if listed else MOST_WITHOUT_PRICE
    return told.is_finite() and 0 <= told <= most


@retry_deadlock
def _follow(provider: str, question: Question, told: Decimal) -> None:
    """Remember a charge above ``prices``, which the next reserve has to hold."""
    kind, found = _kind(question), [str(told), clock.today().isoformat()]
    rows = Pace.objects.filter(provider=provider)
    if any(charged.get(kind) == found for charged in rows.values_list("charged", flat=True)):
        return
    with transaction.atomic():
        (pace,) = lock_or_create(rows, [Pace(provider=provider)], key="provider")
        if told >= _reserve(provider, question, pace.charged):
            pace.charged[kind] = found
            pace.save(update_fields=["charged"])


def refund(told: Decimal | None) -> Decimal | None:
    """Return a refund if it is believed, else None: a negative one would be another charge."""
    amount = storable(told)
    return None if amount is None or amount < 0 else amount


def storable(amount: Decimal | None) -> Decimal | None:
    """Return `amount` if a column takes it, else None."""
    is_amount = amount is not None and amount.is_finite() and abs(amount) < LARGEST
    return amount if is_amount else None
