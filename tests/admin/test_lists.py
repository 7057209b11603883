"""An entry of the lists is written in the admin in one form, once, and with its author."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from number_insight.models import ListEntry
from tests.support.records import NUMBER, an_entry

pytestmark = pytest.mark.django_db
LIST = reverse("admin:number_insight_listentry_changelist")
ADD = reverse("admin:number_insight_listentry_add")


def written(client: Client, action: str, match: str, value: str, **more: Any) -> str:
    """Post a new entry; return the page that comes of it."""
    told = {"action": action, "match": match, "value": value, "reason": "", **more}
    told = {**told, "expires_at_0": "", "expires_at_1": ""}
    return client.post(ADD, told, follow=True).content.decode()


def test_an_entry_is_kept_in_one_form_with_its_author(admin_client: Client) -> None:
    written(admin_client, "deny", "number", "0046 70 174 06 05", reason="Fraud ring")
    entry = ListEntry.objects.get()
    assert (entry.value, entry.reason) == (NUMBER, "Fraud ring")
    assert entry.author == User.objects.get(username="admin")
    assert "+46 70 174 06 05" in admin_client.get(LIST).content.decode()


def test_a_change_of_an_entry_keeps_its_author(admin_client: Client) -> None:
    author = User.objects.create_user("ada")
    entry = an_entry("deny", "prefix", "+4670", author=author)
    change = reverse("admin:number_insight_listentry_change", args=[entry.pk])
    told = {"action": "deny", "match": "prefix", "value": "+46 70", "reason": "Still."}
    admin_client.post(change, {**told, "expires_at_0": "", "expires_at_1": ""})
    entry.refresh_from_db()
    assert (entry.author, entry.reason) == (author, "Still.")


def test_a_new_ip_expires_in_a_week(admin_client: Client) -> None:
    written(admin_client, "deny", "ip", "8.8.8.8")
    left = ListEntry.objects.get().expires_at - timezone.now()
    assert timedelta(days=6) < left <= timedelta(days=7)


@pytest.mark.parametrize(
    ("match", "value", "told"),
    [
        ("number", "12", "Enter one phone number"),
        ("ip", "8.8", "Enter an IP address"),
        ("prefix", "070", "Enter the beginning of a number"),
        ("country", "XX", "Enter the two letters of a country"),
        ("prefix", "+46 (0)70", "write +4670."),
        ("prefix", "+999", "No number begins with +999"),
        ("ip", "192.168.0.0/16", "no public address"),
        ("carrier", "unknown", "no name to be found by"),
    ],
)
def test_what_is_no_value_is_refused_with_a_reason(
    admin_client: Client, match: str, value: str, told: str
) -> None:
    assert told in written(admin_client, "deny", match, value)
    assert not ListEntry.objects.exists()


def test_a_new_entry_that_is_over_already_is_refused(admin_client: Client) -> None:
    told = {"action": "deny", "match": "country", "value": "SE", "reason": ""}
    over = {"expires_at_0": "2020-01-01", "expires_at_1": "00:00"}
    assert "This is over already" in admin_client.post(ADD, {**told, **over}).content.decode()
    assert not ListEntry.objects.exists()
    entry = an_entry("deny", "country", "SE")
    change = reverse("admin:number_insight_listentry_change", args=[entry.pk])
    admin_client.post(change, {**told, **over})
    assert not ListEntry.objects.in_force().exists()


@pytest.mark.parametrize(
    "typed", ["+46 70-174 06 05", "\u202a+46\u00a070 174 06 05\u202c", "+4670"]
)
def test_an_entry_is_found_however_its_number_is_typed(admin_client: Client, typed: str) -> None:
    an_entry("deny", "number", NUMBER)
    an_entry("deny", "country", "NO")
    found = admin_client.get(LIST, {"q": typed}).context["cl"].result_list
    assert [entry.value for entry in found] == [NUMBER]


@pytest.mark.parametrize(
    ("match", "value", "again"),
    [("number", NUMBER, "0046701740605"), ("carrier", "Telia", "TELIA"), ("country", "SE", "se")],
)
def test_a_second_entry_that_says_the_same_is_refused(
    admin_client: Client, match: str, value: str, again: str
) -> None:
    first = an_entry("deny", match, value)
    assert f"Entry {first.pk} says the same" in written(admin_client, "deny", match, again)
    assert ListEntry.objects.count() == 1


def test_an_entry_that_has_expired_is_no_obstacle(admin_client: Client) -> None:
    an_entry("deny", "number", NUMBER, expires_at=timezone.now() - timedelta(days=1))
    written(admin_client, "deny", "number", NUMBER)
    assert ListEntry.objects.count() == 2


@pytest.mark.parametrize(
    ("match", "value", "other"),
    [
        ("number", NUMBER, NUMBER),
        ("prefix", "+4670", "+467017"),
        ("prefix", "+467017", "+4670"),
        ("ip", "8.8.8.0/24", "8.8.8.8"),
        ("ip", "8.8.8.8", "8.8.0.0/16"),
        ("ip", "2001:4860::/32", "2001:4860::1"),
    ],
)
def test_entries_that_overlap_are_named(
    admin_client: Client, match: str, value: str, other: str
) -> None:
    first = an_entry("allow", match, other)
    an_entry("allow", match, {"ip": "9.9.9.9", "prefix": "+1"}.get(match, "+46701740606"))
    page = written(admin_client, "deny", match, value)
    assert f"It overlaps with other entries: {first.pk} (allow {other})." in page
    assert ListEntry.objects.count() == 3


def test_an_entry_alone_is_written_without_a_warning(admin_client: Client) -> None:
    an_entry("deny", "ip", "2001:4860::/32")
    assert "It overlaps" not in written(admin_client, "deny", "ip", "0.0.0.0/0")


def test_the_history_of_the_admin_holds_no_number(admin_client: Client) -> None:
    written(admin_client, "deny", "number", NUMBER)
    told = LogEntry.objects.get()
    assert NUMBER[3:] not in f"{told.object_repr} {told.change_message}"


@pytest.mark.parametrize(
    ("match", "value", "title"),
    [
        ("number", NUMBER, "deny number +46 70 *** ** 05"),
        ("ip", "8.8.8.8", "deny IP address or network 8.8.*.*"),
        ("prefix", "+4670", "deny beginning of a number +4670"),
        ("country", "SE", "deny country SE"),
    ],
)
def test_an_entry_is_titled_by_its_value_which_is_masked_where_it_is_personal(
    admin_client: Client, match: str, value: str, title: str
) -> None:
    entry = an_entry("deny", match, value)
    page = admin_client.get(reverse("admin:number_insight_listentry_change", args=[entry.pk]))
    assert f"<h2>{title}</h2>" in page.content.decode()


def test_the_value_in_a_title_keeps_its_order_from_right_to_left() -> None:
    entry = an_entry("deny", "number", NUMBER)
    with translation.override("ar"):
        assert str(entry).endswith("\u2066+46 70 *** ** 05\u2069")
