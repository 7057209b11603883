"""The host project as an app; it has no migrations, so its tables are made from the models."""

from __future__ import annotations

from django.apps import AppConfig


class TestsConfig(AppConfig):
    """A shop whose customers sign up with their phone number."""

    name = "tests"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the project's admins: `tests.admin` are the tests of ours."""
        from tests.support import admin  # noqa: F401
