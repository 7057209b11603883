"""The list of records."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from number_insight.models import NumberInsightRecord
from tests.admin.builders import (
    DESK,
    LIST,
    add_flag,
    make_record,
    make_staff,
    queries_of,
    selected,
    shown_numbers,
    text_of,
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


def test_the_lanes_stand_above_the_list_with_their_counts(admin_client: Client) -> None:
    _fill(3)
    make_record(lane="no_answer", basis="no_answer")
    tabs = admin_client.get(LIST, {"queue": "no_answer"}).context["cl"].tabs
    assert [(str(tab.text), tab.count) for tab in tabs[:4]] == [
        ("everything", ""),
        ("waiting", "4"),
        ("risk", "3"),
        ("no answer", "1"),
    ]
    assert [tab.is_current for tab in tabs] == [False, False, False, True, False, False]


def test_the_queue_is_in_the_order_of_the_desk(admin_client: Client) -> None:
    low, high = make_record(score=30), make_record(score=80)
    rows = admin_client.get(LIST, {"queue": "risk"}).context["cl"].result_list
    assert list(rows) == [high, low]
    admin_client.get(DESK, {"order": "oldest"})
    rows = admin_client.get(LIST, {"queue": "risk"}).context["cl"].result_list
    assert list(rows) == [low, high]


def test_flags_are_chosen_from_a_select_that_counts_those_that_wait(admin_client: Client) -> None:
    _fill(3)
    page = admin_client.get(LIST).content.decode()
    assert '<option value="virtual">Virtual line (3)</option>' in page
    assert '<option value="premium">Premium-rate line</option>' in page


def test_flags_are_not_counted_where_more_wait_than_are_read(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("number_insight.admin.record_list.MAX_COUNTED", 2)
    _fill(3)
    page = admin_client.get(LIST).content.decode()
    assert '<option value="virtual">Virtual line</option>' in page


def test_active_filters_are_chips_that_take_them_away(admin_client: Client) -> None:
    record = make_record(ip_address="81.2.69.142")
    query = {"queue": "risk", "verdict": "review", "same_ip_as": record.pk, "q": "+4670"}
    chips = admin_client.get(LIST, query).context["cl"].chips
    assert [chip.text for chip in chips] == [
        "“+4670”",
        "verdict: review",
        f"IP of record {record.pk}",
    ]
    assert chips[1].url == f"?q=%2B4670&queue=risk&same_ip_as={record.pk}"


@pytest.mark.parametrize(
    ("query", "is_found"),
    [("Lovelace", True), ("ADA@", True), ("81.2.69.142", True), ("nobody", False), ("Ad", False)],
)
def test_people_and_ips_are_found(
    admin_client: Client, settings: Any, query: str, is_found: bool
) -> None:
    settings.NUMBER_INSIGHT = {
        **settings.NUMBER_INSIGHT,
        "SUBJECT_SEARCH": {"tests.Customer": ["name", "email"], "tests.Gone": ["name"]},
    }
    customer = Customer(name="Ada Lovelace", email="ada@example.org", phone="")
    customer.save()
    make_record(subject=customer, ip_address="81.2.69.142")
    assert bool(shown_numbers(admin_client.get(LIST, {"q": query}))) is is_found


def test_people_are_found_by_those_who_may_view_them(client: Client, settings: Any) -> None:
    search = {"tests.Customer": ["name"]}
    settings.NUMBER_INSIGHT = {**settings.NUMBER_INSIGHT, "SUBJECT_SEARCH": search}
    customer = Customer(name="Ada Lovelace", phone="")
    customer.save()
    make_record(subject=customer)
    client.force_login(make_staff("r", "view_numberinsightrecord"))
    assert not shown_numbers(client.get(LIST, {"q": "Lovelace"}))


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ({"q": "0605"}, "No signup that waits has a number with these last digits"),
        ({"q": "Lovelace"}, "Names are not searched here"),
        ({"queue": "risk"}, "Nothing waits here."),
        ({"verdict": "deny"}, "No record fits these filters."),
        ({}, "Nobody has signed up yet."),
    ],
)
def test_an_empty_list_says_why(admin_client: Client, query: dict[str, str], why: str) -> None:
    assert why in text_of(admin_client.get(LIST, query))


def test_no_more_than_a_hundred_are_selected_at_once(admin_client: Client) -> None:
    _fill(60)
    assert "Select all 60 records" in text_of(admin_client.get(LIST))
    _fill(60)
    response = admin_client.get(LIST)
    assert "Select all" not in text_of(response)
    everything = {"action": "release", "select_across": "1", "_selected_action": ["1"]}
    response = admin_client.post(LIST, {**everything, "index": "0"}, follow=True)
    assert "Choose at most 100 records at a time." in text_of(response)


def test_the_bulk_page_names_the_people(admin_client: Client) -> None:
    _fill(2)
    records = list(NumberInsightRecord.objects.all())
    page = admin_client.post(LIST, selected("refuse", *records)).content.decode()
    assert ">Ada 0</bdi>" in page
    assert ">Ada 1</bdi>" in page
