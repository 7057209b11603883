"""What a mixed population costs, against a client without memory that always asks Advanced."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import Any

from django.test import override_settings

from number_insight import loading, numbers
from number_insight.lookups import questions
from number_insight.models import ListEntry, Lookup, NumberInsightRecord
from number_insight.models.choices import Basis
from number_insight.providers.base import Question
from number_insight.providers.fake import Fake
from number_insight.screening import screen, sweeps
from number_insight.verdicts import grounds, judging
from tests.benchmarks.measuring import Outcome, Size, same
from tests.benchmarks.models import PlainCustomer
from tests.benchmarks.numbers import CLEAN, VIRTUAL, fresh_numbers
from tests.benchmarks.stand import Stand

MIX = {
    "fresh": 480,
    "fresh, virtual": 20,
    "returning": 200,
    "double submit": 100,
    "landline": 90,
    "listed": 60,
    "junk": 50,
}
"""Of a thousand signups. Another population saves more or less; the figures tell of each kind."""
DENIED = "+46769"
LISTED = [f"+467399{place:03d}05" for place in range(100)]
"""Numbers that a person has allowed."""
SETTINGS = {
    "PROVIDERS": {"default": {"BACKEND": "number_insight.providers.fake.Fake"}},
    "BUDGET": {"day": None},
    "LIMITS": {},
    "THROUGHPUT": 100_000,
}


def of_a_thousand(stand: Stand, size: Size) -> Outcome:
    """Compare what we pay with what asking Advanced every time costs, verdict by verdict."""
    with override_settings(NUMBER_INSIGHT=SETTINGS):
        ours, theirs, bought, signups = _population(size)
    figures = {
        "EUR": f"{sum(ours.values()):.2f}",
        "EUR always Advanced": f"{sum(theirs.values()):.2f}",
        "signups": signups,
        "paid lookups": bought,
    }
    figures |= {f"EUR {kind}": f"{ours[kind]:.2f} of {theirs[kind]:.2f}" for kind in MIX}
    # It is counted, not timed: once is enough.
    ratio = float(sum(ours.values()) / sum(theirs.values()))
    return Outcome(values=[ratio], figures=figures)


def _population(size: Size) -> tuple[dict[str, Decimal], dict[str, Decimal], int, int]:
    """Screen a population; return what each kind has cost both, and how much was bought."""
    _forget_everything()
    records: list[tuple[str, NumberInsightRecord]] = []
    for subject, (kind, number, ip) in enumerate(_visits(size), 1):
        customer = PlainCustomer(pk=subject)
        records.append((kind, screen(number, ip=ip, subject=customer, source="signup")))
        if random.random() < 0.5:  # a double submit may come before or after the worker
            sweeps.sweep(inline=True)
    while sweeps.sweep(inline=True):
        pass
    bought = Lookup.objects.filter(state="answered", price__gt=0).count()
    ours, theirs = ({kind: Decimal(0) for kind in MIX} for _ in range(2))
    for kind, record in records:
        record.refresh_from_db()
        verdict, price = _always_advanced(record)
        same(f"verdict of a {kind} signup", record.verdict, verdict)
        ours[kind] += record.cost
        theirs[kind] += price
    return ours, theirs, bought, len(records)


def _forget_everything() -> None:
    for model in (NumberInsightRecord, Lookup, ListEntry):
        model._default_manager.all().delete()
    Fake.reset()
    for number in LISTED:
        ListEntry.objects.create(action="allow", match="number", value=number)
    ListEntry.objects.create(action="deny", match="prefix", value=DENIED)


def _visits(size: Size) -> Iterator[tuple[str, str, str]]:
    """Yield kind, number and IP of each signup, in the order in which they come."""
    made = []
    for kind, usual in MIX.items():
        made += [
            (kind, number) for number in islice(_numbers(kind), _draws(kind, size.of(usual, 2)))
        ]
    random.shuffle(made)
    seen = [number for kind, number in made if kind == "fresh"][:1]
    for place, (kind, number) in enumerate(made):
        ip = f"81.2.{64 + place % 64}.{1 + place // 64}"
        if kind == "fresh":
            seen.append(number)
        elif kind == "returning":
            number = seen[place % len(seen)]
        yield kind, number, ip
        if kind == "double submit":
            yield kind, number, ip


def _draws(kind: str, signups: int) -> int:
    return signups // 2 if kind == "double submit" else signups


def _numbers(kind: str) -> Iterator[str]:
    fresh = fresh_numbers(VIRTUAL if kind == "fresh, virtual" else CLEAN)
    for place, number in enumerate(fresh):
        if kind == "landline":
            yield f"+468{5000 + place % 4000:04d}14"
        elif kind == "junk":
            yield f"12345678901234{place:06d}"
        elif kind == "listed":
            yield f"{DENIED}{place % 10000:04d}05" if place % 2 else LISTED[place % 100]
        else:
            yield number


def _always_advanced(record: NumberInsightRecord) -> tuple[str, Decimal]:
    """Return verdict and price of `record` if Advanced is asked for it, whatever is known."""
    if not numbers.is_possible(record.number):  # the API refuses it, and takes nothing
        case, price = grounds.local(record), Decimal(0)
    else:
        question = Question(number=record.number, level="advanced", ip=record.ip_address)
        insight: Any = loading.provider().lookup(question)
        lookup = questions.new(question, "default", "sync")
        case = grounds.answered(record, lookup, insight, Basis.ANSWER)
        price = insight.cost
    return judging.judge([case])[0].verdict, price
