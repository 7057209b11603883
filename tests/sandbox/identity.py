"""Questions to the Identity Insights of the sandbox."""

from __future__ import annotations

from typing import Any

import requests

from number_insight.sandbox.identity import PATH
from number_insight.sandbox.identity_answers import PURPOSE
from number_insight.sandbox.server import Sandbox
from tests.sandbox.conftest import CLEAN
from tests.support import keys

ALL: dict[str, dict[str, Any]] = {
    "format": {},
    "original_carrier": {},
    "current_carrier": {},
    "sim_swap": {"period": 240},
    "device_swap": {},
    "roaming": {},
    "reachability": {},
    "subscriber_match": {"given_name": "Ada", "postal_code": "00000"},
    "location_verification": {
        "location": {
            "type": "CIRCLE",
            "radius": 5000,
            "center": {"latitude": 59.3, "longitude": 18.1},
        }
    },
}


CARRIERS: dict[str, Any] = {"format": {}, "original_carrier": {}, "current_carrier": {}}


def post(sandbox: Sandbox, document: Any = None, *, token: str | None = None, **how: Any) -> Any:
    """Return the response to `document`, by default a question about the clean mobile."""
    headers = {"Authorization": f"Bearer {keys.token() if token is None else token}"}
    body = {"phone_number": CLEAN[1:], "insights": CARRIERS} if document is None else document
    given = {"json": body} if not isinstance(body, bytes) else {"data": body}
    headers |= how.pop("headers", {})
    return requests.post(sandbox.url + PATH, headers=headers, timeout=5, **{**given, **how})


def insights(sandbox: Sandbox, number: str, asked: Any = None, purpose: str = PURPOSE) -> Any:
    document = {"phone_number": number, "purpose": purpose, "insights": asked or ALL}
    response = post(sandbox, document)
    assert response.status_code == 200
    return response.json()["insights"]
