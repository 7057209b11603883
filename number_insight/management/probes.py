"""Probes of the webhook: bodies that are posted to this site's own callback address.

They go out through ``CALLBACK_BASE_URL`` as a provider's answer would, with a token that is signed
for no lookup, so that nothing is stored.
"""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import SplitResult, urlsplit

from number_insight.lookups import callbacks
from number_insight.providers import trust
from number_insight.views import MAX_BODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A body of `size` bytes, announced by its length or sent in chunks."""

    name: str
    size: int
    in_chunks: bool = False

    @property
    def body(self) -> bytes:
        """A JSON document of `size` bytes."""
        empty = json.dumps({"probe": ""})
        return json.dumps({"probe": "x" * (self.size - len(empty))}).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer of the host to a probe, with the beginning of its body."""

    status: int
    location: str
    content_type: str
    body: bytes

    @property
    def document(self) -> dict[str, Any]:
        """The JSON object in the body; empty if it is something else."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


PROBES = (
    Probe(name="an answer of the usual size", size=2048),
    Probe(name="the longest answer that is read", size=MAX_BODY),
    Probe(name="an answer in chunks", size=2048, in_chunks=True),
)


def address() -> str:
    """Return the address of the probes, whose token is good for nothing else.

    Raise `ImproperlyConfigured` if the origin or the webhook is missing in the settings.
    """
    return callbacks.url_for(callbacks.PROBE)


def obstacles(timeout: float) -> Iterator[tuple[Probe, str]]:
    """Yield each probe with a sentence on the obstacle, or "" if it arrived and came back.

    `timeout` is in seconds, for each probe. After an obstacle nothing else is tried.
    """
    url = urlsplit(address())
    for probe in PROBES:
        obstacle = _obstacle(url, probe, timeout)
        yield probe, obstacle
        if obstacle:
            return


def _obstacle(url: SplitResult, probe: Probe, timeout: float) -> str:
    host = url.hostname or ""
    try:
        answer = _post(url, probe, timeout)
    except socket.gaierror:
        return f"DNS does not know {host}: correct the record, or CALLBACK_BASE_URL."
    except ssl.SSLCertVerificationError as exc:
        why = exc.verify_message
        return f"The TLS certificate of {host} is not trusted: {why}. Renew or complete it."
    except ssl.SSLError:
        return f"{host} speaks no TLS there: check the port and the scheme of CALLBACK_BASE_URL."
    except ConnectionRefusedError:
        return f"{host} refuses connections: is the web server running, and the port open?"
    except TimeoutError:
        return f"{host} did not answer within {timeout:g} s: a firewall may drop the connection."
    except (OSError, HTTPException) as exc:
        kind = type(exc).__name__
        return f"{host} broke off ({kind}): look into the log of the proxy or web server there."
    return _in_words(url, probe, answer)


def _post(url: SplitResult, probe: Probe, timeout: float) -> Answer:
    connection = _connection(url, timeout)
    body: Any = iter((probe.body,)) if probe.in_chunks else probe.body
    headers = {"Content-Type": "application/json", "Connection": "close"}
    try:
        # A server may answer and close before it has read the body; its answer says more.
        with suppress(BrokenPipeError):
            connection.request("POST", url.path, body, headers, encode_chunked=probe.in_chunks)
        response = connection.getresponse()
        return Answer(
            status=response.status,
            location=response.getheader("Location") or "",
            content_type=response.getheader("Content-Type") or "no type",
            body=response.read(MAX_BODY),
        )
    finally:
        connection.close()


def _connection(url: SplitResult, timeout: float) -> HTTPConnection:
    host = url.hostname or ""
    if url.scheme == "http":
        return HTTPConnection(host, url.port, timeout=timeout)
    return HTTPSConnection(host, url.port, timeout=timeout, context=trust.context())


def _in_words(url: SplitResult, probe: Probe, answer: Answer) -> str:
    """Return the sentence on an answer that is not the webhook's own, or ""."""
    if answer.status == 200:
        return _of_success(url, probe, answer)
    if 300 <= answer.status < 400:
        return _of_redirect(answer)
    if answer.status == 404:
        return _of_not_found(url, answer)
    if answer.status == 403 and b"CSRF" in answer.body:
        return "CSRF protection refuses it: the webhook is exempt, so another view answers there."
    if answer.status == 400 and probe.in_chunks:
        return f"{CHUNKS} (HTTP 400)."
    if answer.status in _STATUSES:
        return _STATUSES[answer.status]
    return f"HTTP {answer.status} came back: look into the log of the web server there."


CHUNKS = (
    "A body in chunks does not arrive: let the proxy buffer it, or use a server that reads it, "
    "as gunicorn does and runserver does not"
)

_STATUSES = {
    400: "HTTP 400 came back: is the host in ALLOWED_HOSTS?",
    401: "The host asks for a password: exempt the path of the webhook.",
    403: "A firewall, proxy or middleware forbids it (HTTP 403): let POST through to the webhook.",
    405: "Another view answers there (HTTP 405): include number_insight.urls before it.",
    411: f"{CHUNKS} (HTTP 411).",
    413: f"The size of bodies is limited (HTTP 413): allow {MAX_BODY // 1024} KiB.",
    415: "No provider in PROVIDERS takes answers by webhook (HTTP 415).",
    502: "The proxy does not reach the site (HTTP 502): is the site running?",
    503: "The site is not available (HTTP 503): is it under maintenance?",
    504: "The proxy did not wait for the site (HTTP 504).",
}


def _of_success(url: SplitResult, probe: Probe, answer: Answer) -> str:
    received = answer.document.get("received")
    if received == probe.size:
        return ""
    if received == 0 and probe.in_chunks:
        return f"{CHUNKS}."
    if received is not None:
        return f"Only {received} of {probe.size} bytes arrived: look at the limits of the proxy."
    return (
        f"Something else answers at {url.hostname} ({answer.content_type}): "
        "let the webhook's path through to this site."
    )


def _of_redirect(answer: Answer) -> str:
    target = urlsplit(answer.location)
    where = f"{target.scheme}://{target.netloc}" if target.netloc else target.path.split("?")[0]
    if "login" in answer.location.lower():
        return f"A login is demanded (redirect to {target.path}): exempt the webhook's path."
    return f"It is redirected to {where}, and senders do not follow: set CALLBACK_BASE_URL to it."


def _of_not_found(url: SplitResult, answer: Answer) -> str:
    if answer.document.get("detail") == "not found":
        return f"{url.hostname} is a site with another SECRET_KEY: is it another deployment?"
    beginning = url.path.rpartition("callback/")[0]
    return (
        f"Nothing is at {beginning} there: include number_insight.urls, or mend the proxy's path."
    )
