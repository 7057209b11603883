"""The people who signed up: a plain queue of them, and a gallery that is worth a picture."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from number_insight import reviewing, screening
from number_insight.models import ListEntry, Lookup, NumberInsightRecord, Spending
from number_insight.overview import keeping
from number_insight.providers.personas import PERSONAS
from number_insight.screening import refusal, sweeps
from number_insight.testing import LookupFactory, RecordFactory, RiskFlagFactory

FINDINGS = (
    ("virtual", "line", 30, "The line is virtual."),
    ("number_seen", "history", 40, "Others have signed up with this number."),
    ("carrier_country", "place", 20, "Carrier and number belong to different countries."),
)
CENT = 10**6
"""A cent, in the units in which spending is stored."""
DENIED = "+46701740699"
"""The number on the deny list."""
NAMES = [
    "Alma Lindqvist",
    "Viktor Strand",
    "Noor Haddad",
    "Elin Sjöberg",
    "Jonas Brandt",
    "Zofia Nowak",
    "Mateo García",
    "Ingrid Solheim",
    "Yusuf Demir",
    "Clara Jensen",
    "Oskar Nyman",
    "Leïla Benali",
    "Tomas Novák",
    "Freja Holm",
    "Samuel Okafor",
    "Maja Ekström",
    "Anton Virtanen",
    "Lucía Romero",
    "Hanna Bergqvist",
    "Amir Rahimi",
]
GALLERY = (
    *(("virtual-dead-abroad", "89.160.20.131"), ("premium", "89.160.20.132")),
    *(("virtual", "193.0.6.139"), ("traveller", "192.134.5.133"), ("pager", "89.160.20.134")),
    *(("clean-mobile", "89.160.20.136"), ("virtual-abroad", "193.0.6.139")),
    *(("ported", "89.160.20.137"), ("not-valid", "193.0.6.139"), ("campus", "89.160.20.138")),
    *(("foreign-carrier", "89.160.20.139"), ("undeliverable", "192.134.5.140")),
    *(("virtual-not-valid", "193.0.6.140"), ("blacklisted", "89.160.20.142")),
    *(("voip-user", "89.160.20.143"), ("toll-free", "193.0.6.139"), ("vpn-user", "89.160.20.7")),
    *(("http-500", "89.160.20.141"), ("sms-pumping", "193.0.6.139"), ("recycled", "89.160.20.5")),
)
"""Personas of the sandbox, each with the IP of a visitor."""


def customer(name: str, number: str, **fields: Any) -> Any:
    """Return a stored customer of the shop, whose number is not screened."""
    model: Any = apps.get_model("shop", "Customer")
    email = f"{name.lower().replace(' ', '.')}.{model.objects.count()}@example.com"
    with screening.suspended():
        return model.objects.create(name=name, email=email, phone=number, **fields)


def waiting(
    number: str = "+46701740605", *, name: str = "Alma Lindqvist", **fields: Any
) -> NumberInsightRecord:
    """Return the record of a customer who waits for a decision."""
    given = {"verdict": "review", "score": 30, **fields}
    record: NumberInsightRecord = RecordFactory(subject=customer(name, number), **given)
    RiskFlagFactory(record=record)
    return record


def queue(count: int) -> list[NumberInsightRecord]:
    """Return the records of so many customers who wait, in the order of the desk."""
    return [
        waiting(f"+467017406{index:02}", name=f"Customer {index}", score=90 - index)
        for index in range(count)
    ]


def fill_gallery() -> None:
    """Store a month of signups, of which some wait, with lists, money and the daily tally."""
    chance = random.Random(20)
    with transaction.atomic():  # a commit for each row would take seconds
        _past(chance)
        _lists()
    _present(chance)
    keeping.keep()


def turn_away() -> None:
    """Let a form refuse a number that is on the deny list."""
    enforced = {**settings.NUMBER_INSIGHT, "ENFORCEMENT": "enforce"}
    with override_settings(NUMBER_INSIGHT=enforced):
        assert refusal.is_denied(DENIED)


def _past(chance: random.Random) -> None:
    """Store what was judged in the last four weeks, most of it allowed."""
    for days in range(28, 0, -1):
        for _each in range(chance.randint(5, 9)):
            verdict = chance.choices(("allow", "review", "deny"), (70, 22, 8))[0]
            decision = "" if verdict == "allow" else chance.choice(("released", "refused"))
            at = timezone.now() - timedelta(days=days, minutes=chance.randint(0, 600))
            _judged(chance, verdict, decision, at)
        budget = {"period": f"day:{timezone.localdate() - timedelta(days=days):%Y-%m-%d}"}
        Spending.objects.create(**budget, currency="EUR", spent=chance.randint(9, 60) * CENT)


def _judged(chance: random.Random, verdict: str, decision: str, at: Any) -> None:
    level = chance.choice(("standard", "advanced"))
    price = {"standard": "0.005", "advanced": "0.03"}[level]
    seconds = timedelta(seconds=chance.lognormvariate(-1.2, 0.5))
    times = {"created_at": at, "called_at": at, "answered_at": at + seconds}
    number = f"+4670174{chance.randint(1000, 9999)}"
    made = LookupFactory(number=number, level=level, price=price, currency="EUR", country="SE")
    Lookup.objects.filter(pk=made.pk).update(**times)
    record = RecordFactory(
        number=number,
        verdict=verdict,
        lookup=made,
        cost=price,
        country=chance.choice(("SE", "SE", "SE", "GB", "NL")),
        ip_country=chance.choice(("SE", "SE", "SE", "NL", "FR")),
        score={"allow": 0, "review": 45, "deny": 90}[verdict],
        decision=decision,
        decided_at=at + timedelta(minutes=chance.randint(4, 200)) if decision else None,
    )
    if verdict != "allow":
        code, group, weight, message = chance.choice(FINDINGS)
        RiskFlagFactory(record=record, code=code, group=group, weight=weight, message=message)
    NumberInsightRecord.objects.filter(pk=record.pk).update(created_at=at)


def _lists() -> None:
    reason = "Ordered three times, and never paid."
    number = {"match": "number", "value": DENIED, "reason": reason}
    ListEntry.objects.create(action="deny", **number)
    office = {"match": "ip", "value": "89.160.20.250", "reason": "The office."}
    ListEntry.objects.create(action="allow", **office)


def _present(chance: random.Random) -> None:
    """Let people sign up and be judged by the rules; the first that waits is refused."""
    by_name = {persona.name: persona for persona in PERSONAS}
    for name, (who, ip) in zip(NAMES, GALLERY, strict=True):
        number = by_name[who].number
        screening.screen(number, ip=ip, subject=customer(name, number))
    sweeps.sweep(inline=True)
    fresh = NumberInsightRecord.objects.awaiting_review().order_by("pk")
    for record in NumberInsightRecord.objects.exclude(subject_type=None):
        at = timezone.now() - timedelta(minutes=chance.randint(8, 230))
        NumberInsightRecord.objects.filter(pk=record.pk).update(created_at=at)
    user, _is_new = User.objects.get_or_create(username="ingrid", defaults={"is_staff": True})
    reviewing.refuse(
        fresh[0], user=user, reason_code="false_number", reason="The address does not exist."
    )
