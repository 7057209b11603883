"""What the tests of the webhook do: have a lookup submitted, and post to it."""

from __future__ import annotations

from typing import Any

from django.test import Client

from number_insight.lookups import callbacks
from number_insight.models import NumberInsightRecord
from number_insight.providers.base import Question
from number_insight.providers.fake import Fake
from tests.support.stage import CLEAN, VIRTUAL, asking, screened, the_lookup

ASYNC = {"DELIVERY": "async", "CALLBACK_BASE_URL": "https://shop.example"}


def submitted(number: str = CLEAN) -> NumberInsightRecord:
    """Return a record that waits for a callback."""
    with asking(**ASYNC):
        return screened(number)


def body_for(number: str = CLEAN, **insight: Any) -> bytes:
    """Return what the fake provider would post as the answer about `number`."""
    return Fake(answers={number: insight}).callback_body(Question(number=number, level="advanced"))


def post(client: Client, body: bytes, token: str | None = None, **headers: Any) -> Any:
    """Post `body` to the webhook of the only lookup, or of `token`."""
    token = callbacks.token_for(the_lookup().pk) if token is None else token
    path = f"/number-insight/callback/{token}/"
    return client.post(path, data=body, content_type="application/json", **headers)


__all__ = ["ASYNC", "CLEAN", "VIRTUAL", "body_for", "post", "submitted"]
