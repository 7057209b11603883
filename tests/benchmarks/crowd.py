"""Fifty clients that sign up at once: the slowest of a hundred, also while the broker fails."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from statistics import quantiles

from tests.benchmarks.clients import HALF
from tests.benchmarks.measuring import Outcome, Size, compared, in_turn, middle, same
from tests.benchmarks.models import PlainCustomer, ScreenedCustomer
from tests.benchmarks.numbers import fresh_places
from tests.benchmarks.program import ROOT, ProgramEnded
from tests.benchmarks.signup import warm_up
from tests.benchmarks.stand import Stand
from tests.support.servers import Redis

CLIENTS, SIGNUPS, WEB_PROCESSES = 50, 2000, 2
MODELS = {"plain": PlainCustomer, "screened": ScreenedCustomer}

Fault = Callable[[], None]


def many_clients(stand: Stand, size: Size) -> list[Outcome]:
    """Compare the 99th percentile of our form, in three states of the broker, with a plain one."""
    count = size.of(SIGNUPS, 2 * CLIENTS)
    with Redis() as redis:
        cases: dict[str, Callable[[], tuple[float, float]]] = {
            "plain": partial(_crowd, stand, redis, "plain", count),
            "ours": partial(_crowd, stand, redis, "screened", count),
            "killed": partial(_crowd, stand, redis, "screened", count, redis.kill),
            "hung": partial(_crowd, stand, redis, "screened", count, redis.pause),
        }
        given = in_turn(cases, size.at_most(5))
    p99 = {name: [slowest for slowest, _rate in runs] for name, runs in given.items()}
    figures = {f"{name} p99 ms": middle([1000 * it for it in p99[name]], 0) for name in p99}
    rates = {
        f"{name} signups/s": middle([rate for _slowest, rate in runs], 0)
        for name, runs in given.items()
    }
    return [
        compared(p99[name], p99["plain"], figures | rates if name == "ours" else None)
        for name in ("ours", "killed", "hung")
    ]


def _crowd(
    stand: Stand, redis: Redis, form: str, count: int, fault: Fault | None = None
) -> tuple[float, float]:
    """Let the clients sign up; return the 99th percentile in seconds, and signups a second.

    The web processes are new each time, since one that met a fault rings no more for a while.
    """
    before = MODELS[form].objects.count()
    broker = {"NI_BENCH_BROKER_URL": redis.url}
    with stand.web(workers=WEB_PROCESSES, **broker) as browser:
        for _ in range(2 * WEB_PROCESSES):
            warm_up(browser.port, form)
        warm = MODELS[form].objects.count() - before
        try:
            taken = _run(browser.port, form, count, fault)
        finally:
            _restore(redis)
    same("customers", MODELS[form].objects.count() - before, warm + count)
    # Each client has one request at a time, so the sum of the seconds tells the whole time.
    return quantiles(taken, n=100)[-1], CLIENTS * count / sum(taken)


def _run(port: int, form: str, count: int, fault: Fault | None) -> list[float]:
    """Let the clients sign up, with `fault` at half of it; return the seconds of each signup."""
    arguments = (port, f"/signup/{form}", CLIENTS, count, fresh_places(count))
    with subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.clients", *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as clients:
        assert clients.stdout is not None
        if clients.stdout.readline().strip() == HALF and fault is not None:
            fault()
        told = clients.stdout.read()
    if clients.returncode:
        raise ProgramEnded(f"the clients ended with code {clients.returncode}")
    taken: list[float] = json.loads(told)
    return taken


def _restore(redis: Redis) -> None:
    if redis.running:
        redis.resume()
    else:
        redis.start()
    with redis.client() as client:
        client.flushall()
