"""The meanings of a provider's statuses: the exception for each, and a sentence for the operator.

Each provider has its own table of HTTP statuses; what most services mean by them is `USUAL`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from number_insight.exceptions import BadCredentials, Busy, Gone, NoAnswer, ProviderError, Uncertain
from number_insight.providers.http import Response
from number_insight.wording import with_detail


@dataclass(frozen=True, slots=True)
class Meaning:
    """The meaning of a status: the exception to raise, and its sentence for the operator.

    The sentence is marked for translation by its place.
    """

    error: type[ProviderError]
    sentence: str

    def as_error(
        self, *, status: int | None = None, http_status: int | None = None, request_id: str = ""
    ) -> ProviderError:
        """Return the exception with its sentence."""
        return self.error(
            self.sentence, status=status, http_status=http_status, request_id=request_id
        )


USUAL: Mapping[int, Meaning] = MappingProxyType(
    {
        400: Meaning(
            NoAnswer,
            "The provider did not accept the request, as malformed (HTTP 400); check the number, "
            "and base_url.",
        ),
        401: Meaning(
            BadCredentials,
            "The provider did not accept our credentials (HTTP 401); check them in OPTIONS.",
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

OTHER_REFUSAL = Meaning(
    NoAnswer,
    "The provider did not accept the request; check base_url and the provider's documents.",
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


@dataclass(frozen=True, slots=True, kw_only=True)
class HTTPMeanings:
    """The meanings of one provider's HTTP statuses; those of `answers` leave it to the body."""

    known: Mapping[int, Meaning]
    answers: frozenset[int] = frozenset({200, 201, 202})

    def meaning(self, code: int) -> Meaning | None:
        """Return the meaning of the HTTP status `code`, or None if the body decides."""
        if code in self.answers:
            return None
        if code in self.known:
            return self.known[code]
        if 300 <= code < 400:
            return REDIRECT
        return OTHER_REFUSAL if 400 <= code < 500 else OTHER_HTTP

    def error(self, code: int, *, request_id: str = "") -> ProviderError | None:
        """Return the exception for the HTTP status `code`, or None if the body decides."""
        meaning = self.meaning(code)
        if meaning is None:
            return None
        if code not in self.known:
            sentence = with_detail(meaning.sentence, f"HTTP {code}")
            meaning = replace(meaning, sentence=sentence)
        return meaning.as_error(http_status=code, request_id=request_id)

    def raise_for(self, response: Response) -> None:
        """Raise the exception for the HTTP status of `response`, unless its body decides."""
        error = self.error(response.status)
        if error is not None:
            raise error
