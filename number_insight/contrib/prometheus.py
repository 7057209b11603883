"""A collector for prometheus-client: ``REGISTRY.register(Collector())``."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

from django.core.exceptions import ImproperlyConfigured
from django.db import Error

from number_insight.contrib.metrics import METRICS, Metric, own_connections

try:
    from prometheus_client.core import GaugeMetricFamily
    from prometheus_client.registry import Collector as BaseCollector
except ImportError as error:
    raise ImproperlyConfigured(
        "number_insight.contrib.prometheus needs prometheus-client; install "
        "django-number-insight[prometheus]."
    ) from error

logger = logging.getLogger("number_insight.contrib.prometheus")

UP = Metric(
    name="number_insight_up",
    text="1 if the database has told all metrics, else 0.",
    read=lambda: (),
)


class Collector(BaseCollector):
    """A collector of all metrics, which reads them from the database at each scrape.

    Register it in one process only: each would tell the same.
    """

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Return the metrics without their values, so that registering reads nothing."""
        return [_family(metric) for metric in (*METRICS, UP)]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the metrics; without a database only ``number_insight_up``, which is 0."""
        up = _family(UP)
        try:
            with own_connections():
                families = [_read(metric) for metric in METRICS]
        except Error as failure:  # the project's other metrics are to be told all the same
            logger.error("The database told no metrics (%s).", type(failure).__name__)
            families = []
        up.add_metric([], 1 if families else 0)
        yield from (*families, up)


def _family(metric: Metric) -> GaugeMetricFamily:
    return GaugeMetricFamily(metric.name, metric.text, labels=metric.labels)


def _read(metric: Metric) -> GaugeMetricFamily:
    family = _family(metric)
    for labels, value in metric.read():
        family.add_metric(labels, value)
    return family
