"""Prometheus is told of verdicts, lookups, money and the queue, by a few queries at any size."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest

from number_insight.contrib.metrics import METRICS
from number_insight.contrib.prometheus import UP, Collector
from number_insight.lookups import budget
from number_insight.models import Heartbeat, Lookup, NumberInsightRecord
from number_insight.screening import sweeps
from number_insight.testing import LookupFactory, RecordFactory
from tests.support.pages import named, read, rows, section
from tests.support.stage import asking

pytestmark = pytest.mark.django_db

NAMES = {metric.name for metric in (*METRICS, UP)}


@pytest.fixture
def scrape() -> Callable[[], dict[str, float]]:
    """Return a function that scrapes as Prometheus does, and returns the value of each sample."""
    registry = CollectorRegistry()
    registry.register(Collector())

    def told() -> dict[str, float]:
        lines = generate_latest(registry).decode().splitlines()
        samples = (line.rpartition(" ") for line in lines if not line.startswith("#"))
        return {name: float(value) for name, _space, value in samples}

    return told


def aged(rows: Any, minutes: float) -> None:
    rows.update(created_at=timezone.now() - timedelta(minutes=minutes))


def test_the_records_and_lookups_of_the_last_hour_are_counted(scrape: Any) -> None:
    for verdict, source in (("allow", "signup"), ("allow", "signup"), ("deny", "change")):
        RecordFactory(verdict=verdict, source=source)
    LookupFactory(provider="default", state="answered")
    LookupFactory(provider="spare", state="uncertain")
    aged(NumberInsightRecord.objects.filter(pk=RecordFactory(verdict="review").pk), 61)
    aged(Lookup.objects.filter(pk=LookupFactory(state="failed").pk), 61)
    told = scrape()
    counted = {name: value for name, value in told.items() if "verdicts" in name}
    assert counted == {
        'number_insight_verdicts{source="signup",verdict="allow"}': 2,
        'number_insight_verdicts{source="change",verdict="deny"}': 1,
    }
    counted = {name: value for name, value in told.items() if "lookups" in name}
    assert counted == {
        'number_insight_lookups{provider="default",state="answered"}': 1,
        'number_insight_lookups{provider="spare",state="uncertain"}': 1,
    }


def test_the_money_of_each_currency_and_period_is_told(scrape: Any) -> None:
    with asking(BUDGET={"day": "10", "month": None}), transaction.atomic():
        budget.reserve([Decimal("0.03")], "EUR")
        budget.book(Decimal("1.25"), "EUR")
        told = scrape()
    assert told['number_insight_spent{currency="EUR",period="day"}'] == 1.25
    assert told['number_insight_spent{currency="EUR",period="month"}'] == 1.25
    assert told['number_insight_reserved{currency="EUR",period="day"}'] == 0.03
    assert told['number_insight_budget{currency="EUR",period="day"}'] == 10
    assert 'number_insight_budget{currency="EUR",period="month"}' not in told


def test_money_that_nobody_has_spent_is_told_as_zero(scrape: Any) -> None:
    with asking():
        assert scrape()['number_insight_spent{currency="EUR",period="day"}'] == 0


def test_the_queue_and_the_sweep_are_told(scrape: Any) -> None:
    assert "number_insight_sweep_age_seconds" not in scrape()
    sweeps.sweep()
    Heartbeat.objects.update(at=timezone.now() - timedelta(minutes=3))
    RecordFactory(state="waiting", verdict="pending")
    for minutes in (1, 10):
        made = RecordFactory(state="queued", verdict="pending")
        aged(NumberInsightRecord.objects.filter(pk=made.pk), minutes)
    told = scrape()
    assert told['number_insight_records_waiting{state="queued"}'] == 2
    assert told['number_insight_records_waiting{state="waiting"}'] == 1
    assert told["number_insight_queue_age_seconds"] == pytest.approx(600, abs=20)
    assert told["number_insight_sweep_age_seconds"] == pytest.approx(180, abs=20)


def test_an_empty_queue_is_told_as_zero(scrape: Any) -> None:
    told = scrape()
    assert told["number_insight_queue_age_seconds"] == 0
    assert told['number_insight_records_waiting{state="queued"}'] == 0
    assert told["number_insight_up"] == 1


@pytest.mark.parametrize("count", [0, 40])
def test_a_scrape_takes_a_few_queries_at_any_size(
    count: int, scrape: Any, django_assert_max_num_queries: Any
) -> None:
    for index in range(count):
        RecordFactory(state="queued" if index % 2 else "screened")
        LookupFactory(provider=f"p{index}")
    with django_assert_max_num_queries(len(METRICS)):
        scrape()


def test_registering_reads_nothing(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        CollectorRegistry().register(Collector())


@pytest.mark.django_db(transaction=True)
def test_a_database_in_trouble_takes_no_other_metric_along(
    scrape: Any, caplog: pytest.LogCaptureFixture
) -> None:
    table = NumberInsightRecord._meta.db_table
    with connection.schema_editor() as editor:
        editor.execute(f"ALTER TABLE {table} RENAME TO elsewhere")
    try:
        assert scrape() == {"number_insight_up": 0}
    finally:
        with connection.schema_editor() as editor:
            editor.execute(f"ALTER TABLE elsewhere RENAME TO {table}")
    (logged,) = (r for r in caplog.records if r.name == "number_insight.contrib.prometheus")
    assert (logged.levelno, table in logged.getMessage()) == (logging.ERROR, False)


@pytest.mark.once
def test_every_metric_and_its_labels_are_on_the_page_and_the_other_way_round() -> None:
    page = section("docs/monitoring.md", "The metrics")
    assert named(page) == [metric.name for metric in (*METRICS, UP)]
    labels = [tuple(part for part in row[1].split(", ") if part) for row in rows(page)]
    assert labels == [metric.labels for metric in (*METRICS, UP)]


@pytest.mark.once
def test_the_dashboard_shows_every_metric_and_no_other() -> None:
    board = json.loads(read("docs/grafana.json"))
    asked = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    assert {name for expr in asked for name in re.findall(r"number_insight_\w+", expr)} == NAMES
    labels = {label for metric in METRICS for label in metric.labels}
    grouped = {
        name
        for expr in asked
        for group in re.findall(r"by \((.+?)\)", expr)
        for name in group.split(", ")
    }
    assert grouped <= labels
