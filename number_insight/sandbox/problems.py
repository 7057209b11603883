"""Errors of a whole request, as ``application/problem+json``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import uuid4

from number_insight.sandbox.exchange import Reply

CONTENT_TYPE = "application/problem+json"
_PAGE = "https://developer.vonage.com/api-errors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One kind of error: its HTTP status, the end of its type, and its words."""

    status: int
    type: str
    title: str
    detail: str


INVALID_JSON = Problem(
    status=400,
    type="invalid-json",
    title="Malformed JSON",
    detail="The request is not a JSON object",
)
UNAUTHORIZED = Problem(
    status=401,
    type="unauthorized",
    title="Unauthorized",
    detail="You did not provide correct credentials",
)
LOW_BALANCE = Problem(
    status=402,
    type="low-balance",
    title="Low balance",
    detail="This request could not be performed due to your account balance being low",
)
FORBIDDEN = Problem(
    status=403,
    type="forbidden",
    title="Forbidden",
    detail="Your account does not have permission to perform this action",
)
METHOD_NOT_ALLOWED = Problem(
    status=405,
    type="method-not-allowed",
    title="Method not allowed",
    detail="This address takes POST alone",
)
CONTENT_TYPE_HEADER = Problem(
    status=415,
    type="content-type-header",
    title="Invalid Content-Type header",
    detail="Send the header Content-Type: application/json",
)
VALIDATION = Problem(
    status=422,
    type="validation",
    title="Bad Request",
    detail="The request failed due to validation errors",
)
RATE_LIMIT = Problem(
    status=429,
    type="rate-limit",
    title="Rate Limited",
    detail="You have exceeded your allowed limit of requests; please wait",
)
INTERNAL_ERROR = Problem(
    status=500,
    type="internal-error",
    title="Internal error",
    detail="There was an error processing your request",
)
SERVICE_UNAVAILABLE = Problem(
    status=503,
    type="service-unavailable",
    title="Service unavailable",
    detail="The upstream service could not be invoked",
)


def problem_reply(
    problem: Problem, invalid: Iterable[tuple[str, str]] = (), detail: str = ""
) -> Reply:
    """Return the reply of `problem`; `invalid` are names of parameters with the reasons."""
    document: dict[str, object] = {
        "type": f"{_PAGE}#{problem.type}",
        "title": problem.title,
        "detail": detail or problem.detail,
        "instance": str(uuid4()),
    }
    entries = [{"name": name, "reason": reason} for name, reason in invalid]
    if entries:
        document["invalid_parameters"] = entries
    return Reply(
        status=problem.status, body=json.dumps(document).encode(), content_type=CONTENT_TYPE
    )
