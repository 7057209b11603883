"""A price that a provider tells is booked, unless it is past belief; the reserve follows it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from number_insight.models import Lookup, NumberInsightRecord, Pace
from number_insight.screening import webhook
from tests.support.stage import CLEAN, PRICE, asking, money, screened, sweep, the_lookup
from tests.webhook.callbacks import ASYNC, body_of, post

pytestmark = pytest.mark.django_db(transaction=True)

OTHER = "+46701750605"
PAST_BELIEF = ["1000000", "999999999.99999999", "1E+30", "0.31", "-5", "NaN", "Infinity"]
UNLIMITED: dict[str, Any] = {"BUDGET": {"day": None}, "LIMITS": {}}


def told(price: str | None, **facts: Any) -> dict[str, Any]:
    """Return the fake provider's answers, with this price for every question about two numbers."""
    return {number: {"price": price, **facts} for number in (CLEAN, OTHER)}


def test_a_paid_answer_without_a_price_costs_what_was_reserved_on_the_record_too() -> None:
    record = screened(under=asking(told(None)))
    assert (record.cost, the_lookup().price, money()) == (
        Decimal(PRICE),
        Decimal(PRICE),
        (PRICE, "0"),
    )


def test_a_refund_is_taken_off_a_price_that_was_not_told() -> None:
    record = screened(under=asking(told(None, refund="0.01")))
    assert (record.cost, money()) == (Decimal("0.02"), ("0.02", "0"))


def test_a_callback_without_a_price_costs_what_was_acknowledged() -> None:
    with asking(**ASYNC):
        record = screened()
        assert post(body_of(price=None)).status_code == 200
    record.refresh_from_db()
    assert (record.cost, money()) == (Decimal(PRICE), (PRICE, "0"))


def test_an_answer_that_never_came_costs_the_record_what_it_costs_the_budget() -> None:
    with asking(**ASYNC):
        record = screened()
        Lookup.objects.update(price=None, lease_until=timezone.now() - timedelta(hours=1))
        sweep()
    record.refresh_from_db()
    assert (the_lookup().state, record.cost, money()) == (
        "no_callback",
        Decimal(PRICE),
        (PRICE, "0"),
    )


def test_a_person_who_asks_sees_what_was_booked() -> None:
    with asking(told(None)):
        call_command("number_insight_lookup", CLEAN, record=True, level="advanced")
    assert (NumberInsightRecord.objects.get().cost, money()) == (Decimal(PRICE), (PRICE, "0"))


@pytest.mark.parametrize("price", PAST_BELIEF)
def test_a_price_past_belief_is_booked_at_the_reserve_and_shown(
    price: str, admin_client: Client
) -> None:
    with asking(told(price), BUDGET={"day": "0.06", "month": "1.00"}):
        record = screened()
        assert (record.verdict, record.cost, money()) == ("allow", Decimal(PRICE), (PRICE, "0"))
        assert screened(OTHER).basis == "answer"
        page = reverse("admin:number_insight_numberinsightrecord_change", args=[record.pk])
        assert "told a price that is doubted (" in admin_client.get(page).content.decode()
    assert {lookup.price for lookup in Lookup.objects.all()} == {Decimal(PRICE)}


@pytest.mark.parametrize("price", PAST_BELIEF)
def test_an_acknowledged_price_past_belief_is_doubted_too(price: str) -> None:
    with asking(**ASYNC):
        record = screened()
        lookup = the_lookup()
        assert lookup.price == Decimal(PRICE)
        webhook.absorb(lookup.pk, body_of(price=price))
    record.refresh_from_db()
    assert (record.state, record.cost, money()) == ("screened", Decimal(PRICE), (PRICE, "0"))
    assert the_lookup().error.startswith("The provider told a price that is doubted (")


def test_a_person_who_asks_books_no_price_past_belief() -> None:
    with asking(told("5000")):
        call_command("number_insight_lookup", CLEAN, level="advanced")
    assert money() == (PRICE, "0")


@pytest.mark.parametrize("facts", [{"balance": "1E+30"}, {"refund": "1E+30"}, {"balance": "NaN"}])
def test_no_other_amount_costs_an_answer(facts: dict[str, str]) -> None:
    record = screened(under=asking(told(PRICE, **facts)))
    assert (record.state, record.cost, money()) == ("screened", Decimal(PRICE), (PRICE, "0"))


def test_the_reserve_follows_what_is_charged_above_the_listed_price() -> None:
    with asking(told("0.05"), **UNLIMITED):
        assert screened().cost == Decimal("0.05")
    with asking(told("0.05"), BUDGET={"day": "0.09"}, LIMITS={}):
        assert screened(OTHER).basis == "budget"  # 0.05 is spent, and 0.05 more would not fit
    with asking(told(PRICE), BUDGET={"day": "0.10"}, LIMITS={}):
        assert screened("+46701760605").cost == Decimal(PRICE)


def test_the_reserve_never_follows_past_belief() -> None:
    for price in ("0.29", "2.9", "29"):
        with asking(told(price), **UNLIMITED):
            screened()
            Lookup.objects.update(answered_at=timezone.now() - timedelta(days=60))
    assert money() == ("0.87", "0")  # 0.29 was believed, and is the reserve from then on
    assert Pace.objects.get().charged["advanced"][0] == "0.29"


def test_the_reserve_forgets_a_charge_after_a_month() -> None:
    long_ago = (timezone.now() - timedelta(days=31)).date().isoformat()
    Pace.objects.create(provider="default", charged={"advanced": ["0.25", long_ago]})
    with asking(told(None), **UNLIMITED):
        assert screened().cost == Decimal(PRICE)


def test_without_a_listed_price_a_small_one_is_believed() -> None:
    options = {"answers": told("0.02"), "prices": {"advanced": "0"}}
    fake = {"BACKEND": "number_insight.providers.fake.Fake", "OPTIONS": options}
    with asking(PROVIDERS={"default": fake}):
        assert screened().cost == Decimal("0.02")
    options["answers"] = told("2.00")
    with asking(PROVIDERS={"default": fake}):
        assert screened(OTHER).cost == Decimal("0.02")  # the reserve has followed
    assert money() == ("0.04", "0")
