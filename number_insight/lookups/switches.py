"""The kill switch: in the settings, and in the admin for those who cannot deploy."""

from __future__ import annotations

from typing import Any

from number_insight.conf import app_settings
from number_insight.models import Switch

LOOKUPS = "lookups"


def lookups_are_on() -> bool:
    """Whether anything may be bought: neither ``ENABLED`` nor the admin's switch says no."""
    if not app_settings.ENABLED:
        return False
    return not Switch.objects.filter(name=LOOKUPS, is_on=False).exists()


def turn_lookups(on: bool, *, user: Any = None, reason: str = "") -> None:
    """Switch all lookups on or off for every process, at once."""
    Switch.objects.update_or_create(
        name=LOOKUPS, defaults={"is_on": on, "changed_by": user, "reason": reason.strip()[:300]}
    )
