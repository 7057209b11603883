"""The circuit breaker and the rate limit of a provider, shared by all workers.

The circuit opens at once on an error that an operator has to repair (credentials, credit, a level
that is not enabled), otherwise after several failures in a row, and after many refused numbers in a
row from as many networks, which are probably our fault. After a pause one lookup, whose number is
valid, is let through as a probe; its answer closes the circuit.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from number_insight import exceptions, numbers
from number_insight.conf import app_settings
from number_insight.lookups import limits
from number_insight.models import Circuit, Lookup, Pace
from number_insight.models.choices import LookupState
from number_insight.models.fingerprints import fingerprint
from number_insight.transactions import lock_or_create, retry_deadlock

logger = logging.getLogger("number_insight.lookups.circuits")

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=15)
FAILURES = 5
"""The failures in a row (no connection, no complete answer) that open the circuit."""
REFUSALS = 80
"""The refused numbers in a row, each from another network, that open the circuit."""
REMEMBERED = timedelta(minutes=10)
"""The time without another failure after which earlier ones are forgotten."""
FINGERPRINT = 32
"""The characters that are kept of a refused number's fingerprint."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """Slots of the rate limit of a provider, and what its locked row tells besides."""

    delays: list[timedelta]
    following: timedelta
    """The delay of the next free slot."""
    charged: Mapping[str, Any]
    """The charges above ``prices``, for `number_insight.lookups.prices.reserves`."""


def open_circuit(provider: str, level: str) -> OpenCircuit | None:
    """Return the open circuit of `provider` at `level`, or None if it may be asked.

    The first caller after the pause is the probe, and extends the pause for the others.
    """
    now = timezone.now()
    for circuit in _opened(provider, level):
        if circuit.open_until and circuit.open_until > now:
            return OpenCircuit(until=circuit.open_until, reason=circuit.reason)
        unchanged = Circuit.objects.filter(pk=circuit.pk, open_until=circuit.open_until)
        if not unchanged.update(open_until=now + FIRST_PAUSE):
            return OpenCircuit(until=now + FIRST_PAUSE, reason=circuit.reason)
    return None


def pause_of(provider: str, level: str) -> OpenCircuit | None:
    """Return the open circuit of `provider` at `level`, or None if it may be asked or probed."""
    now = timezone.now()
    for circuit in _opened(provider, level):
        if circuit.open_until and circuit.open_until > now:
            return OpenCircuit(until=circuit.open_until, reason=circuit.reason)
    return None


def admit(
    provider: str, level: str, wanted: Sequence[Lookup]
) -> tuple[list[Lookup], OpenCircuit | None]:
    """Return the lookups that may go, and the open circuit that stops the others.

    That is all or none of `wanted`; or one, the probe. Its number is valid to libphonenumber: a
    number that nobody has tells nothing of the provider.
    """
    opened = list(_opened(provider, level))
    if not opened:
        return list(wanted), None
    probe = [lookup for lookup in wanted if numbers.is_valid(lookup.number)][:1]
    pause = open_circuit(provider, level) if probe else None
    later = OpenCircuit(until=timezone.now() + FIRST_PAUSE, reason=opened[0].reason)
    return ([], pause) if pause else (probe, later)


def _opened(provider: str, level: str) -> QuerySet[Circuit]:
    return Circuit.objects.filter(_scope(provider, level), open_until__isnull=False)


def _scope(provider: str, level: str) -> Q:
    return Q(provider=provider, level__in=("", level))


@retry_deadlock
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
    """Record an answer or an acknowledgement, and close the circuit; return if it was open."""
    return _close(provider, level, refusals=0, refused={})


@retry_deadlock
def _close(provider: str, level: str, **forgotten: Any) -> bool:
    circuits = Circuit.objects.filter(_scope(provider, level))
    troubled = [one for one in circuits if one.open_until or one.failures or one.refusals]
    was_open = any(circuit.open_until for circuit in troubled)
    if troubled:
        keys = [circuit.pk for circuit in troubled]
        closed = {"open_until": None, "openings": 0, "failures": 0, "reason": "", **forgotten}
        Circuit.objects.filter(pk__in=keys).update(**closed)
    if was_open:
        logger.warning("Provider %r answers again.", provider)
    return was_open


@retry_deadlock
def failed(
    provider: str, level: str, number: str, error: exceptions.ProviderError, *, network: str = ""
) -> bool:
    """Record a call without an answer, and open the circuit if that is one too many.

    `network` is that of the visitor whose `number` it was. Return whether the circuit was closed
    instead: a provider that refuses a number works.
    """
    if isinstance(error, (exceptions.Busy, exceptions.NoAnswer)):
        return False
    is_refusal = isinstance(error, exceptions.NumberRefused)
    with transaction.atomic():
        circuit = _locked(provider, level if isinstance(error, exceptions.NotAllowed) else "")
        is_enough = (
            _count_refusal(circuit, number, network) if is_refusal else _count(circuit, error)
        )
        if is_enough:
            _open(circuit, str(error))
        circuit.save()
    return is_refusal and not is_enough and _close(provider, level)


def _count(circuit: Circuit, error: exceptions.ProviderError) -> bool:
    """Count `error` on `circuit`, without saving it; return whether the circuit has to open."""
    circuit.failures += 1
    return isinstance(error, OPENED_BY) or circuit.failures >= FAILURES


def _count_refusal(circuit: Circuit, number: str, network: str) -> bool:
    """Count a number and a network that are both new: one visitor must not stop all lookups."""
    source, told = limits.source_hash("network", network), fingerprint(number)[:FINGERPRINT]
    if source not in circuit.refused and told not in circuit.refused.values():
        circuit.refused[source] = told
        circuit.refusals += 1
    return circuit.refusals >= REFUSALS


def _locked(provider: str, level: str) -> Circuit:
    """Return the circuit, locked; while it is closed, what was long ago does not count."""
    rows = Circuit.objects.filter(provider=provider, level=level)
    (circuit,) = lock_or_create(rows, [Circuit(provider=provider, level=level)], key="level")
    if circuit.open_until is None and timezone.now() - circuit.changed_at > REMEMBERED:
        circuit.failures = circuit.refusals = 0
        circuit.refused = {}
    return circuit


def _open(circuit: Circuit, reason: str) -> None:
    pause = min(FIRST_PAUSE * 2 ** min(circuit.openings, 10), LONGEST_PAUSE)
    circuit.open_until, circuit.openings = timezone.now() + pause, circuit.openings + 1
    circuit.reason = reason[:300]
    logger.error("Provider %r is not asked for %s: %s", circuit.provider, pause, reason)


def take_turns(provider: str, count: int, *, within: timedelta) -> Slots:
    """Reserve up to `count` slots of the rate limit of `provider` that begin `within` a time.

    Runs inside the caller's transaction, so that a rollback frees the slots.
    """
    step = int(SPARE * 1_000_000 / app_settings.THROUGHPUT)
    rows = Pace.objects.filter(provider=provider)
    (pace,) = lock_or_create(rows, [Pace(provider=provider)], key="provider")
    now = int(time.time() * 1_000_000)  # not before the wait for the lock
    lead = min((count - 1) * step, LONGEST_LEAD // timedelta(microseconds=1))
    first, reach = max(pace.next_at, now + lead), within // timedelta(microseconds=1)
    turns = [at - now for at in range(first, first + count * step, step) if at - now <= reach]
    following = first + len(turns) * step
    if turns:
        rows.update(next_at=following)
    return Slots(
        delays=[timedelta(microseconds=turn) for turn in turns],
        following=timedelta(microseconds=following - now),
        charged=pace.charged,
    )
