"""Each kind of fact is reused for as long as it is fresh."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from number_insight.models import Lookup
from number_insight.providers.fake import Fake
from tests.support.stage import asking, screened

pytestmark = pytest.mark.django_db

DEAD = "+46701740631"
"""The phone is undeliverable, which is a fact of the moment."""


def age(**passed: float) -> None:
    """Let every answer be so old."""
    Lookup.objects.update(answered_at=timezone.now() - timedelta(**passed))


def rule(path: str, **options: int) -> dict[str, Any]:
    return {"NAME": f"number_insight.rules.{path}", "OPTIONS": options}


@pytest.mark.parametrize(("days", "asked"), [(29, 1), (31, 2)])
def test_a_carrier_is_known_for_thirty_days(days: int, asked: int) -> None:
    with asking(RULES=[rule("line.Virtual"), rule("place.CarrierCountry")]):
        screened()
        age(days=days)
        screened()
    assert len(Fake.asked) == asked


@pytest.mark.parametrize(("minutes", "asked"), [(14, 1), (16, 2)])
def test_what_is_stale_and_matters_is_asked_again(minutes: int, asked: int) -> None:
    with asking(STORE_LIVE=True, WEIGHTS={"number_reused": 0}):
        screened(DEAD)
        age(minutes=minutes)
        record = screened(DEAD)
    assert (record.score, len(Fake.asked)) == (25, asked)
    assert record.basis == ("reused" if asked == 1 else "answer")


@pytest.mark.parametrize(
    ("rules", "asked"),
    [
        ([rule("validity.Undeliverable")], 1),
        ([rule("validity.Undeliverable"), rule("validity.Absent", weight=29)], 1),
        ([rule("validity.Undeliverable"), rule("place.Roaming")], 2),
        ([rule("validity.BadNumber")], 2),
        ([rule("validity.BadNumber", weight=0)], 1),
    ],
    ids=["too light", "heaviest of a group", "heavy together", "heavy", "weighs nothing"],
)
def test_what_is_stale_and_cannot_change_the_verdict_is_not_bought(
    rules: list[dict[str, Any]], asked: int
) -> None:
    with asking(RULES=[*rules, rule("line.Virtual")]):
        screened()
        age(minutes=16)
        record = screened()
    assert (record.verdict, len(Fake.asked)) == ("allow", asked)


@pytest.mark.parametrize(("level", "asked"), [("standard", 1), ("advanced", 2)])
def test_a_level_that_tells_nothing_of_the_phone_goes_stale_with_the_carrier(
    level: str, asked: int
) -> None:
    with asking(LEVEL=level):
        screened()
        age(hours=1)
        screened()
    assert len(Fake.asked) == asked


def test_what_was_live_and_not_kept_is_not_evaluable_for_a_returning_number() -> None:
    with asking():
        screened(DEAD)
        record = screened(DEAD)
    assert record.basis == "reused"
    assert {"undeliverable", "roaming"} <= set(record.not_evaluable)
