"""Spans and metrics for OpenTelemetry: call `instrument` once, in an ``AppConfig.ready()``.

No attribute holds a number, an IP address or a secret, and exceptions are told by their type alone.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import Error

from number_insight import tracing
from number_insight.contrib.metrics import METRICS, Metric, own_connections
from number_insight.tracing import F

try:
    from opentelemetry import context, metrics, trace
    from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation
    from opentelemetry.trace import TracerProvider
except ImportError as error:
    raise ImproperlyConfigured(
        "number_insight.contrib.opentelemetry needs opentelemetry-api; install "
        "django-number-insight[opentelemetry]."
    ) from error

logger = logging.getLogger("number_insight.contrib.opentelemetry")

SCOPE = "number_insight"
"""The name of the tracer and the meter."""


def instrument(
    *, tracer_provider: TracerProvider | None = None, meter_provider: MeterProvider | None = None
) -> None:
    """Record spans and metrics, by the global providers unless others are given."""
    tracing.install(SpanTracer(trace.get_tracer(SCOPE, tracer_provider=tracer_provider)))
    meter = metrics.get_meter(SCOPE, meter_provider=meter_provider)
    for metric in METRICS:
        callbacks = [functools.partial(_observe, metric)]
        meter.create_observable_gauge(name_of(metric), callbacks, description=metric.text)


def uninstrument() -> None:
    """Record no more spans; observable gauges end with their provider."""
    tracing.install(None)


def name_of(metric: Metric) -> str:
    """Return the name of a metric as OpenTelemetry writes it: ``number_insight.verdicts``."""
    return metric.name.replace(f"{SCOPE}_", f"{SCOPE}.", 1)


def _observe(metric: Metric, _options: CallbackOptions) -> list[Observation]:
    """Return the values of a metric; without a database there are none."""
    try:
        with own_connections():
            return [
                Observation(value, dict(zip(metric.labels, labels, strict=True)))
                for labels, value in metric.read()
            ]
    except Error as failure:
        logger.error("The database did not tell %s (%s).", metric.name, type(failure).__name__)
        return []


class SpanTracer(tracing.Tracer):
    """A tracer that records each step as a span."""

    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer

    @contextmanager
    def span(self, name: str, **attributes: str | int) -> Iterator[trace.Span]:
        # An exception's text and its stack may quote a number, so neither is recorded.
        options: dict[str, Any] = {"record_exception": False, "set_status_on_exception": False}
        told = {f"{SCOPE}.{key}": value for key, value in attributes.items()}
        with self._tracer.start_as_current_span(name, attributes=told, **options) as span:
            try:
                yield span
            except Exception as failure:
                span.set_attribute("error.type", type(failure).__name__)
                span.set_status(trace.StatusCode.ERROR)
                raise

    def bind(self, function: F) -> F:
        return _bound(function, context.get_current())  # type: ignore[return-value]


def _bound(function: Callable[..., Any], parent: context.Context) -> Callable[..., Any]:
    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        token = context.attach(parent)
        try:
            return function(*args, **kwargs)
        finally:
            context.detach(token)

    return run
