"""Days and hours are those of ``TIME_ZONE``, whatever a request activates, and without `USE_TZ`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from datetime import timezone as fixed
from pathlib import Path

import pytest
from django.test import override_settings
from django.utils import timezone

from number_insight import clock
from number_insight.admin import notice
from number_insight.lookups import budget, limits
from number_insight.models import Spending, Usage
from tests.support.records import a_record, known_of
from tests.support.stage import CLEAN, asking, money, screened

ROOT = Path(__file__).parents[2]
LATE = datetime(2026, 5, 1, 23, 30, tzinfo=fixed.utc)
"""In UTC still the first of May, in Kiritimati the second, and in Honolulu past one o'clock."""
ELSEWHERE = ["Pacific/Kiritimati", "Pacific/Honolulu"]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Return a function that sets the clock."""

    def set_clock(moment: datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment)

    return set_clock


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ELSEWHERE)
def test_money_and_limits_are_counted_by_the_day_of_the_site(
    zone: str, at: Callable[[datetime], None]
) -> None:
    at(LATE)
    with asking(LIMITS={"number": "1/day"}, BUDGET={"day": "0.03"}):
        with timezone.override(zone):
            assert screened().basis == "answer"
            assert budget.current_periods() == {"day": "day:2026-05-01", "month": "month:2026-05"}
            assert money() == ("0.03", "0")
            assert notice.summarise().spent == (("day", "EUR"),)
        assert list(Spending.objects.order_by("period").values_list("period", flat=True)) == [
            "day:2026-05-01",
            "month:2026-05",
        ]
        assert limits.used("number", CLEAN, "day") == 1
        usage = Usage.objects.get(key__startswith="number")
    assert clock.local(usage.ends_at) == datetime(2026, 5, 2, tzinfo=fixed.utc)


@pytest.mark.django_db
@pytest.mark.parametrize("zone", ELSEWHERE)
def test_a_signup_is_told_in_the_zone_of_the_site(zone: str) -> None:
    with timezone.override(zone), override_settings(TIME_ZONE="Europe/Stockholm"):
        at = known_of(a_record()).at
    assert str(at.tzinfo) == "Europe/Stockholm"


@pytest.mark.django_db
@override_settings(TIME_ZONE="Europe/Stockholm")
@pytest.mark.parametrize(
    ("times", "counts"),
    [
        # The clock shows two o'clock twice.
        ([datetime(2026, 10, 25, hour, 30, tzinfo=fixed.utc) for hour in (0, 1, 2)], [1, 1, 1]),
        # It jumps from two to three.
        ([datetime(2026, 3, 29, hour, 30, tzinfo=fixed.utc) for hour in (0, 1, 2)], [1, 1, 1]),
    ],
)
def test_a_clock_change_neither_merges_nor_drops_an_hour(
    times: list[datetime], counts: list[int], at: Callable[[datetime], None]
) -> None:
    found = []
    for moment in times:
        at(moment)
        limits.count("refused", "8.8.8.8", 10, "hour")
        found.append(limits.used("refused", "8.8.8.8", "hour"))
    assert found == counts


@pytest.mark.django_db
@override_settings(TIME_ZONE="Europe/Stockholm")
@pytest.mark.parametrize(
    ("morning", "evening", "end"),
    [
        ((2026, 10, 24, 22), (2026, 10, 25, 22), (2026, 10, 25, 23)),  # of 25 hours
        ((2026, 3, 28, 23), (2026, 3, 29, 21), (2026, 3, 29, 22)),  # of 23
    ],
)
def test_a_day_of_a_clock_change_is_one_day(
    morning: tuple[int, ...],
    evening: tuple[int, ...],
    end: tuple[int, ...],
    at: Callable[[datetime], None],
) -> None:
    for moment in (morning, evening):
        at(datetime(*moment, 30, tzinfo=fixed.utc))
        limits.count("refused", "8.8.8.8", 10, "day")
    usage = Usage.objects.get()
    assert (usage.count, usage.ends_at) == (2, datetime(*end, tzinfo=fixed.utc))


OF_THE_RUN = ("PYTEST_", "NI_TEST_PROVIDER")
"""Beginnings of the variables that this run leaves to itself: no vendor tells the time."""


def test_a_site_without_use_tz_screens_limits_and_keeps_its_books() -> None:
    """Part of this suite, run once more on a site with naive times."""
    files = [
        "tests/lookups/test_uncertain.py",
        *(f"tests/lookups/test_{part}.py" for part in ("budget", "circuits", "limits")),
        "tests/screening/test_signup.py",
        "tests/commands/test_health.py",
    ]
    options = ["-q", "-p", "no:cacheprovider", "--ds", "tests.support.naive"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(OF_THE_RUN)}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "-m", "not chaos and not bench", *files],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert run.returncode == 0, run.stdout[-4000:]
