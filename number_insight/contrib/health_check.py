"""A plug-in for django-health-check 4: ``number_insight.contrib.health_check.Screenings``."""

from __future__ import annotations

import dataclasses

from health_check.base import HealthCheck
from health_check.exceptions import ServiceWarning

from number_insight import health


@dataclasses.dataclass
class Screenings(HealthCheck):
    """Health check that warns of the problems that ``manage.py number_insight_health`` prints."""

    def run(self) -> None:
        """Raise `ServiceWarning` with the problems, if there are any."""
        problems = health.examine().problems
        if problems:
            raise ServiceWarning(" ".join(problems))
