"""A second provider is asked for a signal outside the coverage of the first, or in shadow."""

from __future__ import annotations

from contextlib import AbstractContextManager
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from number_insight import exceptions
from number_insight.lookups import routing, spent
from number_insight.models import Lookup, NumberInsightRecord, ShadowComparison, Spending
from number_insight.privacy import subject
from number_insight.providers.fake import Fake
from number_insight.screening import comparison, shadow, worker
from tests.support.providers import two_providers
from tests.support.stage import CLEAN, FAKE, IS_IDENTITY, VIRTUAL, record_of, screened, sweep
from tests.webhook.callbacks import ASYNC, body_of, post

pytestmark = pytest.mark.django_db

DOLLARS = "tests.support.providers.Dollars"
ODD = {CLEAN: {"line_type": "virtual"}}
POSTING = {
    "default": {"BACKEND": "number_insight.providers.fake.Fake"},
    "spare": {"BACKEND": DOLLARS, "OPTIONS": {"answers": ODD}},
}
POSTED: dict[str, Any] = {**ASYNC, "PROVIDERS": POSTING}


def shadowed(
    answers: dict[str, Any] | None = None, percent: float = 100, budget: Any = None, **settings: Any
) -> AbstractContextManager[Any]:
    """Ask a fake provider, and another one with `answers` in shadow."""
    shadow = {"provider": "spare", "percent": percent, "budget": budget or {"day": "0.10"}}
    return two_providers(None, answers, **{"SHADOW": shadow, **settings})


def asked() -> list[tuple[str, str]]:
    return list(Lookup.objects.order_by("pk").values_list("provider", "state"))


def test_what_differs_is_kept_and_the_verdict_stays() -> None:
    record = screened(under=shadowed(ODD))
    assert record.verdict == "allow"
    assert asked() == [("default", "answered"), ("spare", "answered")]
    found = ShadowComparison.objects.get()
    assert (found.record, found.provider) == (record, "spare")
    assert (found.verdict, found.shadow_verdict) == ("allow", "review")
    assert (found.score, found.shadow_score) == (0, 30)
    assert (found.rules_lost, found.rules_gained) == ([], ["virtual"])
    assert found.lookup is not None and found.lookup.provider == "spare"


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The keys of the records for which a worker was rung."""
    keys: list[int] = []

    def ring(key: int, **_options: Any) -> bool:
        keys.append(key)
        return True

    monkeypatch.setattr(shadow.bell, "ring", ring)
    return keys


def test_after_a_posted_answer_it_is_asked_by_a_worker_and_once(rung: list[int]) -> None:
    with shadowed(ODD, **POSTED):
        record = screened()
        rung.clear()
        assert post(body_of()).status_code == 200
        assert asked() == [("default", "answered")]
        assert rung == [record.pk]
        for _ in range(2):
            worker.screen(record.pk)
    record.refresh_from_db()
    assert record.verdict == "allow"
    assert asked() == [("default", "answered"), ("spare", "answered")]
    assert ShadowComparison.objects.get().shadow_verdict == "review"


def test_without_a_shadow_nobody_is_rung_for_after_a_posted_answer(rung: list[int]) -> None:
    with shadowed(ODD, **{**POSTED, "SHADOW": None}):
        screened()
        rung.clear()
        assert post(body_of()).status_code == 200
    assert rung == []


def test_what_is_the_same_is_not_kept() -> None:
    screened(under=shadowed())
    assert len(asked()) == 2
    assert not ShadowComparison.objects.exists()


def test_it_is_asked_after_the_verdict_also_by_a_sweep_without_a_broker() -> None:
    with shadowed(ODD):
        record = record_of()
        sweep()
    record.refresh_from_db()
    assert record.verdict == "allow"
    assert ShadowComparison.objects.count() == 1


def test_it_pays_from_a_budget_of_its_own_and_never_over_it() -> None:
    with shadowed(ODD, budget={"day": "0.05"}):
        for number in (CLEAN, VIRTUAL):
            screened(number)
        assert spent(currency="EUR") == (Decimal("0.06"), Decimal(0))
        assert spent(currency="USD") == (Decimal(0), Decimal(0))
    row = Spending.objects.get(period__startswith="shadow-day:")
    assert (row.currency, row.spent, row.reserved) == ("USD", 3_000_000, 0)
    assert asked() == [("default", "answered"), ("spare", "answered"), ("default", "answered")]


def test_the_usual_budget_of_its_currency_need_not_have_room() -> None:
    screened(under=shadowed(ODD, BUDGET={"EUR": {"day": "1"}}))
    assert ShadowComparison.objects.count() == 1


def test_money_that_may_be_paid_stays_reserved_in_its_own_budget() -> None:
    with shadowed({CLEAN: exceptions.Uncertain("Cut off.")}):
        assert screened().verdict == "allow"
    row = Spending.objects.get(period__startswith="shadow-day:")
    assert (row.spent, row.reserved) == (0, 3_000_000)
    assert asked() == [("default", "answered"), ("spare", "uncertain")]


@pytest.mark.parametrize(
    "error",
    [
        exceptions.NotSent("Refused."),
        exceptions.BadCredentials("The key is wrong."),
        RuntimeError("a fault"),
    ],
)
def test_whatever_goes_wrong_there_costs_no_verdict(error: Exception) -> None:
    with shadowed({CLEAN: error}):
        assert screened().verdict == "allow"
    assert not ShadowComparison.objects.exists()
    assert not Lookup.objects.filter(state__in=("queued", "calling")).exists()


def test_a_crash_of_the_comparison_costs_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_args: Any) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(comparison, "compare", crash)
    with shadowed(ODD):
        assert screened().verdict == "allow"
    assert asked()[1] == ("spare", "answered")


def test_wrong_settings_cost_no_verdict() -> None:
    with shadowed(SHADOW={"provider": "nobody", "percent": "many"}):
        assert screened().verdict == "allow"


def test_only_the_sampled_numbers_are_asked_about() -> None:
    numbers = [f"+4670174{index:02}05" for index in range(20)]
    with shadowed(percent=40, budget={"day": None}):
        for number in numbers:
            screened(number)
        sampled = [number for number in numbers if routing.draw(number, "shadow") < 40]
    assert 0 < len(sampled) < 20
    asked_about = Lookup.objects.filter(provider="spare").values_list("number", flat=True)
    assert sorted(asked_about) == sorted(sampled)


def test_only_what_was_bought_is_asked_about_too() -> None:
    with shadowed(ODD):
        screened()
        assert screened().basis == "reused"
        screened(VIRTUAL, level="basic")
    assert Fake.asked.count(Fake.asked[0]) == 2
    assert ShadowComparison.objects.count() == 1


def test_while_lookups_are_off_nothing_is_asked() -> None:
    screened(under=shadowed(ODD, ENABLED=False))
    assert asked() == []


def test_erasing_a_record_erases_the_comparison_and_an_export_tells_of_it() -> None:
    with shadowed(ODD):
        screened()
        (told,) = subject.export(number=CLEAN)["records"]
        assert told["shadow_comparisons"][0]["shadow_verdict"] == "review"
        list(subject.purge(timezone.now()))
    assert not ShadowComparison.objects.exists()
    assert NumberInsightRecord.objects.get().number == ""


GAP = {CLEAN: {"line_type": "unknown", "missing": {"line_type": "no_coverage"}}}


def both(first: dict[str, Any], second: dict[str, Any], *, backend: str = FAKE, **told: Any) -> Any:
    """Ask two fake providers, the second one for what the first one does not cover."""
    given = {"FALLBACKS": ["spare"], "FALLBACK_ON_NO_COVERAGE": True, **told}
    return two_providers(first, second, backend=backend, **given)


def reread(record: NumberInsightRecord) -> NumberInsightRecord:
    record.refresh_from_db()
    return record


def test_the_second_answer_completes_the_first() -> None:
    with both(GAP, ODD):
        record = screened()
        assert spent() == (Decimal("0.06"), Decimal(0))
    assert (record.verdict, record.line_type, record.basis) == ("review", "virtual", "answer")
    assert (record.lookup.provider, record.cost) == ("default", Decimal("0.06"))
    assert bool(record.carrier_name) != IS_IDENTITY  # which names no carrier of a virtual line
    assert asked() == [("default", "answered"), ("spare", "answered")]


def test_two_currencies_are_not_added_on_the_record() -> None:
    with both(GAP, ODD, backend=DOLLARS):
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
    with both(first, ODD, **settings):
        assert screened().verdict == "allow"
    assert asked() == [("default", "answered")]


def test_what_cannot_change_the_verdict_is_not_asked() -> None:
    screened(under=both(GAP, ODD, THRESHOLDS={"review": 900, "deny": 1000}))
    assert asked() == [("default", "answered")]


@pytest.mark.parametrize(
    "error",
    [exceptions.Uncertain("Cut off."), exceptions.NotSent("Refused."), RuntimeError("a fault")],
)
def test_without_a_second_answer_the_first_verdict_stands(error: Exception) -> None:
    record = screened(under=both(GAP, {CLEAN: error}))
    assert (record.state, record.verdict, record.basis) == ("screened", "allow", "answer")
    assert not Lookup.objects.filter(state__in=("queued", "calling")).exists()


def test_a_decision_of_a_person_meanwhile_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = comparison.ask

    def decide_and_ask(*args: Any, **options: Any) -> Any:
        NumberInsightRecord.objects.update(decision="released")
        return ask(*args, **options)

    monkeypatch.setattr(comparison, "ask", decide_and_ask)
    with both(GAP, ODD):
        record = record_of()
        worker.screen(record.pk)
    assert (reread(record).verdict, record.decision) == ("allow", "released")
