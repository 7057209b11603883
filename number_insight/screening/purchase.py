"""Purchase: the calls for claimed lookups, and the saving of their outcomes."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.utils import timezone

from number_insight import exceptions
from number_insight.exceptions import DeferredErrors, place
from number_insight.insight import Insight
from number_insight.lookups import calls, circuits, outcomes
from number_insight.lookups.claims import Claim
from number_insight.lookups.outcomes import Outcome
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.models.choices import LookupState, RecordState
from number_insight.screening import settlement
from number_insight.transactions import LOST_CONNECTIONS, log_unsaved, retry_lost_connection

logger = logging.getLogger("number_insight.screening.purchase")


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A record whose task is due again `after` a delay."""

    record_id: int
    after: timedelta


def buy(claims: Sequence[Claim]) -> list[Due]:
    """Make the calls of `claims`, save the outcomes as they arrive, and return the retries.

    Outcomes that cannot be saved do not keep later ones, which are paid too, from being saved: the
    first error is raised at the end.
    """
    lookups: list[Lookup] = []
    errors = DeferredErrors()
    for batch in calls.put(claims):
        with errors.deferred():
            lookups += _save(batch)
        with errors.deferred():
            _report(batch)
    due = [retry for lookup in lookups for retry in retry_of(lookup)]
    errors.raise_first()
    return due


def _save(batch: Sequence[Outcome]) -> list[Lookup]:
    """Save outcomes in one transaction, or one by one if that fails; return their lookups."""
    try:
        return retry_lost_connection(partial(settlement.save, batch))
    except Exception as error:
        if len(batch) == 1 or isinstance(error, LOST_CONNECTIONS):
            log_unsaved("; ".join(outcome.entry for outcome in batch))
            raise
        logger.warning("Outcomes are saved one by one: %s.", place(error))
    lookups: list[Lookup] = []
    errors = DeferredErrors()
    for outcome in batch:
        with errors.deferred():
            lookups += _save([outcome])
    errors.raise_first()
    return lookups


def _report(batch: Sequence[Outcome]) -> None:
    """Report outcomes to the circuit breakers."""
    answering: set[tuple[str, str]] = set()
    for outcome in batch:
        lookup, error = outcome.lookup, outcome.result
        if isinstance(error, exceptions.ProviderError):
            logger.warning("Lookup %s: %s", lookup.pk, error)
            circuits.failed(lookup.provider, lookup.level, lookup.number, error)
        elif isinstance(error, Insight):
            answering.add((lookup.provider, lookup.level))
    for provider, level in sorted(answering):
        if circuits.succeeded(provider, level):
            outcomes.release(provider)


def retry_of(lookup: Lookup) -> list[Due]:
    """Return the first record that waits for a queued lookup, due at the next attempt, if any."""
    if lookup.state != LookupState.QUEUED or lookup.next_try_at is None:
        return []
    waiting = NumberInsightRecord.objects.filter(lookup=lookup, state=RecordState.WAITING)
    first = waiting.order_by("pk").values_list("pk", flat=True).first()
    after = lookup.next_try_at - timezone.now()
    return [Due(record_id=first, after=after)] if first else []
