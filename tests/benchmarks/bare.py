"""The rival of the worker: bare threads that make the calls and the writes, and nothing else."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from threading import local
from typing import Any

import django
import requests

_thread = local()


def main(url: str, threads: int, keys: list[int]) -> float:
    """Look up the numbers of the records; return how many a second that were."""
    django.setup()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda key: _first(), range(threads)))
        start = time.perf_counter()
        list(pool.map(lambda key: _screen(url, key), keys))
        return len(keys) / (time.perf_counter() - start)


def _first() -> None:
    """Let each thread have its connection before the clock runs."""
    from number_insight.models import Lookup  # noqa: PLC0415  Django has to be set up

    Lookup.objects.first()


def _screen(url: str, key: int) -> None:
    """Record the question and its price, ask, and record the answer, the money and the verdict."""
    from django.db import transaction  # noqa: PLC0415

    from number_insight.models import Lookup, NumberInsightRecord  # noqa: PLC0415

    price = Decimal("0.03")
    with transaction.atomic():
        record = NumberInsightRecord.objects.select_for_update().get(pk=key)
        lookup = Lookup.objects.create(
            provider="default",
            number=record.number,
            level="advanced",
            state="calling",
            reserved=price,
            attempts=1,
            open_key=f"default|advanced|{record.number}",
        )
        record.state, record.lookup = "waiting", lookup
        record.save(update_fields=["state", "lookup"])
        _spend(reserved=price)
    answer = _ask(url, record.number)
    with transaction.atomic():
        _keep(lookup, answer)
        _spend(reserved=-price, spent=Decimal(answer["request_price"]))
        _judge(record, lookup, answer)


def _ask(url: str, number: str) -> dict[str, Any]:
    if not hasattr(_thread, "session"):
        _thread.session = requests.Session()
    data = {"number": number.removeprefix("+"), "api_key": "key", "api_secret": "secret"}
    return _thread.session.post(f"{url}/advanced/json", data=data, timeout=20).json()


def _spend(**amounts: Decimal) -> None:
    from django.db.models import F  # noqa: PLC0415

    from number_insight.lookups import budget
    from number_insight.models import Spending  # noqa: PLC0415

    added = {name: F(name) + int(amount * 10**8) for name, amount in amounts.items()}
    for key in budget.current_periods().values():
        Spending.objects.filter(period=key).update(**added)


def _keep(lookup: Any, answer: dict[str, Any]) -> None:
    from django.utils import timezone  # noqa: PLC0415

    lookup.state, lookup.answered_at, lookup.open_key = "answered", timezone.now(), None
    lookup.insight, lookup.status = answer, answer["status"]
    lookup.price, lookup.reserved = Decimal(answer["request_price"]), Decimal(0)
    lookup.request_id, lookup.balance = answer["request_id"], Decimal(answer["remaining_balance"])
    lookup.save()


def _judge(record: Any, lookup: Any, answer: dict[str, Any]) -> None:
    from django.utils import timezone  # noqa: PLC0415

    carrier = answer["current_carrier"]
    record.state, record.basis, record.verdict = "screened", "answer", "allow"
    record.announced_verdict = record.verdict
    record.screened_at, record.cost = timezone.now(), lookup.price
    record.line_type, record.country = carrier["network_type"], answer["country_code"]
    record.carrier_name, record.carrier_country = carrier["name"], carrier["country"]
    record.save()


if __name__ == "__main__":
    url, threads, *keys = sys.argv[1:]
    print(main(url, int(threads), [int(key) for key in keys]))
