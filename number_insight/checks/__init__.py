"""System checks: what is misconfigured, with an id, a hint, and no touch of network or tables.

Providers check themselves; `plugins` loops over them. What only matters in production is
reported under ``check --deploy``: a build without secrets must still migrate.
"""

from __future__ import annotations

from django.core import checks

from number_insight.checks.deployment import check_deployment
from number_insight.checks.plugins import check_plugins
from number_insight.checks.settings import check_settings


def register() -> None:
    """Register the checks."""
    checks.register(check_settings, "number_insight")
    checks.register(check_plugins, "number_insight")
    checks.register(check_deployment, checks.Tags.security, deploy=True)
