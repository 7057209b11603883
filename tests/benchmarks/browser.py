"""A browser that asks one server over one connection, as a proxy keeps it."""

from __future__ import annotations

import http.client
import time
from urllib.parse import urlencode

from tests.benchmarks.program import PATIENCE


class Browser:
    """One connection that stays open."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._link = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.cookies = ""

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._link.close()

    def post(self, path: str, **fields: str) -> float:
        """Post a form; return the seconds until its answer was read, which has to be 200."""
        kind = "application/x-www-form-urlencoded"
        return self._timed("POST", path, urlencode(fields).encode(), {"Content-Type": kind})

    def get(self, path: str) -> float:
        """Get a page; return the seconds."""
        return self._timed("GET", path, None, {"Cookie": self.cookies})

    def queries(self, path: str) -> int:
        """Get a page; return how many queries it took."""
        self._timed("GET", path, None, {"Cookie": self.cookies, "X-Queries": "1"})
        return int(self.headers["X-Queries"])

    def _timed(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> float:
        start = time.perf_counter()
        self._link.request(method, path, body, headers)
        answer = self._link.getresponse()
        self.body, self.headers = answer.read(), answer.headers
        took = time.perf_counter() - start
        assert answer.status == 200, f"{path}: {answer.status} {self.body[:500]!r}"
        return took
