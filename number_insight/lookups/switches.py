"""The kill switch of lookups, in the settings and in the admin."""

from __future__ import annotations

from typing import Any

from number_insight.conf import app_settings
from number_insight.models import Switch

LOOKUPS = "lookups"


def lookups_are_on() -> bool:
    """Return whether lookups are on, by ``ENABLED`` as well as by the switch in the admin."""
    if not app_settings.ENABLED:
        return False
    return not Switch.objects.filter(name=LOOKUPS, is_on=False).exists()


def turn_lookups(on: bool, *, user: Any = None, reason: str = "") -> None:
    """Switch all lookups on or off, for every process at once."""
    Switch.objects.update_or_create(
        name=LOOKUPS, defaults={"is_on": on, "changed_by": user, "reason": reason.strip()[:300]}
    )
