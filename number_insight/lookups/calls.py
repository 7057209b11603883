"""Calls: claimed questions are put to their providers side by side, in no transaction."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from queue import Empty, SimpleQueue

from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.views.decorators.debug import sensitive_variables

from number_insight import exceptions, loading
from number_insight.conf import app_settings
from number_insight.exceptions import place
from number_insight.lookups import callbacks
from number_insight.lookups.claims import Claim
from number_insight.lookups.outcomes import Outcome, Result
from number_insight.providers.base import Provider
from number_insight.providers.vocabulary import sound

logger = logging.getLogger("number_insight.lookups.calls")

GATHERING, LONGEST_GATHERING = 0.02, 0.15
"""Seconds that answers wait for the next one, and in all, so that they are saved together."""
WIDEST_GAP = 0.1
"""Seconds at most that a call is held back for the one before it."""
CUT_SHORT = "The call was cut short; it may have been paid."


def put(claims: Sequence[Claim]) -> Iterator[list[Outcome]]:
    """Put the questions of `claims`, and yield what has come back as soon as something has.

    What comes while the caller saves a batch is yielded together as the next one.
    """
    outcomes, left = _start(claims), len(claims)
    while left:
        batch = _gather(outcomes, left)
        left -= len(batch)
        yield batch


def _start(claims: Sequence[Claim]) -> SimpleQueue[Outcome]:
    """Put each question in a thread of its own; return the queue of their outcomes.

    A single question is put here and now. Where the machine gives no more threads, those that
    there are put the questions one after the other.
    """
    claimed, outcomes = SimpleQueue[Claim](), SimpleQueue[Outcome]()
    for claim in claims:
        claimed.put(claim)
    try:
        for _ in claims if len(claims) > 1 else ():
            name = "number_insight-call"
            args = (claimed, outcomes)
            threading.Thread(target=_run_thread, args=args, name=name, daemon=True).start()
    except RuntimeError as error:
        logger.warning("Not all calls have a thread of their own: %s.", error)
        _run(claimed, outcomes)
    if len(claims) == 1:
        _run(claimed, outcomes)
    return outcomes


def _run_thread(claimed: SimpleQueue[Claim], outcomes: SimpleQueue[Outcome]) -> None:
    try:
        _run(claimed, outcomes)
    finally:
        # A provider may keep a token in a cache, and the project its cache in the database.
        connections.close_all()


def _run(claimed: SimpleQueue[Claim], outcomes: SimpleQueue[Outcome]) -> None:
    """Put questions until none is left; each has an outcome, whatever happens."""
    while not claimed.empty():
        try:
            claim = claimed.get_nowait()
        except Empty:
            return
        result: Result = exceptions.Uncertain(CUT_SHORT)
        try:
            result = call(claim)
        finally:
            outcomes.put(Outcome(lookup=claim.lookup, result=result, token=claim.token))


def _gather(outcomes: SimpleQueue[Outcome], limit: int) -> list[Outcome]:
    """Return the next outcome, and up to `limit` with those that follow it closely."""
    batch = [outcomes.get()]
    until = time.monotonic() + LONGEST_GATHERING
    while len(batch) < limit:
        try:
            patience = min(GATHERING, until - time.monotonic())
            batch.append(outcomes.get(timeout=max(patience, 0)))
        except Empty:
            break
    return batch


@sensitive_variables()
def call(claim: Claim) -> Result:
    """Make the one call; return the answer, or the exception that stands for there being none."""
    try:
        return _ask(claim, loading.provider(claim.lookup.provider))
    except exceptions.ProviderError as error:
        return error
    except (ImproperlyConfigured, exceptions.Unsupported) as error:
        return exceptions.NotAllowed(str(error))
    except Exception as error:  # a stranger's provider: whether it has paid is unknown
        logger.error("Provider %s raised %s.", claim.lookup.provider, place(error))
        text = f"The provider raised {type(error).__name__}; it may have been paid. See the log."
        return exceptions.Uncertain(text)


def _ask(claim: Claim, provider: Provider) -> Result:
    time.sleep(max(claim.turn - time.monotonic(), 0))
    _spacing.wait(claim.lookup.provider)
    if claim.lookup.delivery == "async":
        return provider.submit(claim.question, callbacks.url_for(claim.lookup.pk))
    return sound(provider.lookup(claim.question))


class _Spacing:
    """Spaces the calls of this process, so that late ones do not go out as a thundering herd."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[str, float] = {}

    def wait(self, provider: str) -> None:
        """Wait until the last call to `provider` is about as long ago as ``THROUGHPUT`` wants."""
        with self._lock:
            now = time.monotonic()
            gap = min(1 / app_settings.THROUGHPUT, WIDEST_GAP)
            at = max(now, self._last.get(provider, 0.0) + gap)
            self._last[provider] = at
        time.sleep(at - now)


_spacing = _Spacing()
