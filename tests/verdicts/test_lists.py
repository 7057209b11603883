"""The lists: the forms of their values, the entries that match, and their effect."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import override_settings
from django.utils import timezone

from number_insight.insight import Carrier, Insight
from number_insight.models import ListEntry, Lookup
from number_insight.providers.fake import Fake
from tests.support.records import (
    IP,
    NUMBER,
    a_record,
    an_entry,
    codes_of,
    decided,
    known_of,
    settled,
)
from tests.support.stage import VIRTUAL, asking, screened

pytestmark = pytest.mark.django_db

FORMS = [
    ("number", "+46 70-174 06 05", "+46701740605"),
    ("number", "0046701740605", "+46701740605"),
    ("ip", " 8.8.8.8 ", "8.8.8.8"),
    ("ip", "8.8.8.77/24", "8.8.8.0/24"),
    ("ip", "8.8.8.8/32", "8.8.8.8"),
    ("ip", "2001:4860:0:0::1", "2001:4860::1"),
    ("ip", "2001:4860::1/32", "2001:4860::/32"),
    ("ip", "::ffff:8.8.8.8", "8.8.8.8"),
    ("ip", "::ffff:8.8.8.0/120", "8.8.8.0/24"),
    ("ip", "\u200b8.8.8.8\u00a0", "8.8.8.8"),
    ("number", "\u202a+46 70 174 06 05\u202c", "+46701740605"),
    ("number", "+390549882505", "+3780549882505"),
    ("number", "+5215512345605", "+525512345605"),
    ("prefix", "\u202a+46\u00a070\u202c", "+4670"),
    ("prefix", "\uff0b\uff14\uff1670", "+4670"),
    ("prefix", "+2250", "+2250"),
    ("prefix", "+39 06", "+3906"),
    ("carrier", "Telia\u200b\u00a0Sverige", "Telia Sverige"),
    ("country", "s\u200be", "SE"),
    ("prefix", "+46 70", "+4670"),
    ("prefix", "0046-70*", "+4670"),
    ("prefix", "4670", "+4670"),
    ("carrier", "  Telia   Sverige ", "Telia Sverige"),
    ("country", "se", "SE"),
]
NO_FORMS = [
    ("number", "12"),
    ("number", "Ada"),
    ("ip", "8.8.8"),
    ("ip", "example.com"),
    ("prefix", "070"),
    ("prefix", "+"),
    ("prefix", "46x"),
    ("prefix", "1" * 15),
    ("prefix", "+46 (0)70"),
    ("prefix", "+46070"),
    ("prefix", "+999"),
    ("prefix", "+521"),
    ("prefix", "+33590"),
    ("ip", "10.0.0.0/8"),
    ("ip", "127.0.0.1"),
    ("ip", "192.168.1.1"),
    ("ip", "203.0.113.0/24"),
    ("ip", "fe80::/10"),
    ("ip", "224.0.0.0/4"),
    ("carrier", "unknown"),
    ("carrier", "NULL"),
    ("number", "555-1234"),
    ("country", "UK"),
    ("country", "EU"),
    ("carrier", "x" * 201),
    ("country", "XX"),
    ("country", "Sweden"),
    ("number", ""),
    ("planet", "Mars"),
]
MATCHES = [
    ("number", NUMBER),
    ("ip", IP),
    ("ip", "8.8.8.0/24"),
    ("ip", "0.0.0.0/0"),
    ("prefix", "+46"),
    ("prefix", NUMBER[:-1]),
    ("carrier", "TELIA"),
    ("carrier", "24001"),
    ("country", "SE"),
]
MISSES = [
    *(("number", "+46701740606"), ("ip", "8.8.4.0/24"), ("ip", "2001:4860::/32")),
    *(("prefix", "+47"), ("carrier", "Tel"), ("country", "NO")),
]


@pytest.mark.parametrize(("match", "typed", "kept"), FORMS)
def test_a_value_is_kept_in_one_form(match: str, typed: str, kept: str) -> None:
    assert an_entry("deny", match, typed).value == kept


@pytest.mark.parametrize(("match", "typed"), NO_FORMS)
def test_what_is_no_value_is_refused(match: str, typed: str) -> None:
    with pytest.raises(ValidationError):
        an_entry("deny", match, typed)
    with pytest.raises(ValidationError):
        ListEntry(action="deny", match=match, value=typed).full_clean()


def test_an_action_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"no action 'block'. Known are: allow, deny"):
        ListEntry.objects.create(action="block", match="country", value="SE")


def test_the_error_says_which_beginning_is_meant() -> None:
    with pytest.raises(ValidationError, match=r"write \+4670\."):
        an_entry("deny", "prefix", "+46 (0)70")


@pytest.mark.parametrize(
    ("listed", "typed"),
    [
        *(("+390549882505", "+3780549882505"), ("+3780549882505", "+39 0549 882505")),
        *(("+525512345605", "+52 1 55 1234 5605"), ("+46701740605", "+46701740605\n")),
        *(("+46701740605", "+46701740605,"), ("+46701740605", "+4670\u00ad1740605")),
        *(("+46701740605", "tel:+46-70-174-06-05"), ("+5491123456789", "+541123456789")),
        *(("+541123456789", "+54 9 11 2345 6789"), ("+590590123456", "+33 590 12 34 56")),
    ],
)
def test_no_spelling_of_a_line_escapes_the_deny_list(listed: str, typed: str) -> None:
    an_entry("deny", "number", listed)
    record = screened(typed, under=asking())
    assert record.verdict == "deny"
    assert "deny_number" in codes_of(record)
    assert Fake.asked == []


def test_a_network_of_ipv4_in_ipv6_matches_the_visitor() -> None:
    an_entry("deny", "ip", "::ffff:8.8.8.0/120")
    [listing] = known_of(a_record(ip_address="::ffff:8.8.8.8")).listed
    assert listing.value == "8.8.8.0/24"


@override_settings(PHONENUMBER_DEFAULT_REGION="SE")
def test_a_number_may_be_written_as_at_home() -> None:
    assert an_entry("deny", "number", "070-174 06 05").value == NUMBER


def test_an_ip_expires_in_a_week_unless_told() -> None:
    week, day = timezone.now() + timedelta(days=7), timezone.now() + timedelta(days=1)
    left = an_entry("deny", "ip", IP).expires_at - week
    assert abs(left) < timedelta(minutes=1)
    assert an_entry("deny", "ip", IP, expires_at=day).expires_at == day
    assert an_entry("deny", "prefix", "+46").expires_at is None


def test_an_ip_can_be_told_to_stay() -> None:
    entry = an_entry("allow", "ip", IP)
    entry.expires_at = None
    entry.save()
    entry.refresh_from_db()
    assert entry.expires_at is None


@pytest.mark.parametrize(("match", "value"), MATCHES)
def test_an_entry_matches(match: str, value: str) -> None:
    entry = an_entry("deny", match, value)
    [listing] = known_of(a_record(ip_address=IP)).listed
    assert (listing.action, listing.match, listing.value) == ("deny", match, value)
    assert listing.entry_id == entry.pk


@pytest.mark.parametrize(("match", "value"), MISSES)
def test_an_entry_does_not_match(match: str, value: str) -> None:
    an_entry("deny", match, value)
    assert known_of(a_record(ip_address=IP)).listed == ()


def test_the_first_carrier_counts_only_where_the_current_one_is_unknown() -> None:
    an_entry("deny", "carrier", "Telia")
    first = Carrier(name="Telia")
    moved = Insight(original_carrier=first, current_carrier=Carrier(name="Tele2"))
    assert known_of(a_record(), moved).listed == ()
    assert len(known_of(a_record(), Insight(original_carrier=first)).listed) == 1


@pytest.mark.parametrize("told", ["Telia\u200c Sverige", "TELIA\u00a0SVERIGE", "Telia  Sverige"])
def test_a_carrier_is_found_whatever_nobody_sees_in_its_name(told: str) -> None:
    an_entry("deny", "carrier", "Telia\u200c Sverige")
    insight = Insight(current_carrier=Carrier(name=told))
    assert len(known_of(a_record(), insight).listed) == 1


def test_an_expired_entry_is_none() -> None:
    an_entry("deny", "number", NUMBER, expires_at=timezone.now() - timedelta(seconds=1))
    assert known_of(a_record()).listed == ()
    assert not ListEntry.objects.in_force().exists()


@pytest.mark.parametrize("level", [None, "advanced"])
def test_an_allowed_number_is_allowed_and_nothing_is_bought(level: str | None) -> None:
    an_entry("allow", "number", VIRTUAL)
    with asking():
        record = screened(VIRTUAL, level=level)
        assert Fake.asked == []
    assert (record.verdict, record.basis, record.lane) == ("allow", "listed", "risk")
    assert codes_of(record) == {"allow_number"}
    assert not Lookup.objects.exists()


@pytest.mark.parametrize("level", [None, "basic"])
def test_a_denied_number_is_denied_and_nothing_is_bought(level: str | None) -> None:
    an_entry("deny", "number", VIRTUAL)
    with asking():
        record = screened(VIRTUAL, level=level)
        assert Fake.asked == []
    assert (record.verdict, record.score, record.basis) == ("deny", 100, "listed")


def test_an_allowed_number_needs_no_answer_while_lookups_are_off() -> None:
    an_entry("allow", "number", VIRTUAL)
    with asking(ENABLED=False, ON_NO_ANSWER="deny"):
        assert screened(VIRTUAL).verdict == "allow"


def test_a_release_does_not_take_a_number_off_the_deny_list() -> None:
    an_entry("deny", "number", NUMBER)
    decided(NUMBER, "released", timezone.now() - timedelta(days=1))
    record = settled(a_record())
    assert (record.verdict, record.score) == ("deny", 100)


def test_a_wider_entry_leaves_the_history_alone() -> None:
    an_entry("allow", "country", "SE")
    for subject in range(5):
        a_record(subject=subject)
    record = settled(a_record(subject=9))
    assert (record.verdict, record.score) == ("review", 60)
    assert codes_of(record) == {"allow_wider", "number_reused"}


@pytest.mark.django_db(transaction=True)
def test_the_entry_that_decides_is_counted_and_no_other() -> None:
    decisive, other = an_entry("deny", "ip", "8.8.8.0/24"), an_entry("allow", "country", "SE")
    with asking():
        screened(NUMBER, ip=IP)
        screened("+46701740606", ip=IP)
    hits: dict[Any, int] = dict(ListEntry.objects.values_list("pk", "hits"))
    assert hits == {decisive.pk: 2, other.pk: 0}


def test_no_verdict_writes_an_entry() -> None:
    for subject in range(9):
        settled(a_record(subject=subject))
    assert not ListEntry.objects.exists()
