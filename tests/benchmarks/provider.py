"""A provider that costs the machine as little as can be: canned answers, over http and https.

``python -m tests.benchmarks.provider HTTP-PORT HTTPS-PORT DELAY CERTIFICATE KEY``

The answers are those of the sandbox, asked once for each API at the start; then the number of each
request is put into them. One connection serves one request, as with ours.
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import sys
import urllib.request
from itertools import count
from typing import Any

from number_insight.sandbox.server import Sandbox
from tests.support.keys import token

SAMPLE = "46701740605"
NUMBER = re.compile(rb'number=(\d+)|"phone_number": ?"(\d+)"')
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
INSIGHTS: dict[str, Any] = {"format": {}, "original_carrier": {}, "current_carrier": {}}
REQUEST_ID = re.compile(rb'("request_id": ")[^"]*')
WITH_IP = {"ip": "81.2.64.1"}

_ids = count(1)


def main(http: int, https: int, delay: float, certificate: str, key: str) -> None:
    """Serve both ports until the process is ended."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    asyncio.run(_serve(http, https, context, Answers(), delay))


async def _serve(
    http: int, https: int, context: ssl.SSLContext, answers: Answers, delay: float
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            found = LENGTH.search(head)
            body = await reader.readexactly(int(found[1]) if found else 0)
            if delay:
                await asyncio.sleep(delay)
            writer.write(answers.to(head, body))
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # whoever only looks whether the port is open
        finally:
            writer.close()

    plain = await asyncio.start_server(serve, "127.0.0.1", http, backlog=1024)
    secure = await asyncio.start_server(serve, "127.0.0.1", https, ssl=context, backlog=1024)
    await asyncio.gather(plain.serve_forever(), secure.serve_forever())


class Answers:
    """The sandbox's answers to a clean number, by API."""

    def __init__(self) -> None:
        with Sandbox(balance="1000000") as sandbox:
            advanced = f"{sandbox.url}/ni/advanced/json"
            form = f"number={SAMPLE}&api_key=key&api_secret=secret"
            self._plain = _asked(advanced, form.encode())
            self._with_ip = _asked(advanced, f"{form}&ip={WITH_IP['ip']}".encode())
            document = {"phone_number": SAMPLE, "insights": INSIGHTS}
            identity = f"{sandbox.url}/identity-insights/v1/requests"
            self._identity = _asked(
                identity,
                json.dumps(document).encode(),
                {"Authorization": f"Bearer {token()}", "Content-Type": "application/json"},
            )

    def to(self, head: bytes, body: bytes) -> bytes:
        """Return the whole response to a request."""
        found = NUMBER.search(body)
        number = (found[1] or found[2]) if found else b""
        if head.startswith(b"POST /identity"):
            told = self._identity
        else:
            told = self._with_ip if b"&ip=" in body else self._plain
        told = told.replace(SAMPLE.encode(), number)
        told = REQUEST_ID.sub(rb"\g<1>%032x" % next(_ids), told)
        start = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
        return b"%sContent-Length: %d\r\n\r\n%s" % (start, len(told), told)


def _asked(url: str, body: bytes, headers: dict[str, str] | None = None) -> bytes:
    request = urllib.request.Request(url, body, headers or {})  # noqa: S310  the sandbox's own
    with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310
        told: bytes = response.read()
    return told


if __name__ == "__main__":
    http_port, https_port, seconds, certificate_file, key_file = sys.argv[1:]
    main(int(http_port), int(https_port), float(seconds), certificate_file, key_file)
