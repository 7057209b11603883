"""The statement of a month agrees with its lookups and records, and names prices that drift."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from datetime import timezone as fixed
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Sum

from number_insight.models import Lookup, NumberInsightRecord
from tests.support.records import an_entry
from tests.support.stage import CLEAN, PRICE, VIRTUAL, asking, screened, the_lookup

pytestmark = pytest.mark.django_db(transaction=True)


def told(*options: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("number_insight_spending", *options, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def document(*options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(told("--json", *options)[0])
    return found


def test_a_month_tells_what_was_asked_paid_and_saved() -> None:
    an_entry("deny", "number", "+46701740607")
    with asking(LEVEL="auto"):
        screened(CLEAN)
        screened(CLEAN)
        screened(VIRTUAL)
        screened("+46701740607")
        (line,) = document()["lines"]
    assert (line["provider"], line["currency"], line["source"]) == ("default", "EUR", "api")
    assert line["asked"] == Lookup.objects.count() == 2
    paid = Lookup.objects.aggregate(paid=Sum("price"))["paid"]
    assert Decimal(line["paid"]) == paid == 2 * Decimal(PRICE)
    assert line["refunded"] == line["held"] == "0"
    dearest = Decimal(line["saved_by_lists"])
    assert dearest > 0
    assert Decimal(line["saved_by_reuse"]) == dearest
    costs = NumberInsightRecord.objects.aggregate(costs=Sum("cost"))["costs"]
    assert costs == paid
    assert Decimal(line["saved_by_auto"]) == 2 * dearest - costs


def test_another_month_and_an_empty_one_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    with asking():
        screened(CLEAN)
        Lookup.objects.update(called_at=datetime(2026, 2, 28, 23, 30, tzinfo=fixed.utc))
        assert document("--month", "2026-02")["lines"][0]["asked"] == 1
        assert document("--month", "2026-03")["lines"] == []
        assert told("--month", "2026-03")[0] == "Nothing was asked or saved in 2026-03.\n"


def test_a_spreadsheet_gets_the_same_lines() -> None:
    with asking():
        screened(CLEAN)
        rows = list(csv.DictReader(StringIO(told("--csv")[0])))
        assert rows == [
            {name: str(value) for name, value in line.items()} for line in document()["lines"]
        ]
        table = told()[0]
    assert table.splitlines()[0].startswith("provider  currency  source")
    assert CLEAN not in table


def test_a_price_that_differs_from_the_configured_one_is_named() -> None:
    with asking():
        screened(CLEAN)
        assert document()["price_drift"] == []
        Lookup.objects.filter(pk=the_lookup().pk).update(price=Decimal("0.05"))
        (sentence,) = document()["price_drift"]
        assert sentence.startswith("default charged 0.05 EUR for advanced, 1 times")
        assert told()[1].strip() == sentence


def test_a_price_of_the_provider_that_had_the_name_before_is_no_drift() -> None:
    with asking():
        screened(CLEAN)
        Lookup.objects.update(price=Decimal("0.05"), currency="USD")
        assert document()["price_drift"] == []


@pytest.mark.parametrize("month", ["2026", "2026-13", "yesterday", ""])
def test_what_is_no_month_is_refused(month: str) -> None:
    with pytest.raises(CommandError, match="write it as 2026-11"):
        told("--month", month)


def test_a_provider_that_has_left_the_settings_keeps_its_sums() -> None:
    with asking():
        screened(CLEAN)
        Lookup.objects.update(provider="former")
        lines = {line["provider"]: line for line in document()["lines"]}
    assert lines["former"]["asked"] == 1
