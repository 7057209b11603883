"""The configuration of the app."""

from __future__ import annotations

from django.apps import AppConfig, apps
from django.core import checks
from django.db.models.signals import post_save, pre_migrate, pre_save
from django.utils.translation import gettext_lazy as _


class NumberInsightConfig(AppConfig):
    """The app config of Number Insight."""

    name = "number_insight"
    verbose_name = _("Number Insight")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register checks and the serializer field, screen what is saved, and follow renames."""
        from number_insight import saves
        from number_insight.checks import (
            check_databases,
            check_deployment,
            check_plugins,
            check_settings,
        )
        from number_insight.models import renames

        checks.register(check_settings, "number_insight")
        checks.register(check_plugins, "number_insight")
        checks.register(check_databases, "number_insight")
        checks.register(check_deployment, checks.Tags.security, deploy=True)
        pre_migrate.connect(renames.follow, sender=self)
        pre_save.connect(saves.remember_numbers, dispatch_uid="number_insight.pre_save")
        post_save.connect(saves.screen_changes, dispatch_uid="number_insight.post_save")
        if apps.is_installed("rest_framework"):
            from number_insight import serializerfields

            serializerfields.register()
