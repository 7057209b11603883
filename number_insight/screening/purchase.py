"""Purchase: claimed questions are put, and what comes back is saved, whatever else fails."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.utils import timezone

from number_insight import exceptions
from number_insight.addresses import network_of
from number_insight.exceptions import DeferredErrors, place
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
    """A record whose task should run again `after` a while."""

    record_id: int
    after: timedelta


def buy(claims: Sequence[Claim]) -> list[Due]:
    """Put the questions side by side, and save what comes back as it comes.

    A batch that cannot be saved costs nothing of the rest, which is paid as well: the first error
    is raised when all are through.
    """
    lookups: list[Lookup] = []
    errors = DeferredErrors()
    for found in calls.put(claims):
        with errors.deferred():
            lookups += _save(found)
        with errors.deferred():
            _log(found)
            report(found)
    due = [item for lookup in lookups for item in retry_of(lookup)]
    errors.raise_first()
    return due


def _save(found: Sequence[Outcome]) -> list[Lookup]:
    """Save outcomes in one transaction; one by one, if one of them cannot be saved at all."""
    try:
        return retry_lost_connection(partial(settlement.save, found))
    except Exception as error:
        if len(found) == 1 or isinstance(error, LOST_CONNECTIONS):
            log_unsaved("; ".join(outcome.entry for outcome in found))
            raise
        logger.warning("Outcomes are saved one by one: %s.", place(error))
    lookups: list[Lookup] = []
    errors = DeferredErrors()
    for outcome in found:
        with errors.deferred():
            lookups += _save([outcome])
    errors.raise_first()
    return lookups


def _log(found: Iterable[Outcome]) -> None:
    for outcome in found:
        if isinstance(outcome.result, exceptions.ProviderError):
            logger.warning("Lookup %s: %s", outcome.lookup.pk, outcome.result)


def report(found: Sequence[Outcome]) -> None:
    """Tell the circuit breakers what came back; a closed one releases what was postponed."""
    answering: set[tuple[str, str]] = set()
    closed: set[str] = set()
    for outcome in found:
        lookup, result = outcome.lookup, outcome.result
        where = (lookup.provider, lookup.level)
        if not isinstance(result, exceptions.ProviderError):
            answering.add(where)
            continue
        if circuits.failed(*where, lookup.number, result, network=_network_of(lookup, result)):
            closed.add(lookup.provider)
    closed |= {where[0] for where in sorted(answering) if circuits.succeeded(*where)}
    for provider in sorted(closed):
        outcomes.release(provider)


def _network_of(lookup: Lookup, error: exceptions.ProviderError) -> str:
    """Return the network of the visitor whose number was refused; empty if it is unknown."""
    if not isinstance(error, exceptions.NumberRefused):
        return ""
    records = NumberInsightRecord.objects.filter(lookup=lookup).order_by("pk")
    ip = records.values_list("ip_address", flat=True).first()
    return network_of(ip) if ip else ""


def retry_of(lookup: Lookup) -> list[Due]:
    """Return when a queued lookup is to be asked again; its first waiting record rings for it."""
    if lookup.state != LookupState.QUEUED or lookup.next_try_at is None:
        return []
    waiting = NumberInsightRecord.objects.filter(lookup=lookup, state=RecordState.WAITING)
    first = waiting.order_by("pk").values_list("pk", flat=True).first()
    after = lookup.next_try_at - timezone.now()
    return [Due(record_id=first, after=after)] if first else []
