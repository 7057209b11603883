"""Calling: claimed questions are put to their providers, several at once, in no transaction."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue

from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.views.decorators.debug import sensitive_variables

from number_insight import exceptions, lookups
from number_insight.exceptions import place
from number_insight.insight import Insight
from number_insight.lookups import Claim
from number_insight.providers.base import Acknowledgement

logger = logging.getLogger("number_insight.calling")

GATHERING, LONGEST_GATHERING = 0.02, 0.15
"""Seconds that answers wait for another one, and at most, so that they are saved together."""
CUT_SHORT = "The call was cut short; it may have been paid."

Answer = Insight | Acknowledgement
Back = tuple[list[tuple[Claim, Answer]], list[tuple[Claim, exceptions.ProviderError]]]
"""What came back of some calls: the answers, and what there was instead of one."""
Result = tuple[Claim, Answer | exceptions.ProviderError]


def ask_all(claims: Sequence[Claim], keep: Callable[[Back], None]) -> None:
    """Put the questions of `claims`; `keep` what has come back as soon as something has.

    What comes while that is kept is kept together afterwards. What cannot be kept costs nothing
    of the rest, which is paid as well; the first failure is raised when all is over.
    """
    back, left, failures = _put(claims), len(claims), list[Exception]()
    while left:
        results = _gather(back, left)
        left -= len(results)
        try:
            keep(_back(results))
        except Exception as error:  # raised below
            failures.append(error)
    if failures:
        raise failures[0]


def _put(claims: Sequence[Claim]) -> SimpleQueue[Result]:
    """Put each question in a thread of its own, or a single one at once; return what comes back.

    Where the machine gives no more threads, those that there are ask one after the other.
    """
    todo, back = SimpleQueue[Claim](), SimpleQueue[Result]()
    for claim in claims:
        todo.put(claim)
    try:
        for _ in claims if len(claims) > 1 else ():
            name = "number_insight-call"
            threading.Thread(target=_serve, args=(todo, back), name=name, daemon=True).start()
    except RuntimeError as error:
        logger.warning("Not all calls have a thread of their own: %s.", error)
        _work_off(todo, back)
    if len(claims) == 1:
        _work_off(todo, back)
    return back


def _serve(todo: SimpleQueue[Claim], back: SimpleQueue[Result]) -> None:
    try:
        _work_off(todo, back)
    finally:
        # A provider may keep a token in a cache, and the project its cache in the database.
        connections.close_all()


def _work_off(todo: SimpleQueue[Claim], back: SimpleQueue[Result]) -> None:
    """Ask until nothing is left to ask; something comes back for each question."""
    while not todo.empty():
        try:
            claim = todo.get_nowait()
        except Empty:
            return
        result: Answer | exceptions.ProviderError = exceptions.Uncertain(CUT_SHORT)
        try:
            result = ask(claim)
        finally:
            back.put((claim, result))


def _gather(back: SimpleQueue[Result], most: int) -> list[Result]:
    """Return what has come back, and what else comes while they follow one another closely."""
    results = [back.get()]
    until = time.monotonic() + LONGEST_GATHERING
    while len(results) < most:
        try:
            patience = min(GATHERING, until - time.monotonic())
            results.append(back.get(timeout=max(patience, 0)))
        except Empty:
            break
    return results


def _back(results: Sequence[Result]) -> Back:
    answers: Back = ([], [])
    for claim, result in results:
        if isinstance(result, exceptions.ProviderError):
            answers[1].append((claim, result))
        else:
            answers[0].append((claim, result))
    return answers


@sensitive_variables()
def ask(claim: Claim) -> Answer | exceptions.ProviderError:
    """Make one call; return what there was instead of an answer, and what that means."""
    try:
        return lookups.ask(claim)
    except exceptions.ProviderError as error:
        return error
    except (ImproperlyConfigured, exceptions.Unsupported) as error:
        return exceptions.NotAllowed(str(error))
    except Exception as error:  # a stranger's provider: whether it has paid is unknown
        logger.error("Provider %s raised %s.", claim.lookup.provider, place(error))
        text = f"The provider raised {type(error).__name__}; it may have been paid. See the log."
        return exceptions.Uncertain(text)
