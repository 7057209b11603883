"""`number_insight_parity` tells how many verdicts would change at another provider."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from number_insight import exceptions
from number_insight.lookups import switches
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.providers.fake import Fake
from tests.support.providers import two_providers
from tests.support.stage import CLEAN, VIRTUAL, screened

pytestmark = pytest.mark.django_db

PLAIN, THIRD = "+46701740698", "+46701740605"


def parity(**options: Any) -> tuple[str, str]:
    """Return what the command prints, on both streams."""
    out, err = StringIO(), StringIO()
    given = {"provider": "spare", "stdout": out, "stderr": err, **options}
    call_command("number_insight_parity", **given)
    return out.getvalue(), err.getvalue()


def document(**options: Any) -> dict[str, Any]:
    """Return the JSON that the command prints."""
    told: dict[str, Any] = json.loads(parity(json=True, **options)[0])
    return told


def signed_up() -> None:
    for number in (CLEAN, VIRTUAL, PLAIN):
        screened(number)


def test_the_report_counts_verdicts_rules_signals_and_money() -> None:
    with two_providers(second={CLEAN: {"line_type": "virtual", "missing": {"ported": "failed"}}}):
        signed_up()
        before = list(NumberInsightRecord.objects.order_by("pk").values())
        told = document()
        assert list(NumberInsightRecord.objects.order_by("pk").values()) == before
    assert list(told) == ["numbers", "changed", "matrix", "rules", "lost", "gained", "cost"]
    assert (told["numbers"], told["changed"]) == (3, 1)
    assert told["matrix"]["allow->review"] == 1
    assert sum(told["matrix"].values()) == 3
    assert told["rules"] == {"virtual": 1}
    assert (told["lost"], told["gained"]) == ({"ported": 1}, {})
    assert {currency: float(amount) for currency, amount in told["cost"].items()} == {"USD": 0.09}


def test_a_second_run_pays_for_nothing_and_tells_the_same() -> None:
    with two_providers(second={CLEAN: {"line_type": "virtual"}}):
        signed_up()
        first = document()
        asked = len(Fake.asked)
        second = document()
    assert len(Fake.asked) == asked
    assert float(second.pop("cost")["USD"]) == 0
    assert {**second, "cost": first["cost"]} == first


def test_the_latest_numbers_are_taken_each_once() -> None:
    with two_providers():
        signed_up()
        screened(VIRTUAL)
        told = document(numbers=2)
        asked = set(Lookup.objects.filter(provider="spare").values_list("number", flat=True))
    assert told["numbers"] == 2
    assert asked == {VIRTUAL, PLAIN}


def test_a_dry_run_estimates_and_asks_nothing() -> None:
    with two_providers():
        signed_up()
        out, err = parity(dry_run=True)
        assert len(Fake.asked) == 3
    assert out == ""
    assert "3 numbers are compared. 3 of them have to be asked about at 'spare'" in err
    assert "costs at most 0.09 USD." in err


def test_only_records_since_a_date_are_taken() -> None:
    with two_providers():
        signed_up()
        assert document(since="2100-01-01")["numbers"] == 0
        assert document(since=f"{timezone.now():%Y-01-01}")["numbers"] == 3


def test_it_stops_at_the_budget_and_goes_on_another_day() -> None:
    numbers = [f"+4670174{index:02}05" for index in range(18)]
    with two_providers(BUDGET={"EUR": None, "USD": {"day": "0.48"}}):
        for number in numbers:
            screened(number)
        with pytest.raises(CommandError, match="The budget is spent"):
            parity()
        assert Lookup.objects.filter(provider="spare").count() == 16
    with two_providers(BUDGET={"EUR": None, "USD": {"day": "1"}}):
        assert document()["numbers"] == 18
        assert Lookup.objects.filter(provider="spare").count() == 18


def test_numbers_without_an_answer_are_told_apart() -> None:
    with two_providers(second={CLEAN: exceptions.NoAnswer("Nothing is known.")}):
        signed_up()
        out, _err = parity()
    assert "2 numbers compared, 0 verdicts would change." in out
    assert "1 numbers were not answered." in out


def test_numbers_without_an_answer_are_told_beside_the_json() -> None:
    with two_providers(second={CLEAN: exceptions.NoAnswer("Nothing is known.")}):
        signed_up()
        out, err = parity(json=True)
    assert json.loads(out)["numbers"] == 2
    assert "1 numbers were not answered." in err


def test_what_is_wrong_is_one_sentence() -> None:
    with two_providers(second={CLEAN: exceptions.BadCredentials("The key is wrong.")}):
        with pytest.raises(CommandError, match="no provider 'spar'. Did you mean 'spare'?"):
            parity(provider="spar")
        with pytest.raises(CommandError, match="--numbers needs a positive number."):
            parity(numbers=0)
        with pytest.raises(CommandError, match="is no time"):
            parity(since="yesterday")
        screened(CLEAN)
        parity()
        with pytest.raises(CommandError, match="The key is wrong."):
            parity()
        switches.turn_lookups(False)
        with pytest.raises(CommandError, match="Lookups are switched off"):
            parity()
