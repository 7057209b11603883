"""The statuses of Number Insight: the exception for each, and a sentence for the operator.

The HTTP status decides first. Vonage answers almost everything with 200 and a status in the body,
the KPN API store with HTTP statuses. Codes: https://developer.vonage.com/en/api/number-insight.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from number_insight.exceptions import (
    BadCredentials,
    Busy,
    Gone,
    NoAnswer,
    NoCredit,
    NotAllowed,
    NumberRefused,
    ProviderError,
    Uncertain,
)
from number_insight.providers.http import Response
from number_insight.providers.scalars import scrubbed

ANSWERED = frozenset({0, 43, 44, 45})
"""The statuses with an answer; under 43, 44 and 45 it is partial, and paid for."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """The meaning of a status: the exception to raise, and its sentence for the operator."""

    error: type[ProviderError]
    sentence: str


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
            "The provider refused our credentials; check them, and that the account is enabled.",
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
            "The provider refused our signature; check signature_secret, signature_method and "
            "the clock of this machine.",
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
        400: Meaning(
            NoAnswer,
            "The provider refused the request as malformed (HTTP 400); check the number, and "
            "base_url.",
        ),
        401: Meaning(
            BadCredentials,
            "The provider refused our credentials (HTTP 401); check them in OPTIONS.",
        ),
        403: Meaning(
            BadCredentials,
            "The provider forbids us this request (HTTP 403); check the credentials and what "
            "the account may do.",
        ),
        404: Meaning(
            Gone,
            "The provider knows no such address (HTTP 404); check base_url, and whether the "
            "service is still there.",
        ),
        405: Meaning(
            NoAnswer,
            "The provider's address takes no POST (HTTP 405); check base_url.",
        ),
        408: Meaning(
            Uncertain,
            "The provider gave up waiting (HTTP 408); check the lookup in the provider's "
            "dashboard before it is bought again.",
        ),
        410: Meaning(
            Gone,
            "The service is gone (HTTP 410); choose another provider in PROVIDERS.",
        ),
        412: Meaning(
            NoAnswer,
            "The provider refused a condition of the request (HTTP 412); check base_url.",
        ),
        420: Meaning(
            Busy,
            "The provider throttles us (HTTP 420); lower THROUGHPUT if this happens often.",
        ),
        429: Meaning(
            Busy,
            "The provider throttles us (HTTP 429); lower THROUGHPUT if this happens often.",
        ),
        503: Meaning(
            Busy,
            "The provider is unavailable (HTTP 503); it is asked again later.",
        ),
    }
)

OTHER_STATUS = Meaning(
    NoAnswer, "The provider answered with a status that is in no document; ask its support."
)
OTHER_REFUSAL = Meaning(
    NoAnswer, "The provider refused the request; check base_url and the provider's documents."
)
REDIRECT = Meaning(
    Uncertain,
    "The provider redirected the request, which is never followed; check base_url.",
)
OTHER_HTTP = Meaning(
    Uncertain,
    "The provider failed while it worked on the request; check the lookup in the provider's "
    "dashboard before it is bought again.",
)
UNREADABLE = Meaning(
    Uncertain,
    "The provider's answer could not be read; check base_url, and the lookup in the provider's "
    "dashboard before it is bought again.",
)


def refusal(status: int, *, words: object = "", request_id: str = "") -> ProviderError:
    """Return the exception for a `status` without an answer.

    `words` is the provider's own sentence, quoted without numbers if the status is unknown.
    """
    meaning = STATUSES.get(status)
    if meaning is not None:
        return meaning.error(meaning.sentence, status=status, request_id=request_id)
    said = scrubbed(words)
    sentence = f"{OTHER_STATUS.sentence} (status {status}{f', {said!r}' if said else ''})"
    return OTHER_STATUS.error(sentence, status=status, request_id=request_id)


def http_meaning(code: int) -> Meaning | None:
    """Return the meaning of the HTTP status `code`, or None if the body decides."""
    if code in (200, 201, 202):
        return None
    if code in HTTP_STATUSES:
        return HTTP_STATUSES[code]
    if 300 <= code < 400:
        return REDIRECT
    return OTHER_REFUSAL if 400 <= code < 500 else OTHER_HTTP


def raise_for_http(response: Response) -> None:
    """Raise the exception for the HTTP status of `response`, unless its body decides."""
    meaning = http_meaning(response.status)
    if meaning is None:
        return
    sentence = meaning.sentence
    if response.status not in HTTP_STATUSES:
        sentence = f"{sentence} (HTTP {response.status})"
    raise meaning.error(sentence, http_status=response.status)
