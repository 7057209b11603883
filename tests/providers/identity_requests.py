"""The provider of Identity Insights against a sandbox, and its requests."""

from __future__ import annotations

import json
from typing import Any

from number_insight.providers.base import Question
from number_insight.providers.identity import IdentityInsights
from tests.support import keys
from tests.support.stubs import Seen, Stub, says

OPTIONS: dict[str, Any] = {"application_id": keys.APPLICATION, "private_key": keys.private_key()}


ANSWER = {"request_id": "r", "insights": {"format": {"status": {"code": "OK"}}}}


def asked(level: str = "advanced", **options: Any) -> Seen:
    """Return the request that a question at `level` becomes."""
    with Stub(says(200, ANSWER)) as stub:
        provider = IdentityInsights(**{**OPTIONS, **options}, base_url=stub.url)
        provider.lookup(Question(number="+447700900123", level=level, ip="123.0.0.255"))
    (request,) = stub.requests
    return request


def document(request: Seen) -> Any:
    return json.loads(request.raw.partition(b"\r\n\r\n")[2])
