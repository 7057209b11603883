"""The HTTP handler: reads a `Request` from the socket, and writes its `Reply`."""

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
"""The largest body of a request, in bytes; a larger one gets HTTP 413."""


class Handler(BaseHTTPRequestHandler):
    """A request handler that leaves the answers to `number_insight.sandbox.routes`."""

    protocol_version = "HTTP/1.1"
    server_version = "number-insight-sandbox"
    disable_nagle_algorithm = True
    timeout = 60
    state: State

    def handle(self) -> None:
        # Clients close the connection at any time: half of the faults make them do so.
        with contextlib.suppress(OSError, ValueError):
            super().handle()

    def finish(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            super().finish()

    def log_message(self, format: str, *args: Any) -> None:
        """Log nothing, for a request line may hold a secret; the ledger has all requests."""

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
        except Exception:  # a bug of the sandbox must not look like a fault that a test asked for
            logger.exception("The sandbox failed; please report it.")
            return json_reply({"error": "the sandbox itself failed; see its log"}, 500)

    def _request(self) -> Request | None:
        """Return the request, or None if it was refused unread or is incomplete."""
        length = self.headers.get("Content-Length", "0")
        refusal = self._refusal(length)
        if refusal is not None:
            self._send(gateway.envelope(refusal, "The sandbox does not read this request."))
            self.close_connection = True
            return None
        body = self.rfile.read(int(length))
        if len(body) < int(length):  # the client has gone, and half a request is not answered
            self.close_connection = True
            return None
        return Request(
            method=self.command,
            target=self.path,
            headers={name.lower(): value for name, value in self.headers.items()},
            body=body,
            peer=str(self.client_address[0]),
        )

    def _refusal(self, length: str) -> int | None:
        """Return the HTTP status that refuses the body unread, or None."""
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
