"""A signup is screened under Twilio as under any other provider, in dollars and without a trace."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest
from django.core import serializers
from django.test import override_settings

from number_insight import clock
from number_insight.lookups import budget
from number_insight.models import Lookup, NumberInsightRecord
from number_insight.sandbox.server import Sandbox
from number_insight.screening import statement, worker
from tests.support.stage import CLEAN, record_of, screened, the_lookup

pytestmark = pytest.mark.django_db

BASE = "+467017406"


@pytest.fixture(scope="module")
def service() -> Iterator[Sandbox]:
    with Sandbox(balance="100") as sandbox:
        yield sandbox


@contextmanager
def under_twilio(service: Sandbox, **settings: Any) -> Iterator[None]:
    options = {"account_sid": "AC1", "auth_token": "t", "base_url": service.twilio_url}
    options |= settings.pop("options", {})
    backend = "number_insight.providers.twilio.Lookup"
    found = {
        "PROVIDERS": {"default": {"BACKEND": backend, "OPTIONS": {"timeout": 5, **options}}},
        "LIMITS": {},
        "LEVEL": "advanced",
        **settings,
    }
    service.reset()
    with override_settings(NUMBER_INSIGHT=found):
        yield


def spent() -> tuple[Decimal, Decimal]:
    return budget.spent(currency="USD")


@pytest.mark.parametrize("batch", [False, True], ids=["get", "batch"])
def test_a_record_has_the_facts_the_flags_and_the_price(service: Sandbox, batch: bool) -> None:
    with under_twilio(service, options={"batch": batch}):
        record = screened(BASE + "11")
        lookup = the_lookup()
        assert spent() == (Decimal("0.008"), Decimal(0))
    assert (record.verdict, record.line_type) == ("review", "virtual")
    assert [flag.code for flag in record.flags.filter(counted=True)] == ["voip_nonfixed"]
    assert (lookup.state, lookup.price, lookup.currency) == ("answered", Decimal("0.008"), "USD")
    assert lookup.request_id.startswith("RQ")
    assert service.ledger.count(BASE + "11") == 1


def test_a_price_that_is_computed_says_nothing_against_the_configured_ones(
    service: Sandbox,
) -> None:
    with under_twilio(service):
        screened(BASE + "11")  # without the status of the line, which costs less than reserved
        assert the_lookup().price == Decimal("0.008")
        assert statement.drifts(clock.today().replace(day=1)) == []


def test_a_refused_number_costs_nothing_and_is_flagged(service: Sandbox) -> None:
    for ending in ("93", "96"):
        with under_twilio(service):
            record = screened(BASE + ending)
            assert spent() == (0, 0)
        assert [flag.code for flag in record.flags.all()] == ["refused_number"]
        assert record.verdict == "review"


def test_what_nobody_covers_is_no_answer_and_free(service: Sandbox) -> None:
    with under_twilio(service):
        record = screened(BASE + "76")
        assert spent() == (0, 0)
    assert record.verdict == "review"
    assert list(record.flags.all()) == []


def test_a_lost_answer_stays_reserved_and_is_not_asked_again(service: Sandbox) -> None:
    with under_twilio(service):
        record = record_of(BASE + "85")
        for _ in range(3):
            worker.screen(record.pk)
        assert spent() == (0, Decimal("0.015"))
        assert the_lookup().state == "uncertain"
    assert service.ledger.count(BASE + "85") == 1


def test_a_signal_without_approval_is_named_and_never_read_as_fine(service: Sandbox) -> None:
    with under_twilio(service, options={"packages": ["sim_swap", "line_status"]}):
        service.behave(CLEAN, insights={"sim_swap": "60606"})
        record = screened(CLEAN)
    assert record.verdict == "allow"
    assert "sim_swapped" in record.not_evaluable
    assert the_lookup().price == Decimal("0.015")


def test_live_data_is_not_stored(service: Sandbox) -> None:
    with under_twilio(service, STORE_RAW=True, STORE_LIVE=False):
        screened(BASE + "30")
        raw = the_lookup().raw
    assert raw["line_type_intelligence"]["type"] == "mobile"
    assert "line_status" not in raw
    stored = serializers.serialize("json", [*NumberInsightRecord.objects.all(), the_lookup()])
    assert "absent" not in stored
    assert "unreachable" not in stored


def test_no_log_of_the_whole_way_holds_the_number(
    service: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("django.db.backends").setLevel(logging.INFO)  # whose SQL is Django's own
    with under_twilio(service):
        for ending in ("05", "93", "96", "85", "88", "94", "77"):
            screened(BASE + ending)
    assert "urllib3" in caplog.text
    assert "701740" not in caplog.text
    assert "%2B46" not in caplog.text


def test_a_stored_answer_is_reused_and_not_paid_again(service: Sandbox) -> None:
    with under_twilio(service):
        first, again = screened(CLEAN), screened(CLEAN)
        assert Lookup.objects.count() == 1
    assert first.verdict == again.verdict == "allow"
    assert service.ledger.count(CLEAN) == 1
    assert json.loads(json.dumps(the_lookup().insight))["voip"] == "unknown"
