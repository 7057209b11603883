"""System checks: what is misconfigured, with an id, a hint, and no touch of network or tables.

Providers check themselves; `plug_ins` loops over them. What only matters in production is
reported under ``check --deploy``: a build without secrets must still migrate.
"""

from __future__ import annotations

from django.core import checks

from number_insight.checks.deployment import check_deployment
from number_insight.checks.plug_ins import check_plug_ins
from number_insight.checks.values import check_settings


def register() -> None:
    """Register the checks."""
    checks.register(check_settings, "number_insight")
    checks.register(check_plug_ins, "number_insight")
    checks.register(check_deployment, checks.Tags.security, deploy=True)
