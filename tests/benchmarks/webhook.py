"""How many callbacks a second the webhook takes, against a plain view that writes the same."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from number_insight.lookups import budget, callbacks
from number_insight.models import Lookup, NumberInsightRecord, RiskFlag
from number_insight.providers.personas import answer
from number_insight.sandbox.answers import document
from tests.benchmarks.measuring import Outcome, Size, in_turn, middle, same
from tests.benchmarks.numbers import VIRTUAL, fresh_numbers
from tests.benchmarks.stand import PRICE, Browser, Stand, as_environment, asking

CLIENTS = 4
PAGES = {"ours": "number_insight:callback", "plain": "plain_webhook"}


def callbacks_a_second(stand: Stand, size: Size) -> Outcome:
    """Post answers to four connections at once, to our webhook and to the plain one in turn."""
    count = size.of(120, CLIENTS)
    asked = asking("http://127.0.0.1:9/ni", CALLBACK_BASE_URL="http://127.0.0.1:9")
    with stand.web(**as_environment(asked)) as browser:
        cases: dict[str, Callable[[], float]] = {
            name: lambda page=page: _rate(browser.port, page, count)  # type: ignore[misc]
            for name, page in PAGES.items()
        }
        in_turn(cases, 1)
        given = in_turn(cases, size.rounds)
    values = [ours / plain for ours, plain in zip(given["ours"], given["plain"], strict=True)]
    figures = {f"{name} callbacks/s": middle(rates, 0) for name, rates in given.items()}
    return Outcome(values=values, figures=figures)


def _rate(port: int, page: str, count: int) -> float:
    """Post `count` callbacks; return how many a second were answered and stored."""
    lookups = _promised(count)
    paths = [reverse(page, args=(callbacks.token_for(lookup.pk),)) for lookup in lookups]
    visits = list(zip(paths, map(_body, lookups), strict=True))
    with ThreadPoolExecutor(CLIENTS) as pool:
        start = time.perf_counter()
        list(pool.map(lambda first: _post(port, visits[first::CLIENTS]), range(CLIENTS)))
        took = time.perf_counter() - start
    _check_work(lookups)
    return count / took


def _post(port: int, visits: list[tuple[str, bytes]]) -> None:
    with Browser(port) as browser:
        for path, body in visits:
            browser.send(path, body)


def _promised(count: int) -> list[Lookup]:
    """Return lookups that were acknowledged, each with a record that waits for the answer."""
    with transaction.atomic():
        budget.reserve([Decimal(PRICE) * count], "EUR")
    lookups = Lookup.objects.bulk_create(islice(_lookups(), count))
    NumberInsightRecord.objects.bulk_create(
        NumberInsightRecord(
            number=lookup.number, level="advanced", source="api", state="waiting", lookup=lookup
        )
        for lookup in lookups
    )
    return lookups


def _lookups() -> Iterator[Lookup]:
    for number in fresh_numbers(VIRTUAL):
        yield Lookup(
            provider="default",
            number=number,
            level="advanced",
            state="submitted",
            delivery="async",
            open_key=f"default|advanced|{number}||",
            reserved=Decimal(PRICE),
            reserved_on=timezone.localdate(),
            request_id=f"request-{number[1:]}",
        )


def _body(lookup: Lookup) -> bytes:
    told: Any = answer(lookup.number, "advanced", request_id=lookup.request_id)
    return json.dumps(document(told, "advanced", "2018")).encode()


def _check_work(lookups: list[Lookup]) -> None:
    keys = [lookup.pk for lookup in lookups]
    settled = Lookup.objects.filter(pk__in=keys, state="answered", reserved=0, price__gt=0)
    records = NumberInsightRecord.objects.filter(
        lookup__in=keys, verdict="review", announced_verdict="review", score=30, cost__gt=0
    )
    flags = RiskFlag.objects.filter(record__lookup__in=keys, code="virtual", weight=30)
    done = (settled.count(), records.count(), flags.count())
    same("lookups, records and flags", done, (len(keys),) * 3)
