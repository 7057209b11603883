"""`Sandbox`: a local server that answers as the providers do."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Mapping
from decimal import Decimal
from http.server import ThreadingHTTPServer
from os import PathLike
from threading import Lock, Thread
from types import TracebackType
from typing import Any

from number_insight.providers.personas import Persona
from number_insight.sandbox.bearer import Verifier
from number_insight.sandbox.behaviour import DIALECTS, override
from number_insight.sandbox.credentials import Credentials, Gatekeeper, Tokens
from number_insight.sandbox.gateway import BASE, GRANT_PATH
from number_insight.sandbox.handler import Handler
from number_insight.sandbox.ledger import Ledger
from number_insight.sandbox.state import Pace, State, Throttle

Path = str | PathLike[str]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], state: State) -> None:
        self._lock = Lock()
        self._open: set[socket.socket] = set()
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, type("Handler", (Handler,), {"state": state}))

    def server_bind(self) -> None:
        # HTTPServer looks its own host name up here, which can take seconds.
        socket.socket.setsockopt(self.socket, socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Shut down the connections that clients keep open."""
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log nothing when a client closes the connection."""


class Sandbox:
    """A local server that answers as Number Insight does, directly and at KPN, and its successor.

    `credentials` maps keys to secrets (one, or several during a rotation); None accepts any.
    `signature_secret` verifies signed requests, and `public_key` (PEM, or the path of a file) the
    tokens of Identity Insights, whose claims are checked anyway. `balance` is the opening balance
    in each currency, `throughput` the number of requests answered in a second. `delay` and
    `callback_delay` come before an answer and a callback, in seconds. `tls` holds the paths of a
    certificate and its key. `dialect` is the year whose answers are imitated, `token_lifetime` that
    of a bearer token in seconds, and `clock` the factor by which the back-off of callbacks is
    shortened.

    A public key that cannot be used is a ValueError. `start` raises OSError if the port is taken::

        with Sandbox() as sandbox:
            requests.post(f"{sandbox.url}/ni/basic/json", data={...})
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        credentials: Credentials | None = None,
        signature_secret: str | None = None,
        public_key: Path | None = None,
        balance: str | Decimal = "10.00",
        throughput: int | None = None,
        delay: float = 0.0,
        callback_delay: float = 0.2,
        tls: tuple[Path, Path] | None = None,
        dialect: str = "2018",
        token_lifetime: float = 3599,
        clock: float = 1.0,
    ) -> None:
        if dialect not in DIALECTS:
            raise ValueError(f"there is no dialect {dialect!r}; there are {', '.join(DIALECTS)}")
        self._address = (host, port)
        self._tls = tls
        self._server: _Server | None = None
        self._thread: Thread | None = None
        self._state = State(
            ledger=Ledger(Decimal(balance)),
            gatekeeper=Gatekeeper(credentials, signature_secret),
            tokens=Tokens(token_lifetime),
            throttle=Throttle(throughput),
            pace=Pace(delay=delay, callback_delay=callback_delay, clock=clock),
            dialect=dialect,
            verifier=Verifier(None if public_key is None else str(public_key)),
        )

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> Sandbox:
        """Bind and serve in a thread; return the sandbox itself."""
        if self._server is None:
            self._state.stopping.clear()
            self._server = _Server(self._address, self._state)
            if self._tls is not None:
                self._server.socket = _wrapped(self._server.socket, self._tls)
            self._thread = Thread(
                target=self._server.serve_forever, args=(0.02,), daemon=True, name="sandbox"
            )
            self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving, and end all connections and retries; a second call does nothing."""
        server, self._server = self._server, None
        if server is None or self._thread is None:
            return
        self._state.stopping.set()
        server.shutdown()
        server.hang_up()
        server.server_close()
        self._thread.join(timeout=5)

    @property
    def port(self) -> int:
        """The port that the sandbox listens at."""
        return self._server.server_port if self._server else self._address[1]

    @property
    def url(self) -> str:
        """The origin, for example "http://127.0.0.1:8017"."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self._address[0], self._address[0])  # noqa: S104
        scheme = "https" if self._tls else "http"
        return (
            f"{scheme}://[{host}]:{self.port}" if ":" in host else f"{scheme}://{host}:{self.port}"
        )

    @property
    def direct_url(self) -> str:
        """The ``base_url`` of the direct provider."""
        return f"{self.url}/ni"

    @property
    def kpn_url(self) -> str:
        """The ``base_url`` of the KPN provider."""
        return self.url + BASE

    @property
    def token_url(self) -> str:
        """The ``token_url`` of the KPN provider."""
        return self.url + GRANT_PATH

    @property
    def twilio_url(self) -> str:
        """The ``base_url`` of the Twilio provider."""
        return self.url

    @property
    def identity_url(self) -> str:
        """The ``base_url`` of the provider of Identity Insights."""
        return self.url

    @property
    def ledger(self) -> Ledger:
        """The requests so far, and their prices."""
        return self._state.ledger

    def behave(
        self,
        number: str,
        *,
        persona: Persona | str | None = None,
        fault: str | None = None,
        status: int | None = None,
        delay: float | None = None,
        callback: str | None = None,
        dialect: str | None = None,
        insights: Mapping[str, Any] | None = None,
        times: int | None = None,
    ) -> None:
        """Override the persona of `number` (E.164 or digits), for `times` requests.

        `persona` is a name, an ending or a `Persona`; `fault=""` and `status=0` remove the
        persona's trouble; `delay` is in seconds. `insights` maps an insight of Identity Insights to
        the code of its status, or to members that replace the persona's. An earlier override of the
        number is replaced.
        """
        self._state.behaviours.set(
            number,
            override(
                persona=persona,
                fault=fault,
                status=status,
                delay=delay,
                callback=callback,
                dialect=dialect,
                insights=insights,
                times=times,
            ),
        )

    def expire_tokens(self) -> None:
        """Revoke every bearer token."""
        self._state.tokens.expire()

    def reset(self) -> None:
        """Delete requests, overrides and tokens, and restore the opening balance."""
        self._state.reset()


def _wrapped(listener: socket.socket, tls: tuple[Path, Path]) -> ssl.SSLSocket:
    """Return `listener` with TLS; the handshake is left to the thread of each connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*tls)
    return context.wrap_socket(listener, server_side=True, do_handshake_on_connect=False)
