"""Calling: claimed questions are put to their providers, several at once, in no transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

from django.core.exceptions import ImproperlyConfigured
from django.views.decorators.debug import sensitive_variables

from number_insight import exceptions, lookups
from number_insight.insight import Insight
from number_insight.lookups import Claim
from number_insight.providers.base import Acknowledgement
from number_insight.rules.base import place

logger = logging.getLogger("number_insight.calling")

GATHERING = 0.02
"""Seconds that an answer waits for others, so that they are saved together."""

Answer = Insight | Acknowledgement
Back = tuple[list[tuple[Claim, Answer]], list[tuple[Claim, exceptions.ProviderError]]]
"""What came back of some calls: the answers, and what there was instead of one."""


def ask_all(claims: Sequence[Claim], keep: Callable[[Back], None]) -> None:
    """Put the questions of `claims`; `keep` what has come back as soon as something has.

    What comes while that is kept is kept together afterwards.
    """
    if len(claims) == 1:
        keep(_back([(claims[0], ask(claims[0]))]))
    elif claims:
        with ThreadPoolExecutor(len(claims), "number_insight-call") as pool:
            calls = {pool.submit(ask, claim): claim for claim in claims}
            pending = set(calls)
            while pending:
                wait(pending, return_when=FIRST_COMPLETED)
                done, pending = wait(pending, timeout=GATHERING)
                keep(_back([(calls[call], call.result()) for call in done]))


def _back(results: Sequence[tuple[Claim, Answer | exceptions.ProviderError]]) -> Back:
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
