"""One HTTP call: one request and one deadline, without redirects and retries.

A paid request must never be sent twice. So there are no retries, no redirects, no connection pool
(clients resend on a stale connection), and no proxies, ``.netrc`` or certificates from the
environment. Each call runs in a thread of its own: a name lookup cannot be interrupted, and the
timeout of ``requests`` counts per read, so a server that drips bytes would block the caller for
ever.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from contextvars import ContextVar
from functools import partial
from http.client import HTTPException, IncompleteRead
from threading import Event, Lock
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

from number_insight import __version__
from number_insight.exceptions import NotSent, Uncertain
from number_insight.providers import threads, trust
from number_insight.providers.http import MAX_BODY, Request, Response, origin, url_trouble
from number_insight.wording import gettext_noop, with_detail

MARGIN = 1.0
"""The time after the deadline at which an abandoned thread ends by itself, in seconds."""

_PACKINGS = {"", "identity", "gzip", "x-gzip", "deflate"}
"""The content encodings that urllib3 unpacks within bounds; others hang on what is installed."""

_HEADERS = {
    "User-Agent": f"django-number-insight/{__version__}",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


SENT = gettext_noop("The request was sent; whether it counts is not known.")
NOT_SENT = gettext_noop("Nothing was sent.")
TOO_LATE = gettext_noop("There was no answer in the time allowed.")
NO_THREAD = gettext_noop("No thread could be started.")
FAILED = gettext_noop("The connection failed.")
NOT_MADE = gettext_noop("The request could not be made.")


def send(request: Request, *, timeout: float, ca_file: str | None = None) -> Response:
    """Send `request` once and return the response, be it a redirect or an error.

    `timeout` is in seconds and covers the call from the name lookup to the last byte. Raise
    `NotSent` if provably nothing was sent, `Uncertain` if something was sent and no complete
    answer came. `ca_file` replaces the trusted certificate authorities.
    """
    call = _Call(request)
    ended = True
    try:
        threads.start(partial(call.run, time.monotonic() + timeout, ca_file), name="lookup")
        ended = call.finished.wait(timeout)
    except RuntimeError:  # the process is out of threads, or shutting down
        call.trouble = NO_THREAD
    finally:
        call.abandon()
        _tell_watch(call)
    # A response that the thread got only because the connection was shut down is incomplete.
    if ended and call.response is not None:
        return call.response
    raise call.error(call.trouble if ended else with_detail(TOO_LATE, f"{timeout:g} s"))


class Watch:
    """A view of the calls inside `watching`: whether one that may cost money has sent a byte."""

    def __init__(self) -> None:
        self.was_sent = False


_watch: ContextVar[Watch | None] = ContextVar("number_insight_watch", default=None)


@contextmanager
def watching() -> Iterator[Watch]:
    """Watch the calls of this thread inside the block."""
    watch = Watch()
    token = _watch.set(watch)
    try:
        yield watch
    finally:
        _watch.reset(token)


def _tell_watch(call: _Call) -> None:
    watch = _watch.get()
    if watch is not None and call.sent and not call.request.is_free:
        watch.was_sent = True


class _Abandoned(Exception):
    """The caller has stopped waiting, so nothing may be sent any more."""


class _Packed(Exception):
    """The answer is packed in a way that may not be unpacked within bounds."""


class _TooLarge(Exception):
    """The answer is larger than `MAX_BODY`."""


class _Call:
    """One call, shared by the waiting caller and the working thread."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.finished = Event()
        self.response: Response | None = None
        self.trouble = ""
        self.sent = False
        self.target = ""
        """The path and the query to ask for, if the libraries may not see them."""
        self._abandoned = False
        self._socket: socket.socket | None = None
        self._lock = Lock()

    def run(self, deadline: float, ca_file: str | None) -> None:
        """Make the call, and keep an error as a sentence only: the exception has the request."""
        try:
            self.response = self._exchange(deadline, ca_file)
        except Exception as exc:
            self.trouble = _in_words(exc)
        finally:
            self.finished.set()

    def _exchange(self, deadline: float, ca_file: str | None) -> Response:
        trouble = url_trouble(self.request.url.partition("?")[0])
        if trouble:
            raise requests.exceptions.InvalidURL
        with closing(_Adapter(self, ca_file)) as adapter:
            # The adapter alone: a session would read the body of a redirect without limit, keep
            # cookies, and take proxies and passwords from the environment.
            answer = adapter.send(
                self._prepared(),
                stream=True,
                timeout=max(deadline - time.monotonic(), 0) + MARGIN,
            )
            with closing(answer):
                return _read(answer)

    def _prepared(self) -> requests.PreparedRequest:
        request = self.request
        headers = {**_HEADERS, **request.headers}
        full = requests.Request(request.method, request.url, headers, data=request.body).prepare()
        if request.hides_path:  # urllib3 writes the URL to its log, and exceptions hold it
            self.target = full.path_url
            full.url = f"{origin(request.url)}/"
        return full

    def begin_sending(self, connection: socket.socket | None) -> None:
        """Mark the call as sent; raise `_Abandoned` if the caller has stopped waiting."""
        with self._lock:
            if self._abandoned:
                raise _Abandoned
            self.sent = True
            self._socket = connection

    def error(self, trouble: str) -> NotSent | Uncertain:
        """Return the exception for a call without an answer: `Uncertain` if bytes were sent."""
        call = f"{self.request.method} to {self.request.host}"
        if self.sent:
            return Uncertain(f"{trouble} {with_detail(SENT, call)}")
        return NotSent(f"{trouble} {with_detail(NOT_SENT, call)}")

    def abandon(self) -> None:
        """Forbid sending, and shut the connection down to wake a thread that waits on it."""
        with self._lock:
            self._abandoned = True
            if self._socket is not None:
                with suppress(OSError):  # the plain shutdown: that of TLS would wait for the peer
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class _Adapter(HTTPAdapter):
    """An adapter whose connections tell their call before they send, and share a TLS context."""

    def __init__(self, call: _Call, ca_file: str | None) -> None:
        super().__init__(max_retries=0)
        self.call = call
        self.ca_file = ca_file

    def build_connection_pool_key_attributes(self, *args: Any, **kwargs: Any) -> Any:
        host, pool = super().build_connection_pool_key_attributes(*args, **kwargs)
        if host["scheme"] == "https":
            pool = {"cert_reqs": "CERT_REQUIRED", "ssl_context": trust.context(self.ca_file)}
        return host, pool

    def cert_verify(self, *args: Any, **kwargs: Any) -> None:
        """Add no certificates: the context has them, and would read them anew each time."""

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        connection = _Connection if pool.scheme == "http" else _TLSConnection
        pool.ConnectionCls = partial(connection, call=self.call)
        return pool


class _Reporting(HTTPConnection):
    debuglevel = 0  # whatever is set for all of http.client, which prints requests with headers

    def __init__(self, *args: Any, call: _Call, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.call = call

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        self.call.begin_sending(self.sock)
        super().send(self._completed(data))

    def _completed(self, data: Any) -> Any:
        """Return `data` with a hidden path in its request line.

        Here nobody looks any more: urllib3 keeps the URL for its warnings, and tracers of
        http.client read it as the request begins.
        """
        target, self.call.target = self.call.target, ""
        return data.replace(b" / ", b" %b " % target.encode("ascii"), 1) if target else data


class _Connection(_Reporting):
    pass


class _TLSConnection(_Reporting, HTTPSConnection):
    pass


def _read(answer: requests.Response) -> Response:
    """Return the response; its body is unpacked only as far as the longest that is read."""
    packings = answer.headers.get("Content-Encoding", "").lower().split(",")
    if not {packing.strip() for packing in packings} <= _PACKINGS:
        raise _Packed
    body = answer.raw.read(MAX_BODY + 1, decode_content=True)
    if len(body) > MAX_BODY:
        raise _TooLarge
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Response(status=answer.status_code, body=body, headers=headers)


_SENTENCES: tuple[tuple[type[BaseException], str], ...] = (
    (
        _TooLarge,
        with_detail(
            gettext_noop("The answer was too large to be read."), f"over {MAX_BODY // 1024} KiB"
        ),
    ),
    (_Packed, gettext_noop("The answer is packed, though that was not asked for.")),
    (trust.BundleUnreadable, gettext_noop("The bundle of trusted certificates cannot be read.")),
    (socket.gaierror, gettext_noop("The host name could not be resolved.")),
    (ssl.SSLCertVerificationError, gettext_noop("The host's TLS certificate cannot be trusted.")),
    (ssl.SSLError, gettext_noop("The TLS connection failed.")),
    (TimeoutError, gettext_noop("The host did not answer in time.")),
    (ConnectionRefusedError, gettext_noop("The host refused the connection.")),
    (ConnectionError, gettext_noop("The host broke the connection off.")),
    (IncompleteRead, gettext_noop("The answer breaks off in the middle.")),
    (HTTPException, gettext_noop("The answer is not HTTP.")),
    (
        requests.exceptions.InvalidURL,
        gettext_noop("The URL may not be asked; see manage.py check."),
    ),
)


def _in_words(exc: BaseException) -> str:
    causes = list(_causes(exc))
    for kind, sentence in _SENTENCES:
        if any(isinstance(cause, kind) for cause in causes):
            return sentence
    return FAILED if len(causes) > 1 else NOT_MADE


def _causes(exc: BaseException) -> Iterator[BaseException]:
    """Yield `exc` and its causes; libraries keep them in the chain or in the arguments."""
    waiting, seen = [exc], set[int]()
    while waiting:
        cause = waiting.pop()
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        linked = (cause.__cause__, cause.__context__, *cause.args)
        waiting += [link for link in linked if isinstance(link, BaseException)]
