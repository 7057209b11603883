"""Callbacks as the fake provider sends them, and the request that posts one."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from number_insight.lookups import callbacks
from number_insight.models import Lookup
from number_insight.providers.fake import Fake
from tests.support.stage import the_lookup

ORIGIN = "https://shop.example"
ASYNC = {"DELIVERY": "async", "CALLBACK_BASE_URL": ORIGIN, "LEVEL": "advanced"}


def body_of(asked: int = 0, **facts: Any) -> bytes:
    """Return the callback for one of the questions asked, with `facts` laid over it."""
    found = json.loads(Fake().callback_body(Fake.asked[asked]))
    return json.dumps({**found, **facts}).encode()


def path_of(lookup: Lookup | None = None) -> str:
    """Return the path of the webhook for a lookup, by default the only one."""
    return callbacks.url_for((lookup or the_lookup()).pk).removeprefix(ORIGIN)


def post(body: bytes, path: str = "", **options: Any) -> Any:
    """Post `body` to the webhook of the only lookup, or to `path`, without a CSRF token."""
    told = {"content_type": "application/json", **options}
    return Client(enforce_csrf_checks=True).post(path or path_of(), body, **told)


def post_with_token(token: str, body: bytes) -> tuple[int, bytes]:
    """Post `body` with any token; return the status and the content of the response."""
    response = post(body, f"/number-insight/callback/{token}/")
    return response.status_code, response.content
