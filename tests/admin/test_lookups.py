"""The list of lookups."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from number_insight.admin import display
from number_insight.insight import Insight
from number_insight.lookups import budget, outcomes
from number_insight.models import Lookup
from tests.admin.builders import (
    NUMBER,
    make_lookup,
    make_record,
    make_staff,
    page_of,
    queries_of,
    shown_numbers,
    text_of,
)

pytestmark = pytest.mark.django_db

LOOKUPS = reverse("admin:number_insight_lookup_changelist")


def test_a_lookup_is_shown_with_its_money(admin_client: Client) -> None:
    make_lookup(price=Decimal("0.03"), balance=Decimal("12.3456"), error="It broke.")
    page = admin_client.get(LOOKUPS).content.decode()
    for text in ("+46 70 174 06 05", "0.03 EUR", "12.3456 EUR", "It broke."):
        assert text in page


def test_lookups_are_found_by_filter_and_number(admin_client: Client) -> None:
    make_lookup()
    make_lookup("+46701740699", state="failed", level="basic", provider="spare")
    for query in ({"state": "answered"}, {"level": "advanced"}, {"q": "0046 70 174 06 05"}):
        assert shown_numbers(admin_client.get(LOOKUPS, query)) == [NUMBER]
    assert shown_numbers(admin_client.get(LOOKUPS, {"provider": "default"})) == [NUMBER]


def test_the_list_of_lookups_takes_as_many_queries_for_many_as_for_few(
    admin_client: Client,
) -> None:
    make_lookup()
    few = len(queries_of(admin_client, LOOKUPS))
    for _ in range(40):
        make_lookup(supersedes=make_lookup())
    assert len(queries_of(admin_client, LOOKUPS)) == few


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
        *(("0", "0.00 EUR"), ("0E-8", "0.00 EUR"), ("10", "10.00 EUR"), ("1E+2", "100.00 EUR")),
        *(("0.03000000", "0.03 EUR"), ("0.00510000", "0.0051 EUR"), ("-0.5", "-0.50 EUR")),
    ],
)
def test_an_amount_has_the_decimals_that_it_needs(amount: str, text: str) -> None:
    assert display.money(Decimal(amount), "EUR") == text


def test_no_amount_is_a_dash() -> None:
    assert display.money(None, "EUR") == "–"


def test_the_page_of_a_lookup_leads_to_its_records(admin_client: Client) -> None:
    lookup = make_lookup()
    record = make_record(lookup=lookup)
    page = admin_client.get(reverse("admin:number_insight_lookup_change", args=[lookup.pk]))
    assert page_of(record) in page.content.decode()


def _uncertain(**fields: Any) -> Lookup:
    """Return an uncertain lookup that holds 0.03 EUR of the budget of today."""
    day, _fits = budget.reserve([Decimal("0.03")], "EUR")
    held = {"reserved": Decimal("0.03"), "reserved_on": day, "price": None}
    return make_lookup(**{"state": "uncertain", "insight": None, **held, **fields})


def _settle_url(lookup: Lookup) -> str:
    return reverse("admin:number_insight_lookup_settle", args=[lookup.pk])


@pytest.mark.parametrize(("answer", "spent"), [("paid", "0.03"), ("not_paid", "0")])
def test_an_uncertain_lookup_is_settled_once_by_a_person(
    admin_client: Client, answer: str, spent: str
) -> None:
    lookup = _uncertain(open_key="held")
    record = make_record(lookup=lookup)
    page = reverse("admin:number_insight_lookup_change", args=[lookup.pk])
    assert "0.03 EUR stay reserved" in admin_client.get(page).content.decode()
    for given in (answer, "paid", "not_paid"):
        admin_client.post(_settle_url(lookup), {"answer": given})
    assert budget.spent(currency="EUR") == (Decimal(spent), Decimal(0))
    lookup.refresh_from_db()
    record.refresh_from_db()
    assert (lookup.state, lookup.open_key, lookup.cost) == ("uncertain", "held", Decimal(spent))
    assert record.cost == Decimal(spent)
    assert Lookup.objects.count() == 1
    assert LogEntry.objects.get().object_id == str(lookup.pk)
    assert "stay reserved" not in admin_client.get(page).content.decode()


def test_uncertain_lookups_are_settled_together_from_the_list(admin_client: Client) -> None:
    lookups = [_uncertain(), _uncertain(), make_lookup(price=Decimal("0.05"))]
    chosen = [str(lookup.pk) for lookup in lookups]
    told = admin_client.post(
        LOOKUPS, {"action": "paid", "_selected_action": chosen, "index": "0"}, follow=True
    )
    assert budget.spent(currency="EUR") == (Decimal("0.06"), Decimal(0))
    assert "The prices of 2 lookups are booked as spent." in text_of(told)
    assert "was left alone" in text_of(told)


@pytest.mark.parametrize(("answer", "before"), [("paid", "0.03"), ("not_paid", "0")])
@pytest.mark.parametrize("charged", ["0.03", "0.05"])
def test_an_answer_that_comes_after_the_bill_is_booked_at_its_price_alone(
    admin_client: Client, answer: str, before: str, charged: str
) -> None:
    lookup = _uncertain(called_at=timezone.now())
    admin_client.post(_settle_url(lookup), {"answer": answer})
    assert budget.spent(currency="EUR")[0] == Decimal(before)
    late = Insight(number=NUMBER, line_type="mobile", status=0, price=Decimal(charged))
    with transaction.atomic():
        (kept,) = outcomes.keep([outcomes.Outcome(lookup=lookup, result=late)])
        assert kept.payment is not None
        budget.settle([kept.payment])
    assert budget.spent(currency="EUR") == (Decimal(charged), Decimal(0))


def test_settling_a_lookup_takes_a_permission(client: Client) -> None:
    lookup = _uncertain()
    client.force_login(make_staff("looker", "view_lookup"))
    page = reverse("admin:number_insight_lookup_change", args=[lookup.pk])
    assert "It was paid" not in client.get(page).content.decode()
    assert "It was paid" not in client.get(LOOKUPS).content.decode()
    assert client.post(_settle_url(lookup), {"answer": "paid"}).status_code == 403
    client.force_login(make_staff("payer", "change_lookup"))
    assert client.post(_settle_url(lookup), {"answer": "paid"}).status_code == 302
    assert budget.spent(currency="EUR")[0] == Decimal("0.03")


def test_the_list_of_lookups_leads_to_their_newest_records(admin_client: Client) -> None:
    lookup = make_lookup()
    make_record(lookup=lookup)
    newest = make_record(lookup=lookup)
    assert page_of(newest) in admin_client.get(LOOKUPS).content.decode()
