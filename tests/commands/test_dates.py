"""A time that is typed as an option is one of the site, and fits the column it is compared with."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from django.core.management.base import CommandError
from django.test import override_settings

from number_insight.management.dates import moment

SITE = {"TIME_ZONE": "Asia/Kathmandu"}


@override_settings(USE_TZ=True, **SITE)
@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("2027-01-31", datetime(2027, 1, 30, 18, 15, tzinfo=timezone.utc)),
        ("2027-01-31T12:00", datetime(2027, 1, 31, 6, 15, tzinfo=timezone.utc)),
        ("2027-01-31T12:00+00:00", datetime(2027, 1, 31, 12, tzinfo=timezone.utc)),
    ],
)
def test_a_time_is_one_of_the_site_unless_it_names_its_zone(text: str, meant: datetime) -> None:
    assert moment(text) == meant


@override_settings(USE_TZ=False, **SITE)
@pytest.mark.parametrize("text", ["2027-01-31T12:00", "2027-01-31T06:15Z"])
def test_without_use_tz_a_time_is_naive_as_the_columns_are(text: str) -> None:
    assert moment(text) == datetime(2027, 1, 31, 12)


@override_settings(USE_TZ=True, **SITE)
@pytest.mark.parametrize("text", ["0001-01-01", "2027-02-30", "2027-01-31T25:00"])
def test_a_time_that_the_calendar_does_not_hold_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(CommandError, match="There is no such time"):
        moment(text)
