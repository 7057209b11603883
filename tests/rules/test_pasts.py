"""What is read for many records at once is exactly what each would have been told by itself."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from number_insight import pasts
from number_insight.insight import Carrier, Insight
from number_insight.models import NumberInsightRecord
from number_insight.models.choices import Source
from number_insight.models.fingerprints import fingerprint
from number_insight.pasts import Pasts
from number_insight.rules.base import COSTLY
from number_insight.verdicts import history
from number_insight.verdicts.history import HOUR, Past
from tests.models import Customer
from tests.rules.scenes import an_entry

pytestmark = pytest.mark.django_db

NUMBERS = [f"+467017406{last:02}" for last in range(12)] + ["+46701740700", "+467017406055", ""]
IPS = ["8.8.8.8", "8.8.4.4", "2001:4860:4860::8888", "::ffff:8.8.8.8", "10.0.0.1", None]
CARRIERS = ["Telia", "TELIA", "Tre  Sverige", ""]
COUNTRIES = ["SE", "NO", ""]
SPANS = [HOUR, 26 * HOUR, 80 * HOUR]


@pytest.fixture(params=range(10), ids=str)
def dice(request: pytest.FixtureRequest) -> random.Random:
    """Chance that can be repeated."""
    return random.Random(request.param)


@pytest.fixture(params=["many", "few"])
def bounds(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The bounds as they are; or so low that some are reached, and the database counts."""
    if request.param == "few":
        monkeypatch.setattr(pasts, "MOST_READ", 25)
        monkeypatch.setattr(pasts, "MOST_COUNTED", 6)
        monkeypatch.setattr(history, "MOST_COUNTED", 6)
        monkeypatch.setattr(pasts, "FEWEST_OF_A_BURST", 3)
        monkeypatch.setattr(history, "FEWEST_OF_A_BURST", 3)
    return str(request.param)


def a_table(dice: random.Random, count: int = 120) -> list[NumberInsightRecord]:
    """Fill the table with records of all kinds, many of them at the very same time."""
    now, span = timezone.now(), dice.choice(SPANS)
    kind = ContentType.objects.get_for_model(Customer)
    times = [now - span * dice.random() for _ in range(count // 3)]
    times += [at - edge for at in times[:4] for edge in (HOUR, 24 * HOUR, 25 * HOUR)]
    made = [_a_row(dice, kind, dice.choice(times)) for _ in range(count)]
    at = {id(row): row.created_at for row in made}
    rows = NumberInsightRecord.objects.bulk_create(made)
    for row in rows:
        row.created_at = at[id(row)]
    NumberInsightRecord.objects.bulk_update(rows, ["created_at"])
    return list(NumberInsightRecord.objects.order_by("pk"))


def _a_row(dice: random.Random, kind: ContentType, at: datetime) -> NumberInsightRecord:
    number, told = dice.choice(NUMBERS), {}
    if number and dice.random() < 0.2:  # erased, or turned away in the form
        told = {"number_hash": fingerprint(number)}
        number = ""
    if dice.random() < 0.6:
        told |= {"subject_type": kind, "subject_id": str(dice.randrange(5))}
    if dice.random() < 0.3:
        told |= {"decision": dice.choice(["released", "refused"]), "decided_at": at + HOUR / 2}
    row = NumberInsightRecord(
        number=number,
        ip_address=dice.choice(IPS),
        source=dice.choice([*Source.values, "signup", "signup", "signup"]),
        carrier_name=dice.choice(CARRIERS),
        country=dice.choice(COUNTRIES),
        **told,
    )
    row.created_at = at
    return row


def _lists(dice: random.Random) -> None:
    for match, value in (
        ("number", NUMBERS[0]),
        ("prefix", "+46701"),
        ("ip", "8.8.8.0/24"),
        ("ip", "2001:4860::/32"),
        ("carrier", "telia"),
        ("carrier", "24001"),
        ("country", "NO"),
    ):
        if dice.random() < 0.5:
            an_entry(dice.choice(["allow", "deny"]), match, value)


def _an_insight(dice: random.Random) -> Insight:
    carrier = Carrier(name=dice.choice(CARRIERS) or None, network_code=dice.choice(["24001", None]))
    known = dice.choice([carrier, None])
    return Insight(country=dice.choice(COUNTRIES) or None, current_carrier=known)


def _told(past: Past) -> dict[str, Any]:
    told = past.told(COSTLY)
    return told | {"listed": sorted(told["listed"], key=lambda entry: entry.entry_id or 0)}


def test_a_batch_is_told_what_each_would_be_told_alone(dice: random.Random, bounds: str) -> None:
    rows = a_table(dice)
    _lists(dice)
    for count in (1, 2, 16):
        batch = dice.sample(rows, count)
        together = Pasts(batch)
        for record in batch:
            insight = _an_insight(dice)
            alone = _told(Past(record, insight))
            assert _told(together.of(record, insight)) == alone, (record.pk, count)


@pytest.mark.parametrize("bounds", ["few"], indirect=True)
def test_what_is_compared_is_not_always_nothing(bounds: str) -> None:
    dice = random.Random(11)
    found: dict[str, set[str]] = {name: set() for name in COSTLY}
    rows = a_table(dice, 300)
    _lists(dice)
    for record in rows:
        for name, value in _told(Past(record, _an_insight(dice))).items():
            found[name].add(str(value))
    assert [name for name, values in found.items() if len(values) < 3] == []
