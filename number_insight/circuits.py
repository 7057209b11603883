"""The circuit breaker of a provider, shared by all workers, and the pace that all keep.

It opens at once where nothing can work until somebody acts (credentials, credit, a level that is
not enabled), after some failures in a row otherwise, and after many distinct refused numbers in
a row, which is our fault and not theirs. It closes by a probe: the next lookup goes ahead alone.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from number_insight import exceptions
from number_insight.choices import LookupState
from number_insight.conf import app_settings
from number_insight.fingerprints import fingerprint
from number_insight.models import Circuit, Lookup, Pace
from number_insight.transactions import lock_or_create

logger = logging.getLogger("number_insight.circuits")

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=15)
FAILURES = 5
"""Failures in a row (no connection, no whole answer) that open the circuit."""
REFUSALS = 20
"""Distinct numbers refused in a row that open the circuit."""
SPARE = 1.1
"""How much further apart turns are than ``THROUGHPUT`` says: some calls go out late, on a busy
machine, and come to lie beside those after them."""
LONGEST_LEAD = timedelta(milliseconds=250)
"""How long the first of several turns is away at most, so that all callers are ready for theirs."""
AT_ONCE = (
    exceptions.BadCredentials,
    exceptions.NotAllowed,
    exceptions.NoCredit,
    exceptions.Gone,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """Nothing is asked before `until`, because of `reason`."""

    until: datetime
    reason: str


def closed(provider: str, level: str) -> Closed | None:
    """Return why `provider` is not asked at `level` just now; None if it is.

    Whoever comes first after the pause is the probe, and moves the pause on for the others.
    """
    now = timezone.now()
    for circuit in Circuit.objects.filter(_scope(provider, level), open_until__isnull=False):
        if circuit.open_until and circuit.open_until > now:
            return Closed(until=circuit.open_until, reason=circuit.reason)
        taken = Circuit.objects.filter(pk=circuit.pk, open_until=circuit.open_until)
        if not taken.update(open_until=now + FIRST_PAUSE):
            return Closed(until=now + FIRST_PAUSE, reason=circuit.reason)
    return None


def admitted(provider: str, level: str, count: int) -> tuple[int, Closed | None]:
    """Return how many of `count` lookups may go ahead, and why the others may not.

    All or none; or one, the probe.
    """
    shut = closed(provider, level)
    if shut is not None:
        return 0, shut
    shut = closed(provider, level) if count > 1 else None
    return (count, None) if shut is None else (1, shut)


def _scope(provider: str, level: str) -> Q:
    return Q(provider=provider, level__in=("", level))


def probe_now(circuit_id: int) -> bool:
    """End the pause of an open circuit: the next lookup is the probe. False if it is over.

    What was put off by the pause is due now as well, so the probe need not wait for a signup.
    """
    now = timezone.now()
    with transaction.atomic():
        circuit = Circuit.objects.filter(pk=circuit_id, open_until__gt=now).first()
        if circuit is None:
            return False
        still = Circuit.objects.filter(pk=circuit_id, open_until=circuit.open_until)
        if not still.update(open_until=now):
            return False
        put_off = Lookup.objects.filter(provider=circuit.provider, state=LookupState.QUEUED)
        if circuit.level:
            put_off = put_off.filter(level=circuit.level)
        put_off.filter(next_try_at__gt=now, error=circuit.reason).update(next_try_at=now)
    return True


def succeeded(provider: str, level: str) -> bool:
    """Note an answer, and close the circuit; return whether it was open."""
    troubled = Circuit.objects.filter(_scope(provider, level)).exclude(
        open_until=None, failures=0, refusals=0
    )
    found = list(troubled)
    was_open = any(circuit.open_until for circuit in found)
    if found:
        troubled.update(open_until=None, openings=0, failures=0, refusals=0, reason="")
    if was_open:
        logger.warning("Provider %r answers again.", provider)
    return was_open


def failed(provider: str, level: str, number: str, error: exceptions.ProviderError) -> None:
    """Note that a call gave no answer, and open the circuit if it is time to."""
    if isinstance(error, (exceptions.Busy, exceptions.NoAnswer)):
        return
    scope = level if isinstance(error, exceptions.NotAllowed) else ""
    with transaction.atomic():
        rows = Circuit.objects.filter(provider=provider, level=scope)
        (circuit,) = lock_or_create(rows, [Circuit(provider=provider, level=scope)])
        if _is_enough(circuit, number, error):
            _open(circuit, str(error))
        circuit.save()


def _is_enough(circuit: Circuit, number: str, error: exceptions.ProviderError) -> bool:
    if isinstance(error, exceptions.NumberRefused):
        refused = fingerprint(number)
        if circuit.last_refused != refused:
            circuit.refusals, circuit.last_refused = circuit.refusals + 1, refused
        return circuit.refusals >= REFUSALS
    circuit.failures += 1
    return isinstance(error, AT_ONCE) or circuit.failures >= FAILURES


def _open(circuit: Circuit, reason: str) -> None:
    pause = min(FIRST_PAUSE * 2 ** min(circuit.openings, 10), LONGEST_PAUSE)
    circuit.open_until, circuit.openings = timezone.now() + pause, circuit.openings + 1
    circuit.reason = reason[:300]
    logger.error("Provider %r is not asked for %s: %s", circuit.provider, pause, reason)


def take_turns(
    provider: str, count: int, *, within: timedelta
) -> tuple[list[timedelta], timedelta]:
    """Take the next turns at `provider`, `count` at most and only those that come `within` a time.

    Return how far each is away, and how far the next that is left. Runs inside the caller's
    transaction: what is rolled back gives its turns back.
    """
    step = int(SPARE * 1_000_000 / app_settings.THROUGHPUT)
    now = int(time.time() * 1_000_000)
    rows = Pace.objects.filter(provider=provider)
    (pace,) = lock_or_create(rows, [Pace(provider=provider)])
    lead = min((count - 1) * step, LONGEST_LEAD // timedelta(microseconds=1))
    first, reach = max(pace.next_at, now + lead), within // timedelta(microseconds=1)
    turns = [at - now for at in range(first, first + count * step, step) if at - now <= reach]
    following = first + len(turns) * step
    if turns:
        rows.update(next_at=following)
    return [timedelta(microseconds=it) for it in turns], timedelta(microseconds=following - now)
