"""Spreads can be added, and their quantiles are near the exact ones."""

from __future__ import annotations

import random
import statistics
from datetime import timedelta

import pytest

from number_insight.overview import spread


def test_nothing_has_no_quantile() -> None:
    assert spread.quantile({}, 0.5) is None


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
def test_a_quantile_is_within_three_per_cent_of_the_exact_one(share: float) -> None:
    chance = random.Random(7)
    exact = sorted(chance.lognormvariate(1, 2) for _ in range(2_000))
    halves = exact[::2], exact[1::2]
    parts = [spread.of(timedelta(seconds=seconds) for seconds in half) for half in halves]
    found = spread.quantile(spread.total(parts), share)
    assert found is not None
    expected = statistics.quantiles(exact, n=20)[round(share * 20) - 1]
    assert found.total_seconds() == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("seconds", [0, -1, 1e-9])
def test_a_duration_of_nothing_is_counted(seconds: float) -> None:
    found = spread.quantile(spread.of([timedelta(seconds=seconds)]), 0.5)
    assert found is not None
    assert found.total_seconds() == pytest.approx(0.001, rel=0.03)
