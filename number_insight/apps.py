"""The configuration of the app."""

from __future__ import annotations

from django.apps import AppConfig, apps
from django.core import checks
from django.utils.translation import gettext_lazy as _


class NumberInsightConfig(AppConfig):
    """The app config of Number Insight."""

    name = "number_insight"
    verbose_name = _("Number Insight")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks, and the serializer field where DRF is installed."""
        from number_insight.checks import check_deployment, check_plugins, check_settings

        checks.register(check_settings, "number_insight")
        checks.register(check_plugins, "number_insight")
        checks.register(check_deployment, checks.Tags.security, deploy=True)
        if apps.is_installed("rest_framework"):
            from number_insight import serializerfields

            serializerfields.register()
