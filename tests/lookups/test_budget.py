"""Each currency has a budget, which is alerted, and where it is unclear nothing is spent."""

from __future__ import annotations

import logging
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from number_insight import signals
from number_insight.lookups import budget, calls, claims, questions, spent
from number_insight.models import Spending
from number_insight.providers.base import Question
from number_insight.screening import settlement
from tests.lookups.crowd import bases, numbers
from tests.support.stage import asking, heard, money, record_of, screened, two_currencies

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_the_operator_is_told_once_of_each_share_of_the_budget(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with (
        heard(signals.budget_alert) as told,
        asking(BUDGET={"day": "0.12"}),
        caplog.at_level(logging.WARNING),
    ):
        for number in numbers(6):
            screened(number)
    assert [given["percent"] for given in told] == [50, 100]
    assert "50 % of the budget of 0.12 EUR for day:" in caplog.text
    assert money() == ("0.12", "0")
    assert bases() == ["answer"] * 4 + ["budget"] * 2


def test_the_money_of_each_currency_is_counted_by_itself() -> None:
    amount = [Decimal("0.03")]
    with two_currencies({"day": "0.05"}):
        assert budget.reserve(amount, "EUR")[1] == budget.reserve(amount, "USD")[1] == [True]
        assert budget.reserve(amount, "EUR")[1] == [False]
        assert spent() == (Decimal(0), Decimal("0.03"))
        assert spent("month", currency="USD") == (Decimal(0), Decimal("0.03"))
    with two_currencies({"EUR": {"day": "0.06"}, "USD": {"month": "0.04"}}):
        assert budget.reserve(amount, "EUR")[1] == [True]
        assert budget.reserve(amount, "USD")[1] == [False]
        assert budget.reserve([Decimal("0.01")], "USD")[1] == [True]


@pytest.mark.parametrize(
    "bounds",
    [
        {"EUR": {"day": "1"}},
        {"EUR": {"day": "1"}, "USD": "5"},
        {"EUR": {"day": "1"}, "USD": {"dya": "5"}},
        {"day": "1", "dya": "5"},
        {"day": "5", "EUR": {"day": "1"}},
    ],
)
def test_where_a_budget_is_unclear_nothing_is_spent(bounds: dict[str, Any]) -> None:
    with two_currencies(bounds):
        assert budget.reserve([Decimal("0.03"), Decimal(0)], "USD")[1] == [False, True]


@pytest.mark.parametrize("bounds", [{}, {"day": None}, {"EUR": {"day": "0"}, "USD": None}])
def test_an_unlimited_currency_has_to_be_named(bounds: dict[str, Any]) -> None:
    with two_currencies(bounds):
        assert budget.reserve([Decimal(1000)], "USD")[1] == [True]


def test_the_lookups_of_one_batch_are_paid_in_the_currencies_of_their_providers() -> None:
    first, second = (record_of(number) for number in numbers(2))
    with two_currencies({"day": "0.03"}):
        questions_asked = [
            Question(number=record.number, level="advanced") for record in (first, second)
        ]
        with transaction.atomic():
            asks = zip(questions_asked, ("spare", "default"), strict=True)
            joined = questions.join([(question, name, "sync") for question, name in asks])
            claimed = claims.take([lookup for lookup, _is_new in joined if lookup])
        assert {(claim.lookup.provider, claim.lookup.currency) for claim in claimed} == {
            ("default", "EUR"),
            ("spare", "USD"),
        }
        settlement.save([outcome for batch in calls.put(claimed) for outcome in batch])
        for currency in ("EUR", "USD"):
            assert spent(currency=currency) == (Decimal("0.03"), Decimal(0))


@pytest.mark.django_db(transaction=True)
def test_the_operator_is_told_which_currency_is_spent(caplog: pytest.LogCaptureFixture) -> None:
    with heard(signals.budget_alert) as told, two_currencies({"day": "0.06"}), transaction.atomic():
        budget.reserve([Decimal("0.03")], "EUR")
        budget.reserve([Decimal("0.06")], "USD")
    assert [(given["currency"], given["percent"]) for given in told] == [("EUR", 50), ("USD", 100)]
    assert "100 % of the budget of 0.06 USD for day:" in caplog.text


def test_a_full_month_gives_the_day_back() -> None:
    with asking(BUDGET={"day": "10.00", "month": "0.05"}):
        screened(numbers(2)[0])
        assert screened(numbers(2)[1]).basis == "budget"
    assert budget.spent("day") == budget.spent("month") == (Decimal("0.03"), Decimal(0))
    assert Spending.objects.count() == 2
