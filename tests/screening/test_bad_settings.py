"""A mistake in the settings of the providers breaks no signup and buys nothing; none is said."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client, override_settings

from number_insight import health, reviewing
from number_insight.checks import check_deployment
from number_insight.checks.settings import SWITCHES
from number_insight.conf import app_settings
from number_insight.exceptions import Unsupported
from number_insight.lookups import claims, switches
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.providers.fake import Fake
from number_insight.screening import sweeps
from tests.admin.builders import HEALTH, LIST
from tests.checks.stage import ids
from tests.models import Customer
from tests.support.stage import CLEAN, FAKE, PREMIUM, logged, screened, sign_up, sweep

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


NOTHING_NAMED: list[Any] = [{}, {"PROVIDERS": {}}, {"PROVIDERS": None}, {"LEVEL": "advanced"}]


@pytest.mark.parametrize("given", NOTHING_NAMED)
@pytest.mark.parametrize("number", [CLEAN, PREMIUM])
def test_nothing_is_asked_and_the_record_ends_by_on_no_answer(given: Any, number: str) -> None:
    record = screened(number, under=override_settings(NUMBER_INSIGHT=given))
    assert (record.state, record.basis, record.verdict) == ("failed", "disabled", "review")
    assert record.note == switches.NO_PROVIDER
    assert (Fake.asked, list(Lookup.objects.all()), list(record.flags.all())) == ([], [], [])


@pytest.mark.parametrize("verdict", ["allow", "review", "deny"])
def test_on_no_answer_is_obeyed(verdict: str) -> None:
    with override_settings(NUMBER_INSIGHT={"ON_NO_ANSWER": verdict}):
        assert screened().verdict == verdict


def test_free_facts_still_judge() -> None:
    record = screened("+449098790123", under=override_settings(NUMBER_INSIGHT={}))
    assert (record.verdict, record.basis) == ("deny", "free")


def test_a_project_without_the_setting_is_a_project_without_a_provider() -> None:
    with override_settings():
        del settings.NUMBER_INSIGHT
        assert screened().basis == "disabled"


@pytest.mark.parametrize("given", NOTHING_NAMED)
@pytest.mark.parametrize("debug", [True, False])
def test_check_says_so(given: Any, debug: bool) -> None:
    out = StringIO()
    with override_settings(NUMBER_INSIGHT=given, DEBUG=debug):
        call_command("check", stderr=out)
    assert f"(number_insight.W024) {switches.NO_PROVIDER}" in out.getvalue()
    assert "number_insight.providers.fake.Fake" in out.getvalue()


def test_before_deployment_it_is_an_error() -> None:
    with override_settings(NUMBER_INSIGHT={}):
        assert "E017" in ids(check_deployment())


def test_health_and_the_admin_say_so(admin_client: Client) -> None:
    sweeps.sweep()
    with override_settings(NUMBER_INSIGHT={}):
        assert any(one.startswith(switches.NO_PROVIDER) for one in health.examine().problems)
        for page in (LIST, HEALTH):
            assert "(PROVIDERS)" in admin_client.get(page).content.decode()
    for page in (LIST, HEALTH):
        assert "(PROVIDERS)" not in admin_client.get(page).content.decode()


def test_whoever_wants_to_ask_all_the_same_is_told_why_not() -> None:
    Customer.objects.bulk_create([Customer(name="Ada", phone=CLEAN)])
    with override_settings(NUMBER_INSIGHT={}):
        with pytest.raises(CommandError, match="No provider is named"):
            call_command("number_insight_lookup", CLEAN)
        with pytest.raises(CommandError, match="provider"):
            call_command("number_insight_backfill", "tests.Customer.phone")
        with pytest.raises(Unsupported, match="No provider is named"):
            reviewing.look_up_again(screened())


def test_a_lookup_that_was_queued_before_waits_for_a_provider() -> None:
    record = screened()
    Lookup.objects.update(state="queued", claim=None, answered_at=None, insight=None)
    with override_settings(NUMBER_INSIGHT={}):
        assert claims.claim(record.lookup_id) is None
    assert Lookup.objects.get().error == switches.NO_PROVIDER
