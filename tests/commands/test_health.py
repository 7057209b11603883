"""`number_insight_health` names each problem, with the remedy."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.db.models import F
from django.test import override_settings
from django.utils import timezone

from number_insight import exceptions, health
from number_insight.contrib.health_check import Screenings
from number_insight.lookups import budget, switches
from number_insight.models import Heartbeat, Lookup, NumberInsightRecord
from number_insight.providers.fake import Fake
from number_insight.screening import sweeps
from number_insight.screening.bell import bell
from tests.support.servers import Redis, free_port
from tests.support.stage import (
    CLEAN,
    HAS_WEBHOOK,
    PREMIUM,
    asking,
    celery_with,
    record_of,
    screened,
    sweep,
    two_currencies,
)

pytestmark = pytest.mark.django_db(transaction=True)


def told() -> tuple[dict[str, Any], bool]:
    """Return the JSON that the command prints, and whether its exit status is 0."""
    out = StringIO()
    try:
        call_command("number_insight_health", json=True, stdout=out)
    except SystemExit as stop:
        assert stop.code == 1
        return json.loads(out.getvalue()), False
    return json.loads(out.getvalue()), True


def test_all_is_well_when_the_sweep_runs_and_nothing_waits(queue: Redis) -> None:
    sweeps.sweep()
    document, healthy = told()
    assert healthy
    assert document["problems"] == []
    assert document["broker"] == ""
    assert document["lookups_on"] is True


def test_a_sweep_that_never_ran_is_a_problem(queue: Redis) -> None:
    document, healthy = told()
    assert not healthy
    assert document["problems"] == [
        "The sweep has never run; put number_insight.sweep into the beat schedule, "
        "and run beat and a worker of its queue."
    ]


def test_a_sweep_that_ran_long_ago_is_a_problem(queue: Redis) -> None:
    sweeps.sweep()
    Heartbeat.objects.update(at=timezone.now() - timedelta(hours=1))
    (problem,) = health.examine().problems
    assert problem.startswith("The sweep last ran at ")


def test_records_that_wait_for_long_are_a_problem(queue: Redis) -> None:
    sweeps.sweep()
    record_of()
    NumberInsightRecord.objects.update(created_at=timezone.now() - timedelta(hours=1))
    (problem,) = health.examine().problems
    assert problem.startswith("1 records wait, the oldest since ")


def test_a_callback_that_is_late_is_no_problem_before_25_hours(queue: Redis) -> None:
    sweeps.sweep()
    screened(under=asking(DELIVERY="async", CALLBACK_BASE_URL="https://x.example"))
    for hours, expected in ((0.5, []), (24.4, []), (0.2, ["1 records wait"])):
        gone = timedelta(hours=hours)
        NumberInsightRecord.objects.update(created_at=F("created_at") - gone)
        Lookup.objects.update(lease_until=F("lease_until") - gone)
        found = health.examine()
        if not HAS_WEBHOOK:  # it was answered at once
            assert (found.problems, found.unfinished, found.awaiting_callback) == ([], 0, 0)
            continue
        assert [problem.split(",")[0] for problem in found.problems] == expected
        assert (found.unfinished, found.awaiting_callback) == (len(expected), 1 - len(expected))


def test_a_record_that_waits_for_anything_else_is_told_beside_a_late_callback(queue: Redis) -> None:
    sweeps.sweep()
    screened(under=asking(DELIVERY="async", CALLBACK_BASE_URL="https://x.example"))
    record_of(PREMIUM)
    NumberInsightRecord.objects.update(created_at=timezone.now() - timedelta(hours=1))
    (problem,) = health.examine().problems
    assert problem.startswith("1 records wait, the oldest since ")


def test_switch_circuit_and_budget_are_told(queue: Redis) -> None:
    sweeps.sweep()
    screened(under=asking({CLEAN: exceptions.NoCredit("The account is empty; top it up.")}))
    switches.turn_lookups(False)
    with asking(BUDGET={"day": "0"}):
        problems = health.examine().problems
    assert [problem.split(";")[0] for problem in problems] == [
        "Lookups are switched off",
        "A provider is not asked just now: default: The account is empty",
        "Today's budget is spent (EUR)",
    ]


def test_a_broker_that_is_down_is_told_within_its_bound() -> None:
    sweeps.sweep()
    with override_settings(NUMBER_INSIGHT={"RING_TIMEOUT": timedelta(seconds=0)}):
        assert bell.try_out() == "TimeoutError"


def test_a_broker_that_was_configured_and_is_down_is_a_problem() -> None:
    sweeps.sweep()
    with celery_with(broker_url=f"redis://127.0.0.1:{free_port()}/0"):
        (problem,) = health.examine().problems
        assert problem.startswith("Celery's broker cannot be reached")
        assert problem.endswith("number_insight_sweep --inline alone screens what waits.")
        assert told()[0]["has_broker"] is True


def test_a_site_that_configures_no_broker_misses_none() -> None:
    sweeps.sweep(inline=True)
    with celery_with(broker_url=None):
        document, healthy = told()
    assert (document["problems"], healthy, document["has_broker"]) == ([], True, False)


def test_uncertain_money_is_counted(queue: Redis) -> None:
    screened(under=asking({CLEAN: exceptions.Uncertain("cut off")}))
    assert health.examine().uncertain == 1
    assert len(Fake.asked) == 1


def test_what_the_account_has_no_approval_for_is_named_without_an_alarm(queue: Redis) -> None:
    sweeps.sweep()
    with asking({CLEAN: {"missing": {"sim_swap": "not_authorized", "ported": "no_coverage"}}}):
        screened()
        document, healthy = told()
    assert healthy
    assert document["unapproved"] == {"default": "sim_swap"}
    (notice,) = document["notices"]
    assert notice.startswith("The account at provider 'default' has no approval for: sim_swap. Ask")


def test_the_money_of_each_currency_is_told_by_itself(queue: Redis) -> None:
    sweeps.sweep()
    with two_currencies({"EUR": {"day": "1"}, "USD": {"day": "2", "month": None}}):
        with transaction.atomic():
            budget.book(Decimal("0.5"), "EUR")
            budget.book(Decimal("2"), "USD")
        Lookup.objects.create(state="uncertain", currency="USD", reserved=Decimal("0.25"))
        document, healthy = told()
        out = StringIO()
        with pytest.raises(SystemExit):
            call_command("number_insight_health", stdout=out)
    assert not healthy
    assert document["problems"] == [
        "Today's budget is spent (USD); raise it, or wait for tomorrow."
    ]
    assert document["uncertain_held"] == {"USD": "0.25"}
    kept = [
        (row["currency"], row["period"], row["spent"], row["budget"]) for row in document["budgets"]
    ]
    assert kept == [
        ("EUR", "day", "0.5", "1"),
        ("EUR", "month", "0.5", None),
        ("USD", "day", "2", "2"),
        ("USD", "month", "2", None),
    ]
    assert "day USD           2 spent, 0 reserved, of 2" in out.getvalue()


def test_the_plug_in_warns_of_the_same(queue: Redis) -> None:
    with pytest.raises(Exception, match="The sweep has never run"):
        Screenings().run()
    sweep()
    Screenings().run()
