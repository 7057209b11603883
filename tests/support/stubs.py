"""`Stub`: a bare socket server that behaves exactly as badly as a test wants."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

Script = Callable[[socket.socket], None]


@dataclass(frozen=True)
class Seen:
    """One request as it arrived, byte for byte."""

    raw: bytes

    @property
    def path(self) -> str:
        return urlsplit(self._target).path

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self._target).query)

    @property
    def form(self) -> dict[str, str]:
        body = self.raw.partition(b"\r\n\r\n")[2].decode("ascii")
        return {key: value for key, (value,) in parse_qs(body, strict_parsing=True).items()}

    @property
    def headers(self) -> dict[str, str]:
        lines = self.raw.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")[1:]
        return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}

    @property
    def _target(self) -> str:
        return self.raw.split(b" ", 2)[1].decode("ascii")


class Stub:
    """A server for one test: each script serves one request, the last one all that follow."""

    def __init__(self, *scripts: Script, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Seen] = []
        self.connections = 0
        self._scripts = list(scripts)
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []

    @property
    def url(self) -> str:
        scheme = "https" if self._tls else "http"
        return f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Stub:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for each in (self._listener, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError):
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            raw = _read(connection)
            if raw:
                self.requests.append(Seen(raw))
                script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
                script(connection)
        connection.close()


def _read(connection: socket.socket) -> bytes:
    raw = b""
    while b"\r\n\r\n" not in raw:
        raw += _some(connection)
    head, _, body = raw.partition(b"\r\n\r\n")
    lengths = (
        int(line.partition(b":")[2])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length")
    )
    length = next(lengths, 0)  # a GET has none
    while len(body) < length:
        body += _some(connection)
    return head + b"\r\n\r\n" + body


def _some(connection: socket.socket) -> bytes:
    some = connection.recv(65536)
    if not some:
        raise OSError("the client has gone")
    return some


def says(status: int, document: Any = None, *, body: bytes = b"", **headers: str) -> Script:
    """Answer with `document` as JSON, or with `body`."""
    content = body if document is None else json.dumps(document).encode()
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return sends("\r\n".join(lines).encode() + b"\r\n\r\n" + content)


def sends(raw: bytes) -> Script:
    """Send `raw` and close."""
    return lambda connection: connection.sendall(raw)


def closes(connection: socket.socket) -> None:
    """Close without a word."""


def hangs(connection: socket.socket) -> None:
    """Say nothing until the client has gone."""
    connection.settimeout(20)
    connection.recv(1)


def drips(start: bytes) -> Script:
    """Send `start`, then a byte every twentieth of a second, for twenty seconds at most."""

    def script(connection: socket.socket) -> None:
        connection.sendall(start)
        for _ in range(400):
            connection.sendall(b"x")
            time.sleep(0.05)

    return script
