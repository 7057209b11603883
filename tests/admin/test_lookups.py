"""The list of lookups."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from number_insight.admin import display
from tests.admin.builders import (
    NUMBER,
    make_lookup,
    make_record,
    page_of,
    queries_of,
    shown_numbers,
)

LOOKUPS = reverse("admin:number_insight_lookup_changelist")


@pytest.mark.django_db
def test_a_lookup_is_shown_with_its_money(admin_client: Client) -> None:
    make_lookup(price=Decimal("0.03"), balance=Decimal("12.3456"), error="It broke.")
    page = admin_client.get(LOOKUPS).content.decode()
    for text in ("+46 70 174 06 05", "0.03 EUR", "12.3456 EUR", "It broke."):
        assert text in page


@pytest.mark.django_db
def test_lookups_are_found_by_filter_and_number(admin_client: Client) -> None:
    make_lookup()
    make_lookup("+46701740699", state="failed", level="basic", provider="spare")
    for query in ({"state": "answered"}, {"level": "advanced"}, {"q": "0046 70 174 06 05"}):
        assert shown_numbers(admin_client.get(LOOKUPS, query)) == [NUMBER]
    assert shown_numbers(admin_client.get(LOOKUPS, {"provider": "default"})) == [NUMBER]


@pytest.mark.django_db
def test_the_list_of_lookups_takes_as_many_queries_for_many_as_for_few(
    admin_client: Client,
) -> None:
    make_lookup()
    few = len(queries_of(admin_client, LOOKUPS))
    for _ in range(40):
        make_lookup(supersedes=make_lookup())
    assert len(queries_of(admin_client, LOOKUPS)) == few


@pytest.mark.django_db
def test_the_page_of_a_lookup_is_read_only_and_keeps_its_keys_to_itself(
    admin_client: Client,
) -> None:
    lookup = make_lookup(insight={"line_type": "mobile"}, open_key="default|advanced|+46")
    url = reverse("admin:number_insight_lookup_change", args=[lookup.pk])
    page = admin_client.get(url).content.decode()
    assert "line_type" in page
    assert "default|advanced" not in page
    assert admin_client.post(url, {"state": "failed"}).status_code == 403


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "0.00 EUR"),
        ("0E-8", "0.00 EUR"),
        ("10", "10.00 EUR"),
        ("1E+2", "100.00 EUR"),
        ("0.03000000", "0.03 EUR"),
        ("0.00510000", "0.0051 EUR"),
        ("-0.5", "-0.50 EUR"),
    ],
)
def test_an_amount_has_the_decimals_that_it_needs(amount: str, text: str) -> None:
    assert display.money(Decimal(amount), "EUR") == text


def test_no_amount_is_a_dash() -> None:
    assert display.money(None, "EUR") == "–"


@pytest.mark.django_db
def test_the_page_of_a_lookup_leads_to_its_records(admin_client: Client) -> None:
    lookup = make_lookup()
    record = make_record(lookup=lookup)
    page = admin_client.get(reverse("admin:number_insight_lookup_change", args=[lookup.pk]))
    assert page_of(record) in page.content.decode()
