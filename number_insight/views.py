"""The webhook, to which a provider posts the answer to an asynchronous lookup."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import transaction
from django.http import UnreadablePostError
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler

from number_insight import loading, tracing
from number_insight.exceptions import BadCallback, Retired, place
from number_insight.lookups import callbacks
from number_insight.models import Lookup
from number_insight.screening import webhook

logger = logging.getLogger("number_insight.views")

MAX_BODY = 64 * 1024
"""The largest body that is read, in bytes; a real answer has about 2 KiB."""


class _JSONOnly(BaseContentNegotiation):
    """Content negotiation that ignores ``Accept``: no paid answer is lost for a header."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type


@method_decorator(
    (csrf_exempt, login_not_required, transaction.non_atomic_requests), name="dispatch"
)
class CallbackView(APIView):
    """Receive the answer to the lookup that the token in the path belongs to.

    The cheapest checks come first, and the token is checked before any query. A bad token and an
    unknown lookup get the same 404. Duplicates and late answers get 200 and change nothing. Our own
    errors get 503, since the sender retries for 24 hours. A day after its provider was switched off
    a good token gets 410.
    """

    # A provider cannot log in, and a throttled answer is lost. The project's defaults for its own
    # API do not apply here.
    authentication_classes = []
    permission_classes = []
    throttle_classes = []
    renderer_classes = [JSONRenderer]
    content_negotiation_class = _JSONOnly
    versioning_class = None
    metadata_class = None
    schema = None

    @method_decorator(sensitive_variables())
    def post(self, request: Request, token: str) -> Response:
        """Return 200 once the answer is stored."""
        lookup_id = None
        try:
            lookup_id = callbacks.lookup_id_of(token)
            if lookup_id is None:
                return _answer(404)
            if request._request.content_type not in loading.callback_types():
                return _answer(415)
            body = _read(request)
            if body is None:
                return _answer(413)
            if lookup_id == callbacks.PROBE:
                return _answer(200, received=len(body))
            with tracing.span("callback", lookup=lookup_id):
                webhook.absorb(lookup_id, body)
        except Lookup.DoesNotExist:
            return _answer(404)
        except Retired:
            return _answer(410)
        except UnreadablePostError:  # the sender broke the connection off, and will retry
            return _answer(400)
        except BadCallback as error:
            logger.warning("Lookup %s: the callback is no answer: %s", lookup_id, error)
            return _answer(400)
        except Exception as error:  # any error is ours, and the sender will retry
            logger.error("Lookup %s: the callback was not stored (%s).", lookup_id, place(error))
            return _answer(503)
        return _answer(200)

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        # Django would log the path of what is no success, and mail it to ADMINS. It holds the
        # token, which is all that it takes to forge an answer.
        response._has_been_logged = True  # type: ignore[attr-defined]
        return response

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Response | None]:
        # The project's own handler may log the path as well.
        return exception_handler


def _read(request: Request) -> bytes | None:
    """Return the body, or None if it is larger than `MAX_BODY`, beyond which nothing is read."""
    try:
        announced = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return None
    if announced > MAX_BODY:
        return None
    body: bytes = request._request.read(MAX_BODY + 1)
    if not body and request.META.get("wsgi.input_terminated"):
        body = _read_chunked(request.META["wsgi.input"])
    return body if len(body) <= MAX_BODY else None


def _read_chunked(stream: Any) -> bytes:
    """Return the beginning of a body whose length was not announced.

    Under WSGI Django reads no further than the announced length; a server that sets
    ``wsgi.input_terminated`` ends such a body by itself.
    """
    try:
        body: bytes = stream.read(MAX_BODY + 1)
    except OSError as error:
        raise UnreadablePostError(*error.args) from error
    return body


_TEXTS = {
    200: "ok",
    400: "not an answer",
    404: "not found",
    410: "this provider is switched off",
    413: "too large",
    415: "not a type that we asked for",
    503: "try again later",
}


def _answer(status: int, **facts: int) -> Response:
    return Response({"detail": _TEXTS[status], **facts}, status=status)
