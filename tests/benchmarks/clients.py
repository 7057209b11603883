"""Many clients at once: each signs up over a connection that stays open, one form after the other.

``python -m tests.benchmarks.clients PORT PATH CLIENTS COUNT FIRST`` prints "half" when half of the
answers are there, and at the end the seconds of each as JSON. `FIRST` numbers the first signup.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlencode

from tests.benchmarks.numbers import number_at

HALF = "half"
PATIENCE = 300.0
"""Seconds for all signups together."""


async def sign_up(port: int, path: str, clients: int, count: int, first: int) -> list[float]:
    """Sign up `count` times; return the seconds of each."""
    places, taken = iter(range(first, first + count)), list[float]()
    work = (_client(port, path, places, taken, count // 2) for _ in range(clients))
    await asyncio.wait_for(asyncio.gather(*work), PATIENCE)
    return taken


async def _client(
    port: int, path: str, places: Iterator[int], taken: list[float], half: int
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for place in places:
        request, start = _request(path, number_at(place)), time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(_length(head))
        taken.append(time.perf_counter() - start)
        if not head.startswith(b"HTTP/1.1 200 "):
            raise ValueError(f"{path} answered {head[:40]!r}")
        if len(taken) == half:
            print(HALF, flush=True)
    writer.close()


def _request(path: str, number: str) -> bytes:
    body = urlencode({"name": "Ada", "email": "ada@example.com", "phone": number})
    lines = (
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/x-www-form-urlencoded",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join((*lines, "", body)).encode()


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    raise ValueError("the answer does not tell its length")


if __name__ == "__main__":
    at, form, many, total, start_at = sys.argv[1:]
    seconds = asyncio.run(sign_up(int(at), form, int(many), int(total), int(start_at)))
    print(json.dumps(seconds))
