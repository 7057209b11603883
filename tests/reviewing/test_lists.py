"""From a record its number or source is denied, or its number is allowed next time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.utils import timezone

from number_insight import reviewing
from number_insight.models import ListEntry
from number_insight.testing import RecordFactory

pytestmark = pytest.mark.django_db

NUMBER = "+46701740605"
IP = "8.8.8.8"


@pytest.mark.parametrize(
    ("match", "value"), [("number", NUMBER), ("ip", IP), ("prefix", "+467017406")]
)
def test_what_is_denied_has_its_author_and_reason(match: str, value: str) -> None:
    ana = User.objects.create_user("ana")
    record = RecordFactory(number=NUMBER, ip_address=IP)
    entry = reviewing.deny_also(record, match, author=ana, reason=" Never paid. ")
    entry.refresh_from_db()
    assert (entry.action, entry.match, entry.value) == ("deny", match, value)
    assert (entry.author, entry.reason) == (ana, "Never paid.")
    assert (entry.expires_at is not None) == (match == "ip")


def test_an_entry_that_says_the_same_is_not_written_twice() -> None:
    record = RecordFactory(number=NUMBER)
    first = reviewing.deny_also(record, "number", author=None, reason="One.")
    tomorrow = timezone.now() + timedelta(days=1)
    again = reviewing.deny_also(record, "number", author=None, reason="Two.", expires_at=tomorrow)
    assert again == first
    assert ListEntry.objects.count() == 1


def test_a_longer_denial_is_an_entry_of_its_own() -> None:
    record = RecordFactory(number=NUMBER)
    days = [timezone.now() + timedelta(days=count) for count in (1, 2)]
    for day in days:
        reviewing.deny_also(record, "number", author=None, reason="x", expires_at=day)
    assert ListEntry.objects.count() == 2


@pytest.mark.parametrize("match", ["number", "ip", "prefix", "carrier", "country", "nonsense"])
def test_what_a_record_does_not_hold_cannot_be_denied(match: str) -> None:
    record = RecordFactory(number="", number_hash="x", ip_address=None, carrier_name="", country="")
    with pytest.raises(ValidationError):
        reviewing.deny_also(record, match, author=None, reason="x")


def test_a_long_reason_is_cut_to_fit() -> None:
    entry = reviewing.deny_also(
        RecordFactory(number=NUMBER), "number", author=None, reason="x" * 2000
    )
    assert len(entry.reason) == 300


def test_a_number_is_allowed_next_time() -> None:
    entry = reviewing.allow_next_time(
        RecordFactory(number=NUMBER), author=None, reason="A mistake."
    )
    assert (entry.action, entry.match, entry.value) == ("allow", "number", NUMBER)
