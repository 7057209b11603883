"""A plug-in for django-health-check 4: ``number_insight.contrib.health_check.Screenings``."""

from __future__ import annotations

import dataclasses

from health_check.base import HealthCheck
from health_check.exceptions import ServiceWarning

from number_insight import health


@dataclasses.dataclass
class Screenings(HealthCheck):
    """Warns about everything that ``manage.py number_insight_health`` would warn about."""

    def run(self) -> None:
        """Raise a warning that names the problems, if there are any."""
        problems = health.examine().problems
        if problems:
            raise ServiceWarning(" ".join(problems))
