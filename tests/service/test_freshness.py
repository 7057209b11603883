"""Each kind of fact is reused for as long as it is fresh."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from number_insight.models import Lookup
from number_insight.providers.fake import Fake
from tests.service.stage import asking, screened

pytestmark = pytest.mark.django_db

DEAD = "+46701740631"
"""The phone is undeliverable, which is a fact of the moment."""


def age(**passed: float) -> None:
    """Let every answer be so old."""
    Lookup.objects.update(answered_at=timezone.now() - timedelta(**passed))


@pytest.mark.parametrize(("days", "asked"), [(29, 1), (31, 2)])
def test_a_carrier_is_known_for_thirty_days(days: int, asked: int) -> None:
    with asking():
        screened()
        age(days=days)
        screened()
    assert len(Fake.asked) == asked


@pytest.mark.parametrize(("minutes", "score"), [(14, 25), (16, 0)])
def test_what_was_live_and_kept_counts_for_a_quarter_of_an_hour(minutes: int, score: int) -> None:
    with asking(STORE_LIVE=True, RULES=None, WEIGHTS={"number_reused": 0}):
        screened(DEAD)
        age(minutes=minutes)
        record = screened(DEAD)
    assert (record.basis, record.score, len(Fake.asked)) == ("reused", score, 1)
    assert ("undeliverable" in record.not_evaluable) is (score == 0)


def test_what_was_live_and_not_kept_is_not_evaluable_for_a_returning_number() -> None:
    with asking():
        screened(DEAD)
        record = screened(DEAD)
    assert record.basis == "reused"
    assert {"undeliverable", "roaming"} <= set(record.not_evaluable)
