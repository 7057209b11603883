"""Calls: claimed questions, put to their providers concurrently and outside any transaction."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from queue import Empty, SimpleQueue
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.views.decorators.debug import sensitive_variables

from number_insight import exceptions, loading, tracing
from number_insight.conf import app_settings
from number_insight.exceptions import place
from number_insight.lookups.claims import Claim
from number_insight.lookups.outcomes import Outcome, Result
from number_insight.providers import threads, transport
from number_insight.providers.base import Provider
from number_insight.providers.vocabulary import acknowledged, sound
from number_insight.wording import gettext_noop, with_detail

T = TypeVar("T")

logger = logging.getLogger("number_insight.lookups.calls")

GATHERING, LONGEST_GATHERING = 0.02, 0.15
"""Seconds to wait for one more answer, and for all in a batch, so that they are saved together."""
WIDEST_GAP = 0.1
"""The longest delay of a call after the one before it, in seconds."""
NEVER_SENT = (ImproperlyConfigured, exceptions.Unsupported)
"""The exceptions besides `ProviderError` by which a provider says that it has asked nothing."""
CUT_SHORT = gettext_noop("The call was cut short; it may have been paid.")
RAISED_AFTER = gettext_noop("The provider raised an error, and may have been paid; see the log.")
RAISED_BEFORE = gettext_noop("The provider raised an error before it sent anything; see the log.")
NOT_ASKED = gettext_noop("A fault of ours kept it from being asked; see the log.")


def put(claims: Sequence[Claim]) -> Iterator[list[Outcome]]:
    """Make the calls of `claims`, and yield their outcomes in batches as they arrive.

    Outcomes that arrive while the caller saves a batch form the next one.
    """
    outcomes, left = _start(claims), len(claims)
    while left:
        batch = _gather(outcomes, left)
        left -= len(batch)
        yield batch


def _start(claims: Sequence[Claim]) -> SimpleQueue[Outcome]:
    """Make each call in a thread of its own; return the queue of their outcomes.

    A single call is made in the current thread. If the machine cannot start enough threads, the
    running ones and the current one share the calls.
    """
    claimed, outcomes = SimpleQueue[Claim](), SimpleQueue[Outcome]()
    for claim in claims:
        claimed.put(claim)
    run = tracing.bind(_run_thread)
    try:
        for _ in claims if len(claims) > 1 else ():
            threads.start(partial(run, claimed, outcomes), name="number_insight-call")
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
        # A provider may cache a token, and the project's cache may be in the database.
        connections.close_all()


def _run(claimed: SimpleQueue[Claim], outcomes: SimpleQueue[Outcome]) -> None:
    """Make calls until the queue is empty; each has an outcome, even after an exception."""
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
    """Return the next outcome and others that follow it closely, up to `limit` in all."""
    batch = [outcomes.get()]
    deadline = time.monotonic() + LONGEST_GATHERING
    while len(batch) < limit:
        try:
            timeout = min(GATHERING, deadline - time.monotonic())
            batch.append(outcomes.get(timeout=max(timeout, 0)))
        except Empty:
            break
    return batch


@sensitive_variables()
def attempt(provider: Provider, name: str, ask: Callable[[], T]) -> T:
    """Return the result of `ask`, which calls `provider` once.

    An exception that a provider should not raise becomes `Uncertain`; or `NotSent`, where the
    transport knows that no byte was sent.
    """
    with tracing.span("call", provider=name):
        return _attempt(provider, name, ask)


@sensitive_variables()
def _attempt(provider: Provider, name: str, ask: Callable[[], T]) -> T:
    with transport.watching() as watch:
        try:
            return ask()
        except exceptions.ProviderError:
            raise
        except Exception as error:  # a third party's provider may have paid before it raised
            if isinstance(error, NEVER_SENT) and not watch.was_sent:
                raise
            logger.error("Provider %s raised %s.", name, place(error))
            kind, was_sent = type(error).__name__, watch.was_sent or not provider.uses_transport
    if was_sent:
        raise exceptions.Uncertain(with_detail(RAISED_AFTER, kind))
    raise exceptions.NotSent(with_detail(RAISED_BEFORE, kind))


@sensitive_variables()
def call(claim: Claim) -> Result:
    """Make the one call; return the answer, or the exception in place of one."""
    try:
        return _call_in_turn(claim)
    except exceptions.ProviderError as error:
        return error
    except (ImproperlyConfigured, exceptions.Unsupported) as error:
        return exceptions.NotAllowed(str(error))
    except Exception as error:  # ours, before the provider was called
        logger.error("Lookup %s was not asked: %s.", claim.lookup.pk, place(error))
        return exceptions.NotSent(with_detail(NOT_ASKED, type(error).__name__))


def _call_in_turn(claim: Claim) -> Result:
    name, question = claim.lookup.provider, claim.question
    provider = loading.provider(name)
    time.sleep(max(claim.turn - time.monotonic(), 0))
    _spacing.wait(name)
    if claim.lookup.delivery == "async":
        url = claim.callback_url
        return attempt(provider, name, lambda: acknowledged(provider.submit(question, url)))
    return attempt(provider, name, lambda: sound(provider.lookup(question)))


class _Spacing:
    """The gaps between the calls of this process, so that late ones are no thundering herd."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last: dict[str, float] = {}

    def wait(self, provider: str) -> None:
        """Sleep until the last call to `provider` is as long ago as ``THROUGHPUT`` demands."""
        with self._lock:
            now = time.monotonic()
            gap = min(1 / app_settings.THROUGHPUT, WIDEST_GAP)
            at = max(now, self._last.get(provider, 0.0) + gap)
            self._last[provider] = at
        time.sleep(at - now)


_spacing = _Spacing()
