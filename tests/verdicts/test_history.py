"""The past of many signups is counted at once, and for each as it was."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from number_insight import addresses
from number_insight.insight import Carrier, Insight
from number_insight.models import NumberInsightRecord
from number_insight.models.choices import Source
from number_insight.models.fingerprints import fingerprint
from number_insight.rules.base import COSTLY
from number_insight.verdicts import history
from number_insight.verdicts.history import DAY, HOUR
from tests.models import Customer
from tests.support.records import IP, NUMBER, a_record, an_entry, decided, settled

pytestmark = pytest.mark.django_db

NUMBERS = [f"+467017406{last:02}" for last in range(12)] + ["+46701740700", "+467017406055", ""]
IPS = [
    *("8.8.8.8", "8.8.4.4", "::ffff:8.8.8.8", "10.0.0.1", None),
    *("2001:4860:4860::8888", "2001:4860:4860:0:1::", "2001:4860:4860:1::8888"),
]
CARRIERS = ["Telia", "TELIA", "Tre  Sverige", ""]
COUNTRIES = ["SE", "NO", ""]
SPANS = [HOUR, 26 * HOUR, 80 * HOUR]


@pytest.fixture(params=range(10), ids=str)
def dice(request: pytest.FixtureRequest) -> random.Random:
    """Chance that can be repeated."""
    return random.Random(request.param)


@pytest.fixture
def bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds so low that some are reached."""
    monkeypatch.setattr(history, "MOST_COUNTED", 6)
    monkeypatch.setattr(history, "FEWEST_OF_A_BURST", 3)
    monkeypatch.setattr(history, "STATEMENT_SIZE", 10)


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


def told(signups: history.Signups) -> list[dict[str, Any]]:
    """Return the pasts of `signups`, with the entries of the lists in one order."""
    return [
        past | {"listed": sorted(entry.entry_id or 0 for entry in past["listed"])}
        for past in history.pasts(signups, COSTLY)
    ]


class Plain:
    """The past of one record, counted by hand over all `rows`."""

    def __init__(self, rows: list[NumberInsightRecord], signup: tuple[Any, Insight]) -> None:
        self.record, self.insight = signup
        self.earlier = [row for row in rows if row.pk < self.record.pk]
        self.others = [row for row in rows if row.pk != self.record.pk]
        self.hash = self.record.number_hash or fingerprint(self.record.number)
        self.carrier = (self.insight.current_carrier or Carrier()).name

    def counts(self) -> dict[str, Any]:
        known, number = addresses.public_ip(self.record.ip_address), self.record.number
        ip = known and addresses.range_of(known)
        block, country, carrier = number[:-2], self.insight.country, self.carrier
        return {
            "number_seen": self.subjects(self.is_same),
            "ip_seen": self.subjects(lambda row: ip and row.ip_range == ip),
            "number_decision": self.decision(),
            "ip_seen_day": self.numbers(lambda row: ip and row.ip_range == ip, DAY),
            "block_seen_hour": self.numbers(lambda row: number and row.number[:-2] == block, HOUR),
            **self.burst("carrier", lambda row: carrier and row.carrier_name == carrier),
            **self.burst("country", lambda row: country and row.country == country),
        }

    def is_same(self, row: NumberInsightRecord) -> bool:
        known_by_number = bool(row.number) and row.number == self.record.number
        return known_by_number or row.number_hash == self.hash

    def subjects(self, fits: Callable[[NumberInsightRecord], Any]) -> int:
        found = {(row.subject_type_id, row.subject_id) for row in self.earlier if fits(row)}
        mine = {(self.record.subject_type_id, self.record.subject_id)}
        found = {subject for subject in found - mine if subject[0] is not None}
        return min(len(found), history.MOST_COUNTED)

    def decision(self) -> str:
        found = [
            (row.decided_at, row.decision)
            for row in self.others
            if row.decided_at and row.decided_at <= self.record.created_at and self.is_same(row)
        ]
        return max(found)[1] if found else ""

    def visits(self, begin: timedelta, end: timedelta = HOUR * 0) -> list[NumberInsightRecord]:
        if self.record.source not in history.OF_VISITORS or self.record.number_hash:
            return []
        after, until = self.record.created_at - begin, self.record.created_at - end
        rows = [row for row in self.earlier if row.source in history.OF_VISITORS]
        return [row for row in rows if after < row.created_at <= until]

    def numbers(self, fits: Callable[[NumberInsightRecord], Any], span: timedelta) -> int:
        rows = [row for row in self.visits(span) if fits(row) and not self.is_same(row)]
        return min(len({(row.number, row.number_hash) for row in rows}), history.MOST_COUNTED)

    def burst(self, what: str, fits: Callable[[NumberInsightRecord], Any]) -> dict[str, int]:
        in_hour = min(sum(bool(fits(row)) for row in self.visits(HOUR)), history.MOST_COUNTED)
        before = sum(bool(fits(row)) for row in self.visits(DAY + HOUR, HOUR))
        usual = min(before, history.most_usual(in_hour))
        is_busy = in_hour >= history.FEWEST_OF_A_BURST
        return {f"{what}_seen_hour": in_hour, f"{what}_seen_day": usual if is_busy else 0}


def test_what_is_counted_is_what_counting_by_hand_comes_to(
    dice: random.Random, bounds: None
) -> None:
    rows = a_table(dice)
    signups = [(row, _an_insight(dice)) for row in rows]
    for signup, past in zip(signups, told(signups), strict=True):
        del past["listed"]
        assert past == Plain(rows, signup).counts(), signup[0].pk


def test_a_batch_is_told_what_each_would_be_told_alone(dice: random.Random, bounds: None) -> None:
    rows = a_table(dice)
    _lists(dice)
    for count in (1, 2, 16):
        batch = [(row, _an_insight(dice)) for row in dice.sample(rows, count)]
        assert told(batch) == [past for signup in batch for past in told([signup])]


def test_what_is_compared_is_not_always_nothing(bounds: None) -> None:
    dice = random.Random(11)
    rows = a_table(dice, 300)
    _lists(dice)
    pasts = told([(row, _an_insight(dice)) for row in rows])
    values = {name: {str(past[name]) for past in pasts} for name in COSTLY}
    assert [name for name, found in values.items() if len(found) < 3] == []


def test_what_the_rules_were_told_is_kept_with_the_verdict() -> None:
    a_record(subject=1, ip_address=IP)
    decided(NUMBER, "released", timezone.now() - HOUR, subject=2)
    an_entry("deny", "prefix", "+46701")
    record = settled(a_record(subject=3, ip_address=IP))
    assert record.history == {
        **dict.fromkeys(COSTLY - {"listed", "ip_seen"}, 0),
        **{"number_seen": 2, "number_decision": "released"},
    }
