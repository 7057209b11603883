"""A signal outside one provider's coverage is asked at the next one, if the settings say so."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import override_settings

from number_insight import exceptions
from number_insight.lookups import spent
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.screening import comparison, worker
from tests.support.stage import CLEAN, FAKE, IS_IDENTITY, record_of, screened

pytestmark = pytest.mark.django_db

GAP = {CLEAN: {"line_type": "unknown", "missing": {"line_type": "no_coverage"}}}
VIRTUAL_THERE = {CLEAN: {"line_type": "virtual"}}


def two(
    first: dict[str, Any], second: dict[str, Any], *, backend: str = FAKE, **settings: Any
) -> Any:
    providers = {
        "default": {"BACKEND": FAKE, "OPTIONS": {"answers": first}},
        "spare": {"BACKEND": backend, "OPTIONS": {"answers": second}},
    }
    given = {"FALLBACKS": ["spare"], "FALLBACK_ON_NO_COVERAGE": True, "LIMITS": {}, **settings}
    return override_settings(NUMBER_INSIGHT={"PROVIDERS": providers, **given})


def asked() -> list[tuple[str, str]]:
    return list(Lookup.objects.order_by("pk").values_list("provider", "state"))


def reread(record: NumberInsightRecord) -> NumberInsightRecord:
    record.refresh_from_db()
    return record


def test_the_second_answer_completes_the_first() -> None:
    with two(GAP, VIRTUAL_THERE):
        record = screened()
        assert spent() == (Decimal("0.06"), Decimal(0))
    assert (record.verdict, record.line_type, record.basis) == ("review", "virtual", "answer")
    assert (record.lookup.provider, record.cost) == ("default", Decimal("0.06"))
    assert bool(record.carrier_name) != IS_IDENTITY  # which names no carrier of a virtual line
    assert asked() == [("default", "answered"), ("spare", "answered")]


def test_two_currencies_are_not_added_on_the_record() -> None:
    with two(GAP, VIRTUAL_THERE, backend="tests.support.providers.Dollars"):
        assert screened().cost == Decimal("0.03")
        assert spent(currency="USD") == (Decimal("0.03"), Decimal(0))


@pytest.mark.parametrize(
    ("first", "settings"),
    [
        (GAP, {"FALLBACK_ON_NO_COVERAGE": False}),
        (GAP, {"FALLBACKS": []}),
        ({CLEAN: {"line_type": "unknown", "missing": {"line_type": "not_authorized"}}}, {}),
        ({CLEAN: {"missing": {"device_swap": "no_coverage"}}}, {}),
        ({CLEAN: {}}, {}),
    ],
)
def test_otherwise_nobody_else_is_asked(first: dict[str, Any], settings: dict[str, Any]) -> None:
    with two(first, VIRTUAL_THERE, **settings):
        assert screened().verdict == "allow"
    assert asked() == [("default", "answered")]


def test_what_cannot_change_the_verdict_is_not_asked() -> None:
    with two(GAP, VIRTUAL_THERE, THRESHOLDS={"review": 900, "deny": 1000}):
        screened()
    assert asked() == [("default", "answered")]


@pytest.mark.parametrize(
    "error",
    [exceptions.Uncertain("Cut off."), exceptions.NotSent("Refused."), RuntimeError("a fault")],
)
def test_without_a_second_answer_the_first_verdict_stands(error: Exception) -> None:
    with two(GAP, {CLEAN: error}):
        record = screened()
    assert (record.state, record.verdict, record.basis) == ("screened", "allow", "answer")
    assert not Lookup.objects.filter(state__in=("queued", "calling")).exists()


def test_a_decision_of_a_person_meanwhile_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = comparison.ask

    def decide_and_ask(*args: Any, **options: Any) -> Any:
        NumberInsightRecord.objects.update(decision="released")
        return ask(*args, **options)

    monkeypatch.setattr(comparison, "ask", decide_and_ask)
    with two(GAP, VIRTUAL_THERE):
        record = record_of()
        worker.screen(record.pk)
    assert (reread(record).verdict, record.decision) == ("allow", "released")
