"""Purchase: the calls for claimed lookups, and the saving of their outcomes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.utils import timezone

from number_insight import exceptions
from number_insight.addresses import network_of
from number_insight.exceptions import DeferredErrors, place
from number_insight.lookups import calls, circuits, expiry
from number_insight.lookups.claims import Claim
from number_insight.lookups.outcomes import Outcome
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.models.choices import LookupState, RecordState
from number_insight.screening import settlement
from number_insight.transactions import LOST_CONNECTIONS, log_unsaved, retry_lost_connection

logger = logging.getLogger("number_insight.screening.purchase")

MOST_RUNG = 16
"""The records of one lookup for which a bell is rung; the sweep finds the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A record whose task is due again `after` a delay."""

    record_id: int
    after: timedelta


def buy(claims: Sequence[Claim], *, then: Callable[[Sequence[Outcome]], None]) -> list[Due]:
    """Make the calls of `claims`, save the outcomes as they arrive, and return the retries.

    `then` is called with the outcomes of each batch that was saved.

    Outcomes that cannot be saved do not keep later ones, which are paid too, from being saved: the
    first error is raised at the end.
    """
    lookups: list[Lookup] = []
    errors = DeferredErrors()
    for batch in calls.put(claims):
        with errors.deferred():
            lookups += _save(batch)
            then(batch)
        with errors.deferred():
            _log(batch)
            report(batch)
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


def _log(batch: Iterable[Outcome]) -> None:
    for outcome in batch:
        if isinstance(outcome.result, exceptions.ProviderError):
            logger.warning("Lookup %s: %s", outcome.lookup.pk, outcome.result)


def report(batch: Sequence[Outcome]) -> None:
    """Report outcomes to the circuit breakers; a closed one releases the postponed lookups."""
    answering: set[tuple[str, str]] = set()
    closed: set[str] = set()
    for outcome in batch:
        lookup, result = outcome.lookup, outcome.result
        circuit = (lookup.provider, lookup.level)
        if not isinstance(result, exceptions.ProviderError):
            answering.add(circuit)
            continue
        if circuits.failed(*circuit, lookup.number, result, network=_network_of(lookup, result)):
            closed.add(lookup.provider)
    closed |= {circuit[0] for circuit in sorted(answering) if circuits.succeeded(*circuit)}
    for provider in sorted(closed):
        expiry.release(provider)


def _network_of(lookup: Lookup, error: exceptions.ProviderError) -> str:
    """Return the network of the visitor whose number was refused; empty if it is unknown."""
    if not isinstance(error, exceptions.NumberRefused):
        return ""
    records = NumberInsightRecord.objects.filter(lookup=lookup).order_by("pk")
    ip = records.values_list("ip_address", flat=True).first()
    return network_of(ip) if ip else ""


def retry_of(lookup: Lookup) -> list[Due]:
    """Return the first record that waits for a queued lookup, due at the next attempt, if any.

    Records that the lookup has passed on are due at once.
    """
    if lookup.state == LookupState.SKIPPED:
        passed = NumberInsightRecord.objects.filter(lookup=lookup, state=RecordState.QUEUED)
        keys = passed.order_by("pk").values_list("pk", flat=True)[:MOST_RUNG]
        return [Due(record_id=key, after=timedelta(0)) for key in keys]
    if lookup.state != LookupState.QUEUED or lookup.next_try_at is None:
        return []
    waiting = NumberInsightRecord.objects.filter(lookup=lookup, state=RecordState.WAITING)
    first = waiting.order_by("pk").values_list("pk", flat=True).first()
    after = lookup.next_try_at - timezone.now()
    return [Due(record_id=first, after=after)] if first else []
