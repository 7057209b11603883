"""A mistake in the settings of the providers breaks no signup, and buys nothing that is unclear."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from number_insight.checks.settings import SWITCHES
from number_insight.conf import app_settings
from number_insight.models import Lookup, NumberInsightRecord
from tests.support.stage import FAKE, logged, sign_up, sweep

pytestmark = pytest.mark.django_db

TWO = {"default": {"BACKEND": FAKE}, "spare": {"BACKEND": "tests.support.providers.Dollars"}}
ROUTING = ("FALLBACKS", "SHARES", "SHADOW", "FALLBACK_ON_NO_COVERAGE")
JUNK: list[Any] = [
    *(5, "spare", b"spare", True, float("nan"), [[]], [None], [{}], {1: 2}, {"spare": []}),
    *({"spare": "5"}, {"spare": float("nan")}, {"spare": None}, {"provider": "spare"}),
]
SHADOWS: list[Any] = [
    *({"provider": []}, {"provider": "nobody"}, {"provider": "default"}, {"percent": "all"}),
    *({"percent": float("nan")}, {"budget": 5}, {"budget": []}, {"budget": {"USD": 4}}),
    {"budget": {"day": "much"}},
]
BUDGETS: list[Any] = [
    *("10.00", 10, 0, b"10", [], ["day"], {"day": "ten"}, {"day": float("nan")}, {"day": []}),
    *({"day": -1}, {"week": "10"}, {"EUR": 5}, {"EUR": {"week": "10"}}, {"USD": {"day": "10"}}),
]
PROVIDERS: list[Any] = [
    *(5, "x", [TWO], {"x": TWO["default"]}, {"default": None}, {"default": FAKE}),
    *({"default": {"BACKEND": FAKE, "OPTIONS": options}} for options in (5, {"no": 1}, {1: 2})),
    {"default": {"BACKEND": "tests.screening.test_bad_settings.broken"}},
]


def broken() -> None:
    """Raise as a provider may that reads its environment when it is made."""
    raise KeyError("canary-7d1f")


def the_record(given: dict[str, Any]) -> NumberInsightRecord:
    """Return the record of a customer who signs up under `given`, after a sweep."""
    with override_settings(NUMBER_INSIGHT={"PROVIDERS": TWO, "LIMITS": {}, **given}):
        customer = sign_up()
        sweep()
        record = customer.get_phone_record()
    assert isinstance(record, NumberInsightRecord)
    return record


@pytest.mark.parametrize("key", ROUTING)
@pytest.mark.parametrize("value", JUNK, ids=repr)
def test_whatever_names_other_providers_the_default_one_answers(
    key: str, value: Any, caplog: pytest.LogCaptureFixture
) -> None:
    fallbacks = {} if key == "FALLBACKS" else {"FALLBACKS": ["spare"]}
    record = the_record({**fallbacks, key: value})
    assert (record.basis, record.verdict) == ("answer", "allow")
    assert Lookup.objects.get().provider == "default"
    assert not [line for line in logged(caplog) if "fault" in line or "Error" in line]


@pytest.mark.parametrize("part", SHADOWS, ids=repr)
def test_a_mistaken_shadow_asks_nobody(part: Any) -> None:
    shadow = {"provider": "spare", "percent": 100, "budget": {"day": "1"}, **part}
    assert the_record({"SHADOW": shadow}).verdict == "allow"
    assert Lookup.objects.get().provider == "default"


@pytest.mark.parametrize("budget", BUDGETS, ids=repr)
def test_a_mistaken_budget_buys_nothing(budget: Any) -> None:
    record = the_record({"BUDGET": budget})
    assert (record.basis, record.verdict) == ("budget", "review")
    assert not Lookup.objects.exclude(state="skipped").exists()


@pytest.mark.parametrize("providers", PROVIDERS, ids=repr)
def test_a_provider_that_cannot_be_made_loses_no_signup(
    providers: Any, caplog: pytest.LogCaptureFixture
) -> None:
    record = the_record({"PROVIDERS": providers})
    assert "PROVIDERS" in record.note
    assert not Lookup.objects.exists()
    assert "canary" not in record.note + caplog.text


@pytest.mark.parametrize("value", ["False", "no", "yes", 2, b"1", [1], False])
@pytest.mark.parametrize("key", SWITCHES)
def test_a_switch_is_on_only_where_it_says_true(key: str, value: Any) -> None:
    with override_settings(NUMBER_INSIGHT={key: value}):
        assert getattr(app_settings, key) is False
    with override_settings(NUMBER_INSIGHT={key: True}):
        assert getattr(app_settings, key) is True
