"""Spending is told in words and amounts, with the budget of each currency beside it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from number_insight.admin.spending import period_text
from number_insight.models import Spending
from tests.support.stage import two_currencies

pytestmark = pytest.mark.django_db

SPENDING = reverse("admin:number_insight_spending_changelist")


def _spend(period: str, currency: str, spent: int, reserved: int = 0) -> Spending:
    return Spending.objects.create(
        period=period, currency=currency, spent=spent * 10**6, reserved=reserved * 10**6
    )


def _rows(client: Client, query: str = "") -> list[list[str]]:
    page = client.get(SPENDING + query).content.decode()
    found = re.findall(r"<tr><t.*?</tr>", page.split("<tbody>")[1], re.DOTALL)
    return [re.sub(r"<[^>]+>", "|", row).strip("|").split("||") for row in found]


def _cells(row: list[str]) -> list[str]:
    return [cell.strip("|") for cell in row if cell.strip("|")]


def test_a_period_stands_with_its_money_its_budget_and_the_share(
    admin_client: Client, settings: Any
) -> None:
    settings.NUMBER_INSIGHT = {
        **settings.NUMBER_INSIGHT,
        "BUDGET": {"EUR": {"day": "2.00"}, "USD": {"month": "0.25"}},
    }
    _spend("day:2027-01-31", "EUR", 150, 3)
    _spend("month:2027-01", "EUR", 150)
    _spend("month:2027-01", "USD", 25)
    assert [_cells(row) for row in _rows(admin_client)] == [
        ["January 2027", "0.25 USD", "0.00 USD", "0.25 USD", "100 %"],
        ["January 2027", "1.50 EUR", "0.00 EUR", "none", "–"],
        ["Jan. 31, 2027", "1.50 EUR", "0.03 EUR", "2.00 EUR", "76 %"],
    ]


@pytest.mark.parametrize(("query", "count"), [("?period=month", 1), ("?currency=USD", 1), ("", 2)])
def test_days_months_and_currencies_can_be_chosen(
    query: str, count: int, admin_client: Client
) -> None:
    _spend("day:2027-01-31", "USD", 1)
    _spend("month:2027-01", "EUR", 1)
    with two_currencies({"day": "10"}):
        assert len(_rows(admin_client, query)) == count


def test_one_row_is_readable_and_cannot_be_changed(admin_client: Client) -> None:
    row = _spend("day:2027-01-31", "EUR", 150)
    url = reverse("admin:number_insight_spending_change", args=[row.pk])
    page = admin_client.get(url).content.decode()
    assert "Jan. 31, 2027" in page
    assert "1.50 EUR" in page
    assert admin_client.post(url, {"spent": 0}).status_code == 403


def test_a_budget_that_is_no_amount_leaves_the_page_readable(
    admin_client: Client, settings: Any
) -> None:
    settings.NUMBER_INSIGHT = {**settings.NUMBER_INSIGHT, "BUDGET": {"day": "ten"}}
    _spend("day:2027-01-31", "EUR", 150)
    assert len(_rows(admin_client)) == 1


@pytest.mark.parametrize("period", ["week:1", "", "day:x", "month:2027-13"])
def test_a_period_that_is_none_is_shown_as_it_is(period: str) -> None:
    assert period_text(period) == period


def test_the_money_of_the_shadow_stands_beside_its_own_budget(
    admin_client: Client, settings: Any
) -> None:
    shadow = {"provider": "default", "percent": 5, "budget": {"day": "2.00"}}
    settings.NUMBER_INSIGHT = {**settings.NUMBER_INSIGHT, "SHADOW": shadow}
    row = _spend("shadow-day:2027-01-31", "EUR", 150)
    url = reverse("admin:number_insight_spending_change", args=[row.pk])
    page = admin_client.get(url).content.decode()
    assert "Jan. 31, 2027, in shadow" in page
    assert "2.00 EUR" in page
