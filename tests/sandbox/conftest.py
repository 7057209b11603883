"""Requests to the sandbox, and a receiver of its callbacks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import requests

from number_insight.sandbox.server import Sandbox
from tests.support import certificates

ACCOUNT = ("key", "secret")
CLEAN = "+46701740605"


def call(sandbox: Sandbox, path: str, *, method: str = "POST", **how: Any) -> requests.Response:
    """Return the response of the direct deployment, which is given good credentials."""
    how = {"auth": ACCOUNT, "timeout": 5, **how}
    return requests.request(method, f"{sandbox.direct_url}/{path}", **how)


def ask(sandbox: Sandbox, number: str = CLEAN, path: str = "advanced/json", **data: Any) -> Any:
    """Return the JSON answer of the direct deployment."""
    response = call(sandbox, path, data={"number": number, **data})
    return response.json()


def bearer(sandbox: Sandbox, client_id: str = "key", client_secret: str = "secret") -> Any:
    """Return the reply of the token endpoint."""
    return requests.post(
        sandbox.token_url,
        params={"grant_type": "client_credentials"},
        data={"client_id": client_id, "client_secret": client_secret},
        timeout=5,
    )


def ask_kpn(sandbox: Sandbox, token: str, number: str = CLEAN, path: str = "advanced") -> Any:
    """Return the reply of the gateway."""
    return requests.post(
        f"{sandbox.kpn_url}/{path}",
        data={"number": number},
        headers={"Authorization": f"Bearer {token}"},
        timeout=5,
    )


@dataclass
class Receiver:
    """A receiver of callbacks; it answers with `statuses`, one after the other, then with 200."""

    url: str
    statuses: list[int] = field(default_factory=list)
    received: list[tuple[float, str, bytes]] = field(default_factory=list)

    @property
    def bodies(self) -> list[bytes]:
        return [body for _, _, body in self.received]

    @property
    def pauses(self) -> list[float]:
        times = [at for at, _, _ in self.received]
        return [later - earlier for earlier, later in zip(times, times[1:], strict=False)]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # noqa: N802
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kind = self.headers["Content-Type"]
            receiver.received.append((time.monotonic(), kind, body))
            status = receiver.statuses.pop(0) if receiver.statuses else 200
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(url=f"http://127.0.0.1:{server.server_port}/callback/token")
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield receiver
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture(scope="module")
def service() -> Iterator[Sandbox]:
    """A running sandbox that has the money for the questions of a whole module."""
    with Sandbox(balance="1000") as running:
        yield running


@pytest.fixture
def over_tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Sandbox]:
    """A sandbox with a trusted certificate and the options `SANDBOX` of the test's module."""
    made = certificates.make(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(made.cert))
    with Sandbox(tls=(made.cert, made.key), **request.module.SANDBOX) as running:
        yield running
