"""Filters and search of the list of records."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from number_insight.models import NumberInsightRecord
from tests.admin.builders import LIST, NUMBER, add_flag, make_record, queries_of, shown_numbers
from tests.models import Customer, UUIDCustomer

pytestmark = pytest.mark.django_db

OTHER = "+46701740699"


def _found(client: Client, **query: str) -> list[str]:
    response = client.get(LIST, query)
    assert response.status_code == 200
    return shown_numbers(response)


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({"verdict": "deny"}, {"verdict": "deny"}),
        ({"verdict__exact": "deny"}, {"verdict": "deny"}),
        ({"decision": "refused"}, {"decision": "refused"}),
        ({"state": "failed"}, {"state": "failed"}),
        ({"line_type": "pager"}, {"line_type": "pager"}),
    ],
)
def test_a_filter_shows_what_it_names(
    admin_client: Client, query: dict[str, str], fields: dict[str, str]
) -> None:
    make_record(**fields)
    make_record(OTHER)
    assert _found(admin_client, **query) == [NUMBER]


def test_the_decision_filter_finds_undecided_records(admin_client: Client) -> None:
    make_record()
    make_record(OTHER, decision="released")
    assert _found(admin_client, decision="undecided") == [NUMBER]


def test_the_flag_filter_shows_a_record_once_however_often_it_has_the_flag(
    admin_client: Client,
) -> None:
    record = make_record()
    add_flag(record, "live")
    add_flag(record, "live")
    add_flag(make_record(OTHER), "pager")
    assert _found(admin_client, flag="live") == [NUMBER]


def test_the_options_of_the_flag_filter_come_from_the_rules_and_not_from_the_table(
    admin_client: Client,
) -> None:
    add_flag(make_record(), "rule_that_is_gone")
    page = admin_client.get(LIST).content.decode()
    assert '<option value="virtual"' in page
    assert '<option value="country_not_screened"' in page
    assert '<option value="rule_that_is_gone"' not in page
    assert not any("DISTINCT" in sql for sql in queries_of(admin_client, LIST))


def test_the_review_queue_has_its_lanes(admin_client: Client) -> None:
    customer = Customer.objects.create(name="Ada", phone="")
    make_record(subject=customer)
    make_record(OTHER, subject=customer, lane="no_answer")
    make_record("+46701740611", subject=customer, verdict="allow")
    make_record("+46701740612", subject=customer, decision="released")
    assert _found(admin_client, queue="waiting") == [NUMBER, OTHER]  # the oldest first
    assert _found(admin_client, queue="risk") == [NUMBER]
    assert _found(admin_client, queue="no_answer") == [OTHER]


def test_an_abandoned_signup_leaves_the_queue(admin_client: Client) -> None:
    record = make_record()
    assert _found(admin_client, queue="waiting") == [record.number]
    long_ago = timezone.now() - timedelta(days=2)
    NumberInsightRecord.objects.update(created_at=long_ago)
    assert _found(admin_client, queue="waiting") == []
    assert _found(admin_client) == [record.number]


@pytest.mark.parametrize("value", ["nonsense", "\0", "'", "9" * 40])
@pytest.mark.parametrize(
    "name", ["queue", "verdict", "flag", "line_type", "same_number_as", "same_ip_as"]
)
def test_a_value_that_is_no_option_finds_nothing(
    admin_client: Client, name: str, value: str
) -> None:
    make_record()
    assert _found(admin_client, **{name: value}) == []


@pytest.mark.parametrize(
    "typed",
    [
        *("+46 70 174 06 05", "+46701740605", "0046701740605", "0046 70-174 06 05", "46701740605"),
        *("+46 70 174 06", "467017406", "004670174", "\u202a+46 70 174 06 05\u202c"),
        *("+46\u00a070\u202f174\u200906\u00a005", "+46\u00a070\u202f174", "\ufeff+46701740605"),
        *("tel:+46-70-174-06-05", "+46 (0)70 174 06"),
        *("\uff0b\uff14\uff16701740605", "+46701740605."),
    ],
)
def test_a_number_is_found_however_it_is_typed(admin_client: Client, typed: str) -> None:
    make_record()
    make_record("+447400123456")
    assert _found(admin_client, q=typed) == [NUMBER]


@pytest.mark.parametrize("typed", ["07400 123456", "07400 123", "+44 7400 123456", "7400123456"])
def test_a_national_number_is_found_where_there_is_a_default_region(
    admin_client: Client, settings: Any, typed: str
) -> None:
    settings.PHONENUMBER_DEFAULT_REGION = "GB"
    make_record()
    make_record("+447400123456")
    assert _found(admin_client, q=typed) == ["+447400123456"]


@pytest.mark.parametrize(
    ("region", "number", "typed"),
    [
        ("IT", "+390669812345", "06 698 12"),
        ("IT", "+390669812345", "06\u00a0698 12345"),
        ("IT", "+390669812345", "+39 (0)6 698 12"),
        ("IT", "+393123456789", "312 345 6"),
        ("CI", "+2250707123405", "07 07 12 3"),
        ("CI", "+2250707123405", "0707123405"),
        ("HU", "+36301234567", "06 30 123 4"),
        ("HU", "+36301234567", "06 30 123 4567"),
        ("RU", "+79161234567", "8 916 123"),
        ("US", "+12125550123", "212 555 0"),
        ("MX", "+525512345605", "+52 1 55 1234"),
        ("FR", "+590590123456", "0590 12 34 56"),
    ],
)
def test_a_number_is_found_as_it_is_dialled_at_home(
    admin_client: Client, settings: Any, region: str, number: str, typed: str
) -> None:
    settings.PHONENUMBER_DEFAULT_REGION = region
    make_record()
    make_record(number)
    assert _found(admin_client, q=typed) == [number]


@pytest.mark.parametrize("typed", ["+46", "4670", "0046 70 17"])
def test_a_prefix_that_matches_half_the_table_is_not_searched_for(
    admin_client: Client, typed: str
) -> None:
    make_record()
    assert _found(admin_client, q=typed) == []


def test_an_impossible_number_is_found_as_it_was_typed(admin_client: Client) -> None:
    make_record("call me maybe")
    assert _found(admin_client, q="call me maybe") == ["call me maybe"]


def test_a_subject_is_found_by_its_id(admin_client: Client) -> None:
    customer = UUIDCustomer.objects.create()
    make_record(subject=customer)
    make_record(OTHER)
    assert _found(admin_client, q=str(customer.pk)) == [NUMBER]


@pytest.mark.parametrize("typed", ["%", "'", "+", "0", "x" * 9000, "۳۴۵", "\ud7ff\n", "--", "_"])
def test_bad_search_text_is_no_error(admin_client: Client, typed: str) -> None:
    make_record()
    assert _found(admin_client, q=typed) == []


def test_a_search_text_with_a_nul_is_rejected(admin_client: Client) -> None:
    response = admin_client.get(LIST, {"q": "\0"})
    assert "Null characters are not allowed" in response.content.decode()


def test_no_search_text_finds_everything(admin_client: Client) -> None:
    make_record()
    assert _found(admin_client, q="  ") == [NUMBER]


def test_search_never_scans_for_a_pattern_in_the_middle(admin_client: Client) -> None:
    table = f'"{NumberInsightRecord._meta.db_table}"'
    asked = queries_of(admin_client, f"{LIST}?q=46701740605")
    queries = [sql for sql in asked if "LIKE" in sql and table in sql]
    assert queries
    assert not any("LIKE '%" in sql or "UPPER" in sql for sql in queries)


def test_the_records_of_the_same_number_and_ip_are_linked_without_naming_them(
    admin_client: Client,
) -> None:
    first = make_record(ip_address="81.2.69.142")
    make_record(OTHER, ip_address="81.2.69.142")
    make_record(ip_address=None)
    assert _found(admin_client, same_number_as=str(first.pk)) == [first.number, first.number]
    assert _found(admin_client, same_ip_as=str(first.pk)) == [OTHER, first.number]
