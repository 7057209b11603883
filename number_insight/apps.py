"""The configuration of the app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NumberInsightConfig(AppConfig):
    """The app config of Number Insight."""

    name = "number_insight"
    verbose_name = _("Number Insight")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks."""
        from number_insight import checks

        checks.register()
