"""Answers: the columns of a lookup that an answer sets, and its payment."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from number_insight import clock, loading
from number_insight.conf import app_settings
from number_insight.insight import Insight
from number_insight.lookups import budget, prices
from number_insight.models import Lookup
from number_insight.models.choices import LookupState
from number_insight.providers.base import BASIC_SIGNALS
from number_insight.providers.documents import Unreadable, read_json
from number_insight.wording import gettext_noop

logger = logging.getLogger("number_insight.lookups.answers")

NOTHING_FOUND = gettext_noop("The provider could find out nothing about this number.")
ANOTHER_LINE = gettext_noop(
    "The callback told of another number, so nothing of it was taken; see the log."
)


def take(lookup: Lookup, insight: Insight, *, at: datetime) -> budget.Payment:
    """Set the columns of `lookup` to the answer, without saving it; return its payment."""
    payment = end(lookup, insight, at=at)
    if tells_nothing(lookup, insight):
        lookup.error = f"{NOTHING_FOUND} {lookup.error}".strip()
    stored = insight if app_settings.keeps_live_data else insight.without_live()
    lookup.insight = stored.as_json()
    lookup.raw = _stored_raw(lookup.provider, insight)
    return payment


def set_aside(lookup: Any, insight: Insight) -> budget.Payment:
    """End `lookup` on an answer about another line, which is paid for and not taken."""
    payment = end(lookup, insight, LookupState.FAILED, at=lookup.now)
    lookup.error, lookup.conflict = ANOTHER_LINE, True
    logger.error("Lookup %s: its callback is about another number.", lookup.pk)
    return payment


def is_set_aside(lookup: Lookup) -> bool:
    """Return whether `lookup` ended on an answer about another line."""
    return lookup.state == LookupState.FAILED and lookup.error == ANOTHER_LINE


def end(lookup: Lookup, insight: Insight, state: str = "", *, at: datetime) -> budget.Payment:
    """Set state, status and prices of an answered `lookup`; return its payment.

    The state is that of the answer unless another is given. The error is a price that is doubted.
    """
    settled = lookup.cost if is_settled(lookup) else Decimal(0)
    if lookup.state == LookupState.QUEUED or is_settled(lookup):  # its money was released before
        lookup.reserved_on = clock.today()
    lookup.error = prices.note(lookup, insight.price)
    lookup.refund = prices.refund(insight.refund) or lookup.refund
    payment = budget.released(lookup, lookup.cost - settled)
    lookup.state = state or _state_of(lookup, insight)
    lookup.open_key, lookup.answered_at = None, at
    lookup.request_id = lookup.request_id or insight.request_id[:64]
    lookup.status, lookup.number_refused = insight.status, False
    balance = prices.storable(insight.balance)
    lookup.balance = lookup.balance if balance is None else balance
    return payment


def is_settled(lookup: Lookup) -> bool:
    """Return whether `lookup` is uncertain, and a person has said whether it was paid."""
    return lookup.state == LookupState.UNCERTAIN and lookup.reserved_on is None


def tells_nothing(lookup: Lookup, insight: Insight) -> bool:
    """Return whether `insight` is no answer, since it holds no fact.

    At a level that tells only of the number, its formats or its country are an answer.
    """
    signals = loading.provider(lookup.provider).signals.get(lookup.level, frozenset())
    if signals <= BASIC_SIGNALS and insight.is_formatted:
        return False
    return insight.is_empty


def _state_of(lookup: Lookup, insight: Insight) -> str:
    if tells_nothing(lookup, insight):
        return LookupState.FAILED
    return LookupState.ANSWERED if insight.status in (0, None) else LookupState.PARTIAL


def _stored_raw(provider: str, insight: Insight) -> dict[str, Any] | None:
    """Return the part of the raw answer that ``STORE_RAW`` and ``STORE_LIVE`` let us store."""
    if not app_settings.STORE_RAW or insight.raw is None:
        return None
    live = frozenset[str]()
    if not app_settings.keeps_live_data:
        told = loading.provider(provider).live_keys
        if told is None:
            return None
        live = told
    return _plain({key: value for key, value in insight.raw.items() if key not in live})


def _plain(raw: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the raw answer as JSON holds it, or None if a project's provider gave none of that."""
    try:
        return read_json(json.dumps(raw, default=str).encode())
    except (TypeError, ValueError, RecursionError, Unreadable):
        return None
