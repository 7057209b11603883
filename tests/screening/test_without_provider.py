"""Without ``PROVIDERS`` nothing is asked, nobody is judged by made-up answers, and it is said."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client, override_settings

from number_insight import health, reviewing
from number_insight.checks import check_deployment
from number_insight.exceptions import Unsupported
from number_insight.lookups import claims, switches
from number_insight.models import Lookup
from number_insight.providers.fake import Fake
from number_insight.screening import sweeps
from tests.admin.builders import HEALTH, LIST
from tests.checks.stage import ids
from tests.models import Customer
from tests.support.stage import CLEAN, PREMIUM, screened

pytestmark = pytest.mark.django_db

NOTHING_NAMED: list[Any] = [{}, {"PROVIDERS": {}}, {"PROVIDERS": None}, {"LEVEL": "advanced"}]


@pytest.mark.parametrize("given", NOTHING_NAMED)
@pytest.mark.parametrize("number", [CLEAN, PREMIUM])
def test_nothing_is_asked_and_the_record_ends_by_on_no_answer(given: Any, number: str) -> None:
    with override_settings(NUMBER_INSIGHT=given):
        record = screened(number)
    assert (record.state, record.basis, record.verdict) == ("failed", "disabled", "review")
    assert record.note == switches.NO_PROVIDER
    assert (Fake.asked, list(Lookup.objects.all()), list(record.flags.all())) == ([], [], [])


@pytest.mark.parametrize("verdict", ["allow", "review", "deny"])
def test_on_no_answer_is_obeyed(verdict: str) -> None:
    with override_settings(NUMBER_INSIGHT={"ON_NO_ANSWER": verdict}):
        assert screened().verdict == verdict


def test_free_facts_still_judge() -> None:
    with override_settings(NUMBER_INSIGHT={}):
        record = screened("+449098790123")
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
