"""The list of records."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from tests.admin.builders import (
    LIST,
    add_flag,
    make_record,
    make_staff,
    queries_of,
    shown_numbers,
)
from tests.models import Customer

pytestmark = pytest.mark.django_db


def _fill(count: int) -> None:
    for index in range(count):
        customer = Customer(name=f"Ada {index}", phone="")
        customer.save()
        record = make_record(f"+4670174{index:04}", subject=customer, ip_country="NL", country="SE")
        add_flag(record)
        add_flag(record, "ip_mismatch", group="place", weight=20, counted=False)


def test_the_number_of_queries_does_not_grow_with_the_rows(admin_client: Client) -> None:
    _fill(2)
    queries_of(admin_client, LIST)  # fills the cache of content types
    few = len(queries_of(admin_client, LIST))
    _fill(58)
    assert len(queries_of(admin_client, LIST)) == few
    bare = len(queries_of(admin_client, reverse("admin:auth_group_changelist")))
    assert few <= bare + 7  # rows, flags, people, counts of lanes and flags, a notice


def test_a_user_with_few_permissions_costs_no_query_a_row_either(client: Client) -> None:
    client.force_login(make_staff("r", "view_numberinsightrecord", "view_customer"))
    _fill(2)
    queries_of(client, LIST)
    few = len(queries_of(client, LIST))
    _fill(58)
    assert len(queries_of(client, LIST)) == few


def test_a_row_shows_number_verdict_flags_countries_and_subject(admin_client: Client) -> None:
    _fill(1)
    page = admin_client.get(LIST).content.decode()
    customer = Customer.objects.get()
    assert "+46 70 174 00 00" in page
    assert '<span class="ni-badge ni-review">review</span>' in page
    assert '<span class="ni-flag" title="The line is virtual.">Virtual line</span>' in page
    assert ">Ada 0</bdi></a>" in page
    assert "≠ IP NL" in page
    assert reverse("admin:tests_customer_change", args=[customer.pk]) in page


def test_only_the_heaviest_flag_that_counts_is_named_and_the_others_are_counted(
    admin_client: Client,
) -> None:
    record = make_record()
    add_flag(record, "premium", weight=80, message="The line is a premium-rate line.")
    add_flag(record)
    add_flag(record, "burst", weight=90, counted=False, shadow=True, message="A burst.")
    page = admin_client.get(LIST).content.decode()
    assert "Premium-rate line</span>" in page
    assert "The line is a premium-rate line.</bdi>" in page
    assert "+1</span>" in page
    assert "A burst." not in page


def test_a_flag_whose_rule_is_gone_is_named_by_its_code_in_words(admin_client: Client) -> None:
    add_flag(make_record(), "signed_up_on_sunday", message="")
    assert "Signed up on sunday</span>" in admin_client.get(LIST).content.decode()


def test_a_record_that_waits_without_an_answer_says_so(admin_client: Client) -> None:
    make_record(basis="no_answer", lane="no_answer", state="failed")
    assert 'ni-dim" title="free facts: no answer' in admin_client.get(LIST).content.decode()


def test_a_subject_that_the_user_may_not_view_is_no_link(client: Client) -> None:
    _fill(1)
    client.force_login(make_staff("r", "view_numberinsightrecord"))
    page = client.get(LIST).content.decode()
    assert f"customer {Customer.objects.get().pk}" in page
    assert "/admin/tests/customer/" not in page


def test_rows_are_counted_to_a_cap_and_the_page_says_so(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("number_insight.admin.base.MAX_COUNT", 3)
    monkeypatch.setattr("number_insight.admin.record_list.MAX_COUNT", 3)
    _fill(5)
    response = admin_client.get(LIST)
    page = response.content.decode()
    assert response.context["cl"].result_count == 3
    assert "Only 3 are counted" in page
    assert "3+ records" in page


def test_the_newest_come_first(admin_client: Client) -> None:
    made = [make_record(f"+4670174060{index}").number for index in range(3)]
    assert shown_numbers(admin_client.get(LIST)) == made[::-1]


@pytest.mark.parametrize("path", ["add/", "{pk}/delete/"])
def test_records_are_neither_added_nor_deleted(admin_client: Client, path: str) -> None:
    record = make_record()
    assert admin_client.get(LIST + path.format(pk=record.pk)).status_code == 403


def test_records_are_not_edited(admin_client: Client) -> None:
    record = make_record()
    response = admin_client.post(f"{LIST}{record.pk}/change/", {"number": "+46701740699"})
    assert response.status_code == 403
    record.refresh_from_db()
    assert record.number == "+46701740605"


def test_users_who_may_not_view_records_see_none(client: Client) -> None:
    client.force_login(make_staff("r", "decide_numberinsightrecord", "look_up_again"))
    assert client.get(LIST).status_code == 403


def test_a_broken_rule_setting_leaves_the_list_readable(
    admin_client: Client, settings: Any
) -> None:
    add_flag(make_record())
    settings.NUMBER_INSIGHT = {"EXTRA_RULES": [{"NAME": "shop.rules.Gone"}]}
    assert ">Virtual</span>" in admin_client.get(LIST).content.decode()
