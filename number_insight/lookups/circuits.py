"""The circuit breaker and the rate limit of a provider, shared by all workers.

The circuit opens at once on an error that an operator has to repair (credentials, credit, a level
that is not enabled), otherwise after several failures in a row, and after many distinct refused
numbers in a row, which are probably our fault. After a pause one lookup is let through as a probe;
its answer closes the circuit.
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
from number_insight.conf import app_settings
from number_insight.models import Circuit, Lookup, Pace
from number_insight.models.choices import LookupState
from number_insight.models.fingerprints import fingerprint
from number_insight.transactions import lock_or_create

logger = logging.getLogger("number_insight.lookups.circuits")

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=15)
FAILURES = 5
"""The failures in a row (no connection, no complete answer) that open the circuit."""
REFUSALS = 20
"""The distinct refused numbers in a row that open the circuit."""
SPARE = 1.1
"""The factor by which slots are further apart than ``THROUGHPUT`` demands, since a busy machine
sends some calls late, close to the next ones."""
LONGEST_LEAD = timedelta(milliseconds=250)
"""The longest delay before the first of several calls, in which their threads are started."""
OPENED_BY = (
    exceptions.BadCredentials,
    exceptions.NotAllowed,
    exceptions.NoCredit,
    exceptions.Gone,
)
"""The errors of which a single one opens the circuit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCircuit:
    """An open circuit: nothing is asked before `until`, because of `reason`."""

    until: datetime
    reason: str


def open_circuit(provider: str, level: str) -> OpenCircuit | None:
    """Return the open circuit of `provider` at `level`, or None if it may be asked.

    The first caller after the pause is the probe, and extends the pause for the others.
    """
    now = timezone.now()
    for circuit in Circuit.objects.filter(_scope(provider, level), open_until__isnull=False):
        if circuit.open_until and circuit.open_until > now:
            return OpenCircuit(until=circuit.open_until, reason=circuit.reason)
        unchanged = Circuit.objects.filter(pk=circuit.pk, open_until=circuit.open_until)
        if not unchanged.update(open_until=now + FIRST_PAUSE):
            return OpenCircuit(until=now + FIRST_PAUSE, reason=circuit.reason)
    return None


def admit(provider: str, level: str, count: int) -> tuple[int, OpenCircuit | None]:
    """Return the number of admitted lookups among `count`, and the circuit that stops the others.

    The number is `count` or 0, or 1 for a probe.
    """
    circuit = open_circuit(provider, level)
    if circuit is not None:
        return 0, circuit
    circuit = open_circuit(provider, level) if count > 1 else None
    return (count, None) if circuit is None else (1, circuit)


def _scope(provider: str, level: str) -> Q:
    return Q(provider=provider, level__in=("", level))


def probe_now(circuit_id: int) -> bool:
    """End the pause of an open circuit, and return whether it was still open.

    The next lookup is the probe. The lookups that the circuit postponed become due as well, so that
    the probe need not wait for a signup.
    """
    now = timezone.now()
    with transaction.atomic():
        circuit = Circuit.objects.filter(pk=circuit_id, open_until__gt=now).first()
        if circuit is None:
            return False
        unchanged = Circuit.objects.filter(pk=circuit_id, open_until=circuit.open_until)
        if not unchanged.update(open_until=now):
            return False
        postponed = Lookup.objects.filter(provider=circuit.provider, state=LookupState.QUEUED)
        if circuit.level:
            postponed = postponed.filter(level=circuit.level)
        postponed.filter(next_try_at__gt=now, error=circuit.reason).update(next_try_at=now)
    return True


def succeeded(provider: str, level: str) -> bool:
    """Record an answer, and close the circuit; return whether it was open."""
    failing = Circuit.objects.filter(_scope(provider, level)).exclude(
        open_until=None, failures=0, refusals=0
    )
    circuits = list(failing)
    was_open = any(circuit.open_until for circuit in circuits)
    if circuits:
        failing.update(open_until=None, openings=0, failures=0, refusals=0, reason="")
    if was_open:
        logger.warning("Provider %r answers again.", provider)
    return was_open


def failed(provider: str, level: str, number: str, error: exceptions.ProviderError) -> None:
    """Record a call without an answer, and open the circuit after too many in a row."""
    if isinstance(error, (exceptions.Busy, exceptions.NoAnswer)):
        return
    scope = level if isinstance(error, exceptions.NotAllowed) else ""
    with transaction.atomic():
        rows = Circuit.objects.filter(provider=provider, level=scope)
        (circuit,) = lock_or_create(rows, [Circuit(provider=provider, level=scope)])
        if _count_failure(circuit, number, error):
            _open(circuit, str(error))
        circuit.save()


def _count_failure(circuit: Circuit, number: str, error: exceptions.ProviderError) -> bool:
    """Count `error` on `circuit`, without saving it; return whether the circuit has to open."""
    if isinstance(error, exceptions.NumberRefused):
        refused = fingerprint(number)
        if circuit.last_refused != refused:
            circuit.refusals, circuit.last_refused = circuit.refusals + 1, refused
        return circuit.refusals >= REFUSALS
    circuit.failures += 1
    return isinstance(error, OPENED_BY) or circuit.failures >= FAILURES


def _open(circuit: Circuit, reason: str) -> None:
    pause = min(FIRST_PAUSE * 2 ** min(circuit.openings, 10), LONGEST_PAUSE)
    circuit.open_until, circuit.openings = timezone.now() + pause, circuit.openings + 1
    circuit.reason = reason[:300]
    logger.error("Provider %r is not asked for %s: %s", circuit.provider, pause, reason)


def take_turns(
    provider: str, count: int, *, within: timedelta
) -> tuple[list[timedelta], timedelta]:
    """Reserve up to `count` slots of the rate limit of `provider` that begin `within` a time.

    Return the delay of each slot, and that of the next free one. Runs inside the caller's
    transaction, so that a rollback frees the slots.
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
    delays = [timedelta(microseconds=turn) for turn in turns]
    return delays, timedelta(microseconds=following - now)
