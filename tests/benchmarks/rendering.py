"""Renders a page of the admin in this process, and prints its rows, CPU and buffers as JSON.

``python -m tests.benchmarks.rendering PATH COUNT COOKIE``
"""

from __future__ import annotations

import json
import re
import statistics
import sys
import time
from typing import Any

import django

WARM_UP, COUNT = 3, "COUNT("


def main(path: str, count: int, cookie: str) -> dict[str, float]:
    """Return rows, milliseconds of CPU (the median), and buffers, in all and in counts."""
    from django.core.handlers.base import BaseHandler  # noqa: PLC0415  Django has to be set up
    from django.test import RequestFactory  # noqa: PLC0415

    handler, factory = BaseHandler(), RequestFactory(headers={"cookie": cookie})
    handler.load_middleware()
    taken = []
    for _ in range(WARM_UP + count):
        request, start = factory.get(path), time.process_time()
        response = handler.get_response(request)
        taken.append(time.process_time() - start)
        assert response.status_code == 200, f"{path}: {response.status_code}"
    touched = {sql: _buffers(sql, values) for sql, values in _queries(handler, factory.get(path))}
    counts = [buffers for sql, buffers in touched.items() if COUNT in sql]
    return {
        "rows": len(re.findall(rb'name="_selected_action"', response.content)),
        "ms": 1000 * statistics.median(taken[WARM_UP:]),
        "buffers": sum(touched.values()),
        "in counts": sum(counts),
    }


def _queries(handler: Any, request: Any) -> list[tuple[str, Any]]:
    from django.db import connection  # noqa: PLC0415

    seen: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, values: Any, *rest: Any) -> Any:
        seen.append((sql, values))
        return execute(sql, values, *rest)

    with connection.execute_wrapper(note):
        handler.get_response(request)
    return seen


def _buffers(sql: str, values: Any) -> int:
    """Return how many buffers a query touches; 0 for what is no query."""
    from django.db import connection  # noqa: PLC0415

    if not sql.startswith("SELECT"):
        return 0
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", values)
        (found,) = cursor.fetchone()
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


if __name__ == "__main__":
    page, times, session = sys.argv[1:]
    django.setup()
    print(json.dumps(main(page, int(times), session)))
