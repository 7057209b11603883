"""The statuses of Number Insight, and their meanings.

The HTTP status decides first. Vonage answers almost everything with 200 and a status in the body,
the KPN API store with HTTP statuses. Codes: https://developer.vonage.com/en/api/number-insight.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from number_insight.exceptions import (
    BadCredentials,
    Busy,
    NoAnswer,
    NoCredit,
    NotAllowed,
    NumberRefused,
    ProviderError,
)
from number_insight.providers.meanings import USUAL, HTTPMeanings, Meaning
from number_insight.providers.scalars import scrubbed
from number_insight.wording import with_detail

ANSWERED = frozenset({0, 43, 44, 45})
"""The statuses with an answer; under 43, 44 and 45 it is partial, and paid for."""


STATUSES: Mapping[int, Meaning] = MappingProxyType(
    {
        1: Meaning(
            Busy,
            "The provider is busy or throttles us; it is asked again later, and if this happens "
            "often, lower THROUGHPUT.",
        ),
        3: Meaning(
            NumberRefused,
            "The provider does not take this for a phone number; nothing is to be done.",
        ),
        4: Meaning(
            BadCredentials,
            "The provider did not accept our credentials; check them, and that the account is "
            "enabled.",
        ),
        5: Meaning(
            NoAnswer,
            "The provider had an internal error, which it also reports for odd numbers; review "
            "this number by hand.",
        ),
        9: Meaning(
            NoCredit,
            "The account at the provider is out of credit; top it up.",
        ),
        14: Meaning(
            BadCredentials,
            "The provider did not accept our signature; check signature_secret, signature_method "
            "and the clock of this machine.",
        ),
        19: Meaning(
            NotAllowed,
            "The account may not use this level or feature; have it enabled, or lower LEVEL.",
        ),
        999: Meaning(
            NumberRefused,
            "The provider could not parse the request; if it says so of many numbers, report a "
            "bug of this package.",
        ),
    }
)

HTTP_STATUSES: Mapping[int, Meaning] = MappingProxyType(
    {
        **USUAL,
        412: Meaning(
            NoAnswer,
            "The provider did not accept a condition of the request (HTTP 412); check base_url.",
        ),
        420: Meaning(
            Busy,
            "The provider throttles us (HTTP 420); lower THROUGHPUT if this happens often.",
        ),
    }
)
HTTP = HTTPMeanings(known=HTTP_STATUSES)
"""The meanings of the HTTP statuses of Number Insight."""

OTHER_STATUS = Meaning(
    NoAnswer, "The provider answered with a status that is in no document; ask its support."
)


def refusal(status: int, *, words: object = "", request_id: str = "") -> ProviderError:
    """Return the exception for a `status` without an answer.

    `words` is the provider's own sentence, quoted without numbers if the status is unknown.
    """
    meaning = STATUSES.get(status)
    if meaning is not None:
        return meaning.as_error(status=status, request_id=request_id)
    said = scrubbed(words)
    detail = f"status {status}{f', {said!r}' if said else ''}"
    sentence = with_detail(OTHER_STATUS.sentence, detail)
    return OTHER_STATUS.error(sentence, status=status, request_id=request_id)
