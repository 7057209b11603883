"""OpenTelemetry is told of each step of a screening, and of no number, address or secret."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client, override_settings
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from number_insight import tracing
from number_insight.contrib.metrics import METRICS
from number_insight.contrib.opentelemetry import instrument, name_of, uninstrument
from number_insight.lookups import callbacks
from number_insight.sandbox.server import Sandbox
from number_insight.screening import sweeps, worker
from number_insight.screening.visitor import visiting
from tests.privacy.stage import IP, NAME, NUMBER, SECRET, found_in
from tests.support.pages import named, section
from tests.support.stage import CLEAN, VIRTUAL, VONAGE, asking, sign_up

OPTIONS = {"api_key": SECRET, "api_secret": SECRET, "signature_secret": SECRET, "timeout": 0.5}
TROUBLES = ("90", "93", "94", "96", "80", "82", "83", "86", "88", "77", "05", "76", "31")
"""Endings of numbers that the sandbox answers with each of its faults, or as it should."""


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    """Every span that ends inside the test."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    instrument(tracer_provider=provider, meter_provider=MeterProvider())
    yield exporter
    uninstrument()


@pytest.fixture
def reader() -> Iterator[InMemoryMetricReader]:
    """The metrics, as an exporter reads them."""
    reader = InMemoryMetricReader()
    provider = MeterProvider([reader])
    instrument(tracer_provider=TracerProvider(), meter_provider=provider)
    yield reader
    uninstrument()
    provider.shutdown()


def spans(exporter: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    return [span for span in exporter.get_finished_spans() if span.name == f"number_insight.{name}"]


def shown(exporter: InMemorySpanExporter) -> str:
    """Return all that an exporter may send: names, attributes, events, and statuses."""
    return "\n".join(span.to_json() for span in exporter.get_finished_spans())


@pytest.mark.django_db(transaction=True)
def test_a_signup_its_task_and_its_call_have_a_span_each(exporter: Any) -> None:
    with asking():
        record = sign_up(CLEAN).get_phone_record()
        sweeps.screen_batch(record.pk)
    (signup,), (task,), (call,) = (spans(exporter, name) for name in ("signup", "task", "call"))
    assert dict(signup.attributes) == {"number_insight.source": "signup"}
    assert dict(task.attributes) == {"number_insight.record": record.pk}
    assert dict(call.attributes) == {"number_insight.provider": "default"}
    assert call.parent.span_id == task.context.span_id


@pytest.mark.django_db(transaction=True)
def test_calls_that_run_side_by_side_belong_to_their_task(exporter: Any) -> None:
    with asking():
        keys = [sign_up(number).get_phone_record().pk for number in (CLEAN, VIRTUAL)]
        sweeps.screen_batch(keys[0])
    (task,) = spans(exporter, "task")
    calls = spans(exporter, "call")
    assert [call.parent.span_id for call in calls] == [task.context.span_id] * 2


@pytest.mark.django_db(transaction=True)
def test_an_error_is_told_by_its_class_alone(
    exporter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise ValueError(NUMBER)

    monkeypatch.setattr(worker, "screen", fail)
    with asking():
        record = sign_up(NUMBER).get_phone_record()
        sweeps.sweep(inline=True)
    (task,) = spans(exporter, "task")
    assert dict(task.attributes) == {"number_insight.record": record.pk, "error.type": "ValueError"}
    assert (task.status.is_ok, task.status.description, list(task.events)) == (False, None, [])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ending", TROUBLES)
def test_no_span_tells_a_number_an_address_a_name_or_a_secret(
    ending: str, exporter: Any, sandbox: Sandbox, rf: Any
) -> None:
    options = {**OPTIONS, "base_url": f"{sandbox.url}/ni"}
    number = NUMBER[:-2] + ending
    provider = {"default": {"BACKEND": VONAGE, "OPTIONS": options}}
    with override_settings(NUMBER_INSIGHT={"PROVIDERS": provider, "DOORBELL": None}):
        with visiting(rf.post("/signup", REMOTE_ADDR=IP)):
            sign_up(number, name=NAME)
        sweeps.sweep()
    assert {span.name.partition(".")[2] for span in exporter.get_finished_spans()} == {
        "signup",
        "task",
        "call",
    }
    assert found_in(shown(exporter), [number[1:], number[3:], IP, NAME, SECRET]) == []


@pytest.mark.django_db(transaction=True)
def test_a_callback_has_a_span_that_tells_neither_its_token_nor_its_body(exporter: Any) -> None:
    with asking(DELIVERY="async", CALLBACK_BASE_URL="https://x.example", DOORBELL=None):
        record = sign_up(CLEAN).get_phone_record()
        sweeps.sweep()
        record.refresh_from_db()
        token = callbacks.token_for(record.lookup_id)
        url = callbacks.url_for(record.lookup_id).removeprefix("https://x.example")
        body = json.dumps({"number": NUMBER, "secret": SECRET})
        response = Client().post(url, body, content_type="application/json")
    (callback,) = spans(exporter, "callback")
    assert response.status_code == 400
    assert callback.attributes["number_insight.lookup"] == record.lookup_id
    assert callback.attributes["error.type"] == "BadCallback"
    assert found_in(shown(exporter), [NUMBER[1:], SECRET, token]) == []


def told(reader: InMemoryMetricReader) -> dict[str, list[tuple[dict[str, Any], float]]]:
    data = reader.get_metrics_data()
    found = {}
    for resource in data.resource_metrics if data else ():
        for metric in (metric for scope in resource.scope_metrics for metric in scope.metrics):
            points = metric.data.data_points
            found[metric.name] = [(dict(point.attributes), point.value) for point in points]
    return found


@pytest.mark.django_db(transaction=True)
def test_the_metrics_are_those_of_prometheus(reader: InMemoryMetricReader) -> None:
    with asking(DOORBELL=None, BUDGET={"day": "10"}):
        sign_up(CLEAN)
        sweeps.sweep()
        sign_up(NUMBER)
        found = told(reader)
    assert set(found) == {name_of(metric) for metric in METRICS}
    assert ({"verdict": "allow", "source": "signup"}, 1) in found["number_insight.verdicts"]
    assert ({"provider": "default", "state": "answered"}, 1) in found["number_insight.lookups"]
    assert ({"state": "queued"}, 1) in found["number_insight.records_waiting"]
    assert found["number_insight.queue_age_seconds"][0][1] < 60
    assert found_in(json.dumps(found)) == []


@pytest.mark.once
def test_nothing_is_recorded_unless_a_project_asks_for_it() -> None:
    def function() -> None: ...

    assert type(tracing._tracer) is tracing.Tracer
    assert tracing.bind(function) is function


@pytest.mark.once
def test_every_span_is_on_the_page() -> None:
    told = named(section("docs/monitoring.md", "OpenTelemetry"))
    assert told == [f"number_insight.{name}" for name in ("signup", "task", "call", "callback")]


@pytest.mark.once
@pytest.mark.parametrize(
    ("adapter", "package", "sentence"),
    [
        (
            "opentelemetry",
            "opentelemetry",
            "number_insight.contrib.opentelemetry needs opentelemetry-api; install "
            "django-number-insight[opentelemetry].",
        ),
        (
            "prometheus",
            "prometheus_client",
            "number_insight.contrib.prometheus needs prometheus-client; install "
            "django-number-insight[prometheus].",
        ),
    ],
)
def test_a_missing_package_is_one_clear_sentence(adapter: str, package: str, sentence: str) -> None:
    code = (
        "import sys, django\n"
        f"sys.modules[{package!r}] = None\n"
        "django.setup()\n"
        f"import number_insight.contrib.{adapter}\n"
    )
    environment = {"DJANGO_SETTINGS_MODULE": "tests.settings", "NI_TEST_DATABASE": "sqlite"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    last = done.stderr.strip().splitlines()[-1]
    assert last == f"django.core.exceptions.ImproperlyConfigured: {sentence}"


@pytest.mark.once
def test_no_adapter_is_imported_unless_it_is_used() -> None:
    code = (
        "import sys, django\n"
        "django.setup()\n"
        "import number_insight.urls, number_insight.screening, number_insight.admin\n"
        "assert not {'opentelemetry', 'prometheus_client'} & set(sys.modules)\n"
        "assert not any(name.startswith('number_insight.contrib.') for name in sys.modules)\n"
    )
    environment = {"DJANGO_SETTINGS_MODULE": "tests.settings", "NI_TEST_DATABASE": "sqlite"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
