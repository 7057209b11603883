"""The CPU of a callback, against that of a plain view that writes the same."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from itertools import islice
from typing import Any

from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest
from django.db import transaction
from django.test import RequestFactory, override_settings
from django.urls import reverse
from django.utils import timezone

from number_insight.lookups import budget, callbacks
from number_insight.models import Lookup, NumberInsightRecord, RiskFlag
from number_insight.providers.personas import answer
from number_insight.sandbox.answers import document
from tests.benchmarks.measuring import Outcome, Size, compared, in_turn, middle, same
from tests.benchmarks.numbers import VIRTUAL, fresh_numbers
from tests.benchmarks.stand import PRICE, Stand, asking

PAGES = {"ours": "number_insight:callback", "plain": "plain_webhook"}


def in_process(stand: Stand, size: Size) -> Outcome:
    """Compare the CPU of a plain view and of our webhook, in one process, for the same answers."""
    count = size.of(150)
    asked = asking("http://127.0.0.1:9", CALLBACK_BASE_URL="http://127.0.0.1:9")
    with override_settings(NUMBER_INSIGHT=asked, ALLOWED_HOSTS=["testserver"]):
        handler = BaseHandler()
        handler.load_middleware()
        cases: dict[str, Callable[[], float]] = {
            name: partial(_ms, handler, page, count) for name, page in PAGES.items()
        }
        in_turn(cases, 1)
        given = in_turn(cases, size.rounds)
    figures = {f"{name} ms": middle(given[name]) for name in given}
    return compared(given["plain"], given["ours"], figures)


def _ms(handler: BaseHandler, page: str, count: int) -> float:
    """Take in `count` callbacks; return the milliseconds of this process's CPU for each."""
    lookups = _promised(count)
    requests = [_request(page, lookup) for lookup in lookups]
    start = time.process_time()
    answers = [handler.get_response(request).status_code for request in requests]
    took = time.process_time() - start
    same("answers", set(answers), {200})
    _check_work(lookups)
    return 1000 * took / count


def _request(page: str, lookup: Lookup) -> WSGIRequest:
    path = reverse(page, args=(callbacks.token_for(lookup.pk),))
    return RequestFactory().post(path, _body(lookup), content_type="application/json")


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
