"""``LEVEL="auto"`` comes to the same verdicts as asking Advanced every time, for less money."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from number_insight.models import ListEntry, Lookup, NumberInsightRecord, Switch
from number_insight.providers.personas import PERSONAS
from number_insight.rules import STANDARD
from number_insight.screening import planning, signup, sweeps
from tests.support.stage import asking

pytestmark = pytest.mark.django_db

HISTORY = ("history", "source")
RULES = [entry for entry in STANDARD if entry["NAME"].split(".")[2] not in HISTORY]
"""History tells the second run from the first, so its rules are left out."""
ANSWERED = [f"+467017406{p.ending}" for p in PERSONAS if p.verdict != "pending" and not p.fault]
LANDLINES = [f"+4420794600{place:02}" for place in (14, 54, 64)]
JUNK = ["12", "+4470", "nonsense"]
LISTED = "+46701740711"


def population() -> list[str]:
    """Return the numbers to sign up: answered personas, landlines, junk, and many again."""
    return [*ANSWERED, *LANDLINES, *JUNK, LISTED, *ANSWERED[:10], *ANSWERED[:10]]


def verdicts(**settings: Any) -> tuple[list[str], Decimal]:
    """Sign the population up; return its verdicts and their cost."""
    NumberInsightRecord.objects.all().delete()
    Lookup.objects.all().delete()
    with asking(RULES=RULES, LIMITS={}, THROUGHPUT=10_000, STORE_LIVE=True, **settings):
        records = []
        for number in population():
            records.append(signup.screen(number, ip="89.160.20.112"))
            sweeps.sweep(inline=True)
        Lookup.objects.filter(state="queued").update(next_try_at=timezone.now())
        sweeps.sweep(inline=True)  # the provider was busy once, and the back-off is over
        rows = NumberInsightRecord.objects.in_bulk([record.pk for record in records])
        cost = sum((row.cost for row in rows.values()), Decimal(0))
    return [rows[record.pk].verdict for record in records], cost


def test_the_personas_cost_less_at_the_same_verdicts(capsys: pytest.CaptureFixture[str]) -> None:
    ListEntry.objects.create(action="allow", match="number", value=LISTED, reason="A friend.")
    without_memory = {"FRESHNESS": {"carrier": timedelta(0), "live": timedelta(0)}}
    always, dear = verdicts(LEVEL="advanced", **without_memory)
    auto, cheap = verdicts(LEVEL="auto")
    with capsys.disabled():
        print(f"\n{len(auto)} signups: always Advanced {dear:.3f} EUR, auto {cheap:.3f} EUR")
    assert auto == always
    assert cheap < dear * Decimal("0.8")


@pytest.mark.parametrize(
    ("number", "saved"), [("12", "0.03"), (LANDLINES[0], "0.025"), (ANSWERED[0], "0")]
)
def test_each_record_says_what_was_saved(number: str, saved: str) -> None:
    with asking():
        record = signup.screen(number)
        sweeps.sweep(inline=True)
        record.refresh_from_db()
        assert planning.saved(record) == Decimal(saved)


def test_what_was_turned_away_for_want_of_money_saved_nothing() -> None:
    Switch.objects.create(name="lookups", is_on=False)
    with asking():
        record = signup.screen(ANSWERED[0])
        sweeps.sweep(inline=True)
        record.refresh_from_db()
        assert planning.saved(record) == 0
