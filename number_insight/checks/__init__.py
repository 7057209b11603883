"""System checks of the settings, with an id and a hint each; none touches the network or a table.

What only matters in production is reported under ``check --deploy``, so that a build without
secrets can migrate.
"""

from __future__ import annotations

from number_insight.checks.databases import check_databases
from number_insight.checks.deployment import check_deployment
from number_insight.checks.plugins import check_plugins
from number_insight.checks.settings import check_settings

__all__ = ["check_databases", "check_deployment", "check_plugins", "check_settings"]
