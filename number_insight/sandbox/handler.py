"""From the socket to `Request`, and back."""

from __future__ import annotations

import contextlib
import logging
from http.server import BaseHTTPRequestHandler
from typing import Any, BinaryIO, cast

from number_insight.sandbox import faults, gateway, routes
from number_insight.sandbox.exchange import Reply, Request, Unparseable, json_reply
from number_insight.sandbox.state import State

logger = logging.getLogger("number_insight.sandbox")

MAX_BODY = 64 * 1024
"""Bytes; a longer request gets HTTP 413."""


class Handler(BaseHTTPRequestHandler):
    """Reads requests, has them answered by `number_insight.sandbox.routes`, sends the replies."""

    protocol_version = "HTTP/1.1"
    server_version = "number-insight-sandbox"
    disable_nagle_algorithm = True
    timeout = 60
    state: State

    def handle(self) -> None:
        # Clients hang up at any time: that is what half of the faults are for.
        with contextlib.suppress(OSError, ValueError):
            super().handle()

    def finish(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().finish()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a request line may hold a secret. The ledger tells more anyway."""

    def answer(self) -> None:
        request = self._request()
        if request is None:
            return
        self._send(self._reply(request))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer  # noqa: N815

    def _reply(self, request: Request) -> Reply:
        try:
            return routes.reply_to(self.state, request)
        except Unparseable as exc:
            return json_reply({"error": str(exc)}, 400)
        except Exception:  # a fault of our own must not look like one that was asked for
            logger.exception("The sandbox failed; please report it.")
            return json_reply({"error": "the sandbox itself failed; see its log"}, 500)

    def _request(self) -> Request | None:
        """Return the request, or None where it was refused unread, or broke off."""
        length = self.headers.get("Content-Length", "0")
        refusal = self._refusal(length)
        if refusal is not None:
            self._send(gateway.envelope(refusal, "The sandbox does not read this request."))
            self.close_connection = True
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):  # whoever sent it is gone: half a request is none
            self.close_connection = True
            return None
        return Request(
            method=self.command,
            target=self.path,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
        )

    def _refusal(self, length: str) -> int | None:
        """Return the HTTP status for a body that is not read."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return 411
        if not length.isascii() or not length.isdigit():
            return 400
        return 413 if int(length) > MAX_BODY else None

    def _send(self, reply: Reply) -> None:
        if reply.delay and self.state.stopping.wait(reply.delay):
            self.close_connection = True
            return
        if reply.before is not None:
            reply.before()
        out = cast(BinaryIO, self.wfile)
        try:
            if not faults.send(reply, out, self.state.stopping):
                self.close_connection = True
        finally:
            if reply.after is not None:
                reply.after()
