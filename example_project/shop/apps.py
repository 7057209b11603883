"""The shop as Django sees it."""

from __future__ import annotations

from django.apps import AppConfig


class ShopConfig(AppConfig):
    """The coffee club whose signups are screened."""

    name = "shop"

    def ready(self) -> None:
        """Let the receivers hear the signals."""
        from shop import receivers  # noqa: F401  connected by being imported
