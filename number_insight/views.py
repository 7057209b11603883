"""The webhook: where a provider posts the answer to an asynchronous lookup."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import UnreadablePostError
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from number_insight import loading
from number_insight.exceptions import BadCallback, place
from number_insight.lookups import callbacks
from number_insight.models import Lookup
from number_insight.screening import webhook

logger = logging.getLogger("number_insight.views")

MAX_BODY = 64 * 1024
"""Bytes; a real answer has about 2 KiB."""


class _Whatever(BaseContentNegotiation):
    """Answers in JSON whatever the sender accepts: a paid answer is not lost for a header."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


@method_decorator(
    (csrf_exempt, login_not_required, transaction.non_atomic_requests), name="dispatch"
)
class CallbackView(APIView):
    """Takes an answer for the lookup that the token in the path opens.

    The order matters: what costs nothing is checked first, and the token before any row is read.
    A bad token and an unknown lookup look the same (404). Duplicates and late answers get 200
    and change nothing. A fault of ours gets 503, since the sender tries for 24 hours.
    """

    # A provider cannot log in, and a throttled answer is a lost one. What the project has set
    # for its own API is none of this view's.
    authentication_classes = []
    permission_classes = []
    throttle_classes = []
    renderer_classes = [JSONRenderer]
    content_negotiation_class = _Whatever
    versioning_class = None
    metadata_class = None
    schema = None

    def post(self, request: Request, token: str) -> Response:
        """Answer 200 once the answer is stored."""
        lookup_id = callbacks.lookup_id_of(token)
        if lookup_id is None:
            return _answer(404)
        try:
            if request._request.content_type not in loading.callback_types():
                return _answer(415)
            body = _read(request)
            if body is None:
                return _answer(413)
            webhook.absorb(lookup_id, body)
        except Lookup.DoesNotExist:
            return _answer(404)
        except UnreadablePostError:  # it hung up, and comes again
            return _answer(400)
        except BadCallback as error:
            logger.warning("Lookup %s: the callback is no answer: %s", lookup_id, error)
            return _answer(400)
        except Exception as error:  # whatever it is, the fault is ours: the sender comes again
            logger.error("Lookup %s: the callback was not stored (%s).", lookup_id, place(error))
            return _answer(503)
        return _answer(200)

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        return response


def _read(request: Request) -> bytes | None:
    """Return the body, or None if it is too large; no more than the cap is ever read."""
    try:
        announced = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return None
    if announced > MAX_BODY:
        return None
    body: bytes = request._request.read(MAX_BODY + 1)
    return body if len(body) <= MAX_BODY else None


_TEXTS = {
    200: "ok",
    400: "not an answer",
    404: "not found",
    413: "too large",
    415: "not a type that we asked for",
    503: "try again later",
}


def _answer(status: int) -> Response:
    return Response({"detail": _TEXTS[status]}, status=status)
