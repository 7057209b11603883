"""The costs on the front page are what the app would buy, at the providers' default prices."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from django.test import override_settings

from number_insight import loading
from number_insight.defaults import DEFAULTS
from number_insight.models import ListEntry
from number_insight.screening.planning import plan_for
from number_insight.testing import RecordFactory
from tests.support.pages import rows, section

pytestmark = pytest.mark.django_db

BACKENDS = {
    "Number Insight, EUR": "number_insight.providers.vonage.NumberInsight",
    "Identity Insights, EUR": "number_insight.providers.identity.IdentityInsights",
    "Twilio Lookup, USD": "number_insight.providers.twilio.Lookup",
}
TABLE = {row[0]: row[1:] for row in rows(section("README.md", "What it costs"))}
SUM = re.compile(r"(\d+) × ([\d.]+) \+ (\d+) × ([\d.]+) = ([\d.]+)")
MOBILE, LANDLINE, IMPOSSIBLE = "+46701740605", "+4684522500", "+4612"


def price(number: str) -> Decimal:
    """Return the price of the question that is asked about a new signup."""
    record = RecordFactory(number=number, state="queued", level="auto", ip_address="8.8.8.8")
    question = plan_for(record).question
    return loading.provider().price(question) if question else Decimal(0)


def asked_of(backend: str) -> Any:
    provider = {"BACKEND": backend, "OPTIONS": {}}
    return override_settings(NUMBER_INSIGHT={"PROVIDERS": {"default": provider}})


def test_the_table_has_the_providers():
    assert set(BACKENDS) == {name for name in TABLE if ", " in name}


@pytest.mark.parametrize("name", BACKENDS)
def test_each_sum_is_that_of_the_lookups_that_would_be_bought(name: str):
    with asked_of(BACKENDS[name]):
        provider = loading.provider()
        assert name.endswith(f", {provider.currency}")
        prices = [price(MOBILE), price(LANDLINE)]
    for column, cell in enumerate(TABLE[name]):
        many, each, few, other, total = SUM.fullmatch(cell).groups()  # type: ignore[union-attr]
        assert [many, few] == [TABLE["mobile numbers"][column], TABLE["landlines"][column]]
        assert [Decimal(each), Decimal(other)] == prices
        exact = int(many) * prices[0] + int(few) * prices[1]
        assert Decimal(total) == exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_the_signups_of_a_site_are_all_accounted_for():
    for column, signups in enumerate(TABLE["signups"]):
        parts = ("mobile numbers", "landlines", "free of charge")
        assert int(signups) == sum(int(TABLE[part][column]) for part in parts)


def test_numbers_that_cannot_exist_or_are_listed_cost_nothing():
    ListEntry.objects.create(action="deny", match="number", value="+46701740642")
    ListEntry.objects.create(action="allow", match="number", value="+46701740643")
    for backend in BACKENDS.values():
        with asked_of(backend):
            assert price(IMPOSSIBLE) == price("+46701740642") == price("+46701740643") == 0


def test_the_site_whose_month_is_beyond_the_usual_budget_is_told():
    usual = Decimal(DEFAULTS["BUDGET"]["day"]) * 30
    for name in BACKENDS:
        totals = [Decimal(SUM.fullmatch(cell)[5]) for cell in TABLE[name]]  # type: ignore[index]
        assert [total > usual for total in totals] == [False, False, True]
    assert "marketplace needs a `BUDGET`" in section("README.md", "What it costs")
