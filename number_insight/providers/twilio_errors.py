"""The errors of Twilio Lookup v2: of the whole request, and of each package in an answer.

Codes: https://www.twilio.com/docs/api/errors.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from number_insight.exceptions import (
    BadCredentials,
    Busy,
    NoAnswer,
    NoCredit,
    NotAllowed,
    NumberRefused,
    ProviderError,
    Uncertain,
)
from number_insight.providers import scalars
from number_insight.providers.documents import Unreadable, read_json
from number_insight.providers.http import Response
from number_insight.providers.meanings import USUAL, HTTPMeanings, Meaning
from number_insight.wording import gettext_noop, with_detail


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageError:
    """The meaning of a package's ``error_code``.

    `reason` is why its signals are not told, None if they are. `error` is raised if nothing that
    costs money was answered. `is_paid` says whether the package counts as paid.
    """

    reason: str | None
    error: type[ProviderError] | None = None
    is_paid: bool = False
    is_region: bool = False
    """Whether ``base_url`` is of the wrong region."""


logger = logging.getLogger("number_insight.providers.twilio")

_NOT_AUTHORIZED = (
    "The account at Twilio may not use the package %s here (error %s); have it approved, or leave "
    "it out of packages."
)
_WRONG_REGION = (
    "Twilio has the package %s in another region (error %s); check base_url, and that the key is "
    "of the same region."
)
_warned: set[tuple[str, int | None]] = set()

CANCELLED = 60625
"""The code of a number that was given up, evidence that it is dead."""

_UNCOVERED = PackageError(reason="no_coverage")
_FORBIDDEN = PackageError(reason="not_authorized", error=NotAllowed)
_LIMITED = PackageError(reason="failed", error=Busy)
_FOREIGN = PackageError(reason="failed", is_region=True)
_MALFORMED = PackageError(reason="failed")
_USABLE = PackageError(reason=None, is_paid=True)

PACKAGE_ERRORS: Mapping[int, PackageError] = MappingProxyType(
    {
        60600: _UNCOVERED,
        60601: PackageError(reason="not_authorized"),  # Canadian numbers alone: others are told
        60606: _FORBIDDEN,
        60607: _UNCOVERED,
        60608: PackageError(reason="failed", error=NoAnswer),
        60609: _FORBIDDEN,
        60610: _UNCOVERED,
        60611: _LIMITED,
        60612: PackageError(reason="not_applicable"),
        60613: _USABLE,  # degraded: from a second source
        60614: _FOREIGN,
        60616: _LIMITED,
        60617: _MALFORMED,
        60618: _MALFORMED,
        60619: _FOREIGN,
        60620: PackageError(reason="not_found", is_paid=True),  # billed since 2025-01-21
        60621: _USABLE,  # the carrier is unknown, the change of the SIM is told
        60622: PackageError(reason="not_found"),
        60623: PackageError(reason="not_found"),
        60624: _LIMITED,
        CANCELLED: PackageError(reason="not_applicable"),
        60626: _LIMITED,
        60699: _FORBIDDEN,
    }
)
OTHER_PACKAGE_ERROR = PackageError(reason="failed", error=NoAnswer)

NOTHING_ANSWERED: Mapping[type[ProviderError], str] = MappingProxyType(
    {
        Busy: gettext_noop(
            "Twilio limits us for now; it is asked again later, and if this happens often, lower "
            "THROUGHPUT."
        ),
        NotAllowed: gettext_noop(
            "The account at Twilio may not use what was asked; have it approved, or leave it out "
            "of packages."
        ),
        NoAnswer: gettext_noop("Twilio's own sources failed; review this number by hand."),
    }
)
"""The exceptions of an answer in which nothing that costs money was answered, the first first."""

HTTP_STATUSES: Mapping[int, Meaning] = MappingProxyType(
    {
        **USUAL,
        403: Meaning(
            NotAllowed,
            "Twilio forbids us this request (HTTP 403); check that the credentials are not those "
            "for tests, and what the account may do.",
        ),
        503: Meaning(
            Uncertain,
            "A proxy says that Twilio is unavailable (HTTP 503); check the lookup in Twilio's "
            "console before it is bought again.",
        ),
    }
)
HTTP = HTTPMeanings(known=HTTP_STATUSES)

CODES: Mapping[int, Meaning] = MappingProxyType(
    {
        10001: Meaning(
            NoCredit,
            "The account at Twilio is not active (10001); top it up, or ask Twilio's support.",
        ),
        20003: Meaning(
            BadCredentials,
            "Twilio did not accept our credentials (20003); check them in OPTIONS, and that they "
            "are of the region of base_url.",
        ),
        20005: Meaning(
            NoCredit,
            "The account at Twilio is not active (20005); top it up, or ask Twilio's support.",
        ),
        20404: Meaning(
            NumberRefused,
            "Twilio knows no such number (20404); nothing is to be done.",
        ),
        20429: Meaning(
            Busy,
            "Twilio throttles us (20429); lower THROUGHPUT if this happens often.",
        ),
        20503: Meaning(
            Busy,
            "Twilio is unavailable (20503); it is asked again later.",
        ),
    }
)
"""The codes in Twilio's own body, which tell more than the HTTP status."""

INVALID = Meaning(
    NumberRefused,
    "Twilio does not take this for a phone number; nothing is to be done.",
)


def package_error(value: object) -> tuple[int | None, PackageError] | None:
    """Return the code and the meaning of an ``error_code``, or None if all is well."""
    if value in (None, "", 0, "0", False):
        return None
    code = scalars.integer(value)
    return code, PACKAGE_ERRORS.get(code or 0, OTHER_PACKAGE_ERROR)


def http_error(response: Response) -> ProviderError | None:
    """Return the exception for the status of `response`, or None if it is an answer."""
    request_id = request_id_of(response)
    usual = HTTP.error(response.status, request_id=request_id)
    code = _code(response) if response.status >= 400 else None
    meaning = CODES.get(code or 0)
    if usual is None or meaning is None:
        return usual
    return meaning.as_error(status=code, http_status=response.status, request_id=request_id)


def item_error(value: object, request_id: str) -> ProviderError | None:
    """Return the exception for the ``twilio_error_code`` of an item, or None if all is well."""
    found = package_error(value)
    if found is None:
        return None
    code, about = found
    meaning = CODES.get(code or 0)
    if meaning is not None:
        return meaning.as_error(status=code, request_id=request_id)
    kind = about.error or NoAnswer
    return kind(with_detail(NOTHING_ANSWERED[kind], code), status=code, request_id=request_id)


def warn(package: str, code: int | None, about: PackageError) -> None:
    """Log once in this process that a package is not told for a reason that an operator mends."""
    if (package, code) in _warned or not (about.is_region or about.reason == "not_authorized"):
        return
    _warned.add((package, code))
    logger.warning(_WRONG_REGION if about.is_region else _NOT_AUTHORIZED, package, code)


def request_id_of(response: Response) -> str:
    """Return the request id in the headers, or "" if there is none."""
    return scalars.request_id(response.headers.get("twilio-request-id"))


def _code(response: Response) -> int | None:
    """Return the code in the body; there are two forms of it, and both have this member."""
    try:
        return scalars.integer(read_json(response.body).get("code"))
    except Unreadable:
        return None
