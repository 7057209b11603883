"""From a record its number or source is denied, or its number is allowed next time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from number_insight import privacy, reviewing
from number_insight.insight import Insight
from number_insight.models import ListEntry, NumberInsightRecord
from number_insight.models.fingerprints import fingerprint
from number_insight.screening import refusal
from number_insight.testing import RecordFactory
from number_insight.verdicts.lists import Lists
from tests.support.stage import PREMIUM, asking, screened

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
    record = RecordFactory(number="", number_hash="", ip_address=None, carrier_name="", country="")
    with pytest.raises(ValidationError):
        reviewing.deny_also(record, match, author=None, reason="x")


def test_a_long_reason_is_cut_to_fit() -> None:
    entry = reviewing.deny_also(
        RecordFactory(number=NUMBER), "number", author=None, reason="x" * 2000
    )
    assert len(entry.reason) == 300


def test_a_number_that_a_form_refused_is_allowed_next_time_though_it_is_not_kept() -> None:
    ana = User.objects.create_user("ana")
    with asking(ENFORCEMENT="enforce"):
        screened(PREMIUM)
        assert refusal.is_denied(PREMIUM)
        refused = NumberInsightRecord.objects.get(state="refused")
        entry = reviewing.allow_next_time(refused, author=ana, reason="Our own line.")
        assert PREMIUM[1:] not in f"{entry.value} {entry}"
        assert not refusal.is_denied(PREMIUM)
        record = screened(PREMIUM)
    assert (record.verdict, record.basis) == ("allow", "listed")
    assert record.flags.get(code="allow_number").evidence == {"entry": entry.pk}
    (exported,) = privacy.export(number=PREMIUM)["list_entries"]
    assert exported["id"] == entry.pk


def test_an_entry_for_a_number_that_is_not_kept_is_shown_as_such(admin_client: Client) -> None:
    record = RecordFactory(number="", number_hash=fingerprint(NUMBER))
    entry = reviewing.allow_next_time(record, author=None, reason="A mistake.")
    page = admin_client.get(reverse("admin:number_insight_listentry_changelist")).content.decode()
    assert "a number that is not kept" in page
    entry.reason = "Another reason."
    entry.full_clean()
    entry.save()


def test_a_fingerprint_under_an_older_key_is_still_recognised(settings: Any) -> None:
    settings.NUMBER_INSIGHT = {"FINGERPRINT_KEYS": ["old"]}
    record = RecordFactory(number="", number_hash=fingerprint(NUMBER))
    entry = reviewing.allow_next_time(record, author=None, reason="A mistake.")
    settings.NUMBER_INSIGHT = {"FINGERPRINT_KEYS": ["new", "old"]}
    (listing,) = Lists.around([NUMBER], []).matching(NUMBER, ip=None, insight=Insight())
    assert listing.entry_id == entry.pk


def test_a_number_is_allowed_next_time() -> None:
    entry = reviewing.allow_next_time(
        RecordFactory(number=NUMBER), author=None, reason="A mistake."
    )
    assert (entry.action, entry.match, entry.value) == ("allow", "number", NUMBER)
