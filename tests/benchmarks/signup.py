"""The time that the model field adds to a signup, in each state of the broker."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator

from number_insight.models import NumberInsightRecord
from tests.benchmarks.browser import Browser
from tests.benchmarks.measuring import Outcome, Size, middle, same
from tests.benchmarks.models import PlainCustomer, ScreenedCustomer
from tests.benchmarks.numbers import fresh_numbers
from tests.benchmarks.stand import Stand
from tests.support.servers import Redis

FORMS = ("plain", "by-hand", "screened")
RING_TIMEOUT = 1.0
"""Seconds, as it is by default."""


def added_by_the_field(stand: Stand, size: Size) -> Outcome:
    """Compare what our field and a record with `delay` by hand add to the same plain form."""
    rounds: list[dict[str, float]] = []
    with stand.web() as browser:
        _warm_up(browser)
        before = _work_done(stand.redis)
        for _ in range(size.rounds):
            rounds.append(_round_of(browser, size.of(60)))
        _compare_work(before, _work_done(stand.redis), size)
    values = [
        (each["screened"] - each["plain"]) / (each["by-hand"] - each["plain"]) for each in rounds
    ]
    return Outcome(
        values=values,
        figures={f"{name} ms": middle([each[name] * 1000 for each in rounds]) for name in FORMS},
    )


def _round_of(browser: Browser, count: int) -> dict[str, float]:
    """Sign up `count` times with each form, in shuffled order; return the median seconds."""
    visits = [*FORMS] * count
    random.shuffle(visits)
    taken: dict[str, list[float]] = {name: [] for name in FORMS}
    for name, number in zip(visits, fresh_numbers(), strict=False):
        taken[name].append(sign_up(browser, name, number))
    return {name: statistics.median(times) for name, times in taken.items()}


def sign_up(browser: Browser, form: str, number: str) -> float:
    """Sign up with `number`; return the seconds that it took."""
    return browser.post(f"/signup/{form}", name="Ada", email="ada@example.com", phone=number)


def _warm_up(browser: Browser) -> None:
    for name in FORMS * 8:
        sign_up(browser, name, next(fresh_numbers()))


def warm_up(port: int, form: str) -> None:
    """Sign up over connections of their own, which may come to any of the web processes."""
    for _ in range(4):
        with Browser(port) as browser:
            sign_up(browser, form, next(fresh_numbers()))


def _work_done(redis: Redis) -> dict[str, int]:
    """Count what the forms have left: customers, records and messages."""
    with redis.client() as client:
        rung = int(client.llen("celery"))  # type: ignore[arg-type]
    field = NumberInsightRecord.objects.filter
    return {
        "plain": PlainCustomer.objects.count(),
        "screened": ScreenedCustomer.objects.count(),
        "records by hand": field(field="benchmarks.PlainCustomer.phone").count(),
        "records": field(field="benchmarks.ScreenedCustomer.phone").count(),
        "messages": rung,
    }


def _compare_work(before: dict[str, int], after: dict[str, int], size: Size) -> None:
    done = {name: after[name] - before[name] for name in after}
    count = size.of(60) * size.rounds
    same("customers", (done["screened"], done["plain"]), (count, 2 * count))
    same("records", done["records"], done["records by hand"])
    # Several records may share a message; ours may not send more than the rival.
    assert count < done["messages"] <= 2 * count, f"{done['messages']} messages for {count}"


def _screened(browser: Browser, count: int) -> float:
    before = ScreenedCustomer.objects.count()
    numbers: Iterator[str] = fresh_numbers()
    taken = [sign_up(browser, "screened", next(numbers)) for _ in range(count)]
    same("customers", ScreenedCustomer.objects.count() - before, count)
    return statistics.median(taken)


def broker_refused(stand: Stand, size: Size) -> Outcome:
    """Return the milliseconds that a signup takes longer when the broker has just gone."""
    added, later = [], []
    with Redis() as redis, stand.web(NI_BENCH_BROKER_URL=redis.url) as browser:
        _warm_up(browser)
        for _ in range(size.rounds):
            usual = _screened(browser, size.of(20))
            redis.kill()
            gone = [_screened(browser, 1) for _ in range(5)]
            redis.start()
            browser.get("/unmute")
            _screened(browser, 4)
            added.append((max(gone) - usual) * 1000)
            later.append((statistics.median(gone) - usual) * 1000)
    return Outcome(values=added, figures={"median of five ms": middle(later)})


def broker_hung(stand: Stand, size: Size) -> tuple[Outcome, Outcome]:
    """Return how long a hung broker holds one signup, in RING_TIMEOUT, and the next ones, in ms."""
    held, later = [], []
    with Redis() as redis, stand.web(NI_BENCH_BROKER_URL=redis.url) as browser:
        _warm_up(browser)
        for _ in range(size.rounds):
            usual = _screened(browser, size.of(20))
            time.sleep(1.1)  # under traffic nobody is held at all
            redis.pause()
            held.append(_screened(browser, 1) / RING_TIMEOUT)
            later.append((max(_screened(browser, 1) for _ in range(5)) - usual) * 1000)
            redis.resume()
            time.sleep(0.1)
            browser.get("/unmute")
            _screened(browser, 4)
    return Outcome(values=held), Outcome(values=later)
