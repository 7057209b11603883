"""The kill switch of lookups, in the settings and in the admin."""

from __future__ import annotations

from typing import Any

from number_insight.conf import app_settings
from number_insight.models import Switch
from number_insight.wording import gettext_noop

LOOKUPS = "lookups"
NO_PROVIDER = gettext_noop(
    "No provider is named in NUMBER_INSIGHT['PROVIDERS'], so nothing is looked up."
)
SWITCHED_OFF = gettext_noop(
    "Lookups are switched off, by NUMBER_INSIGHT['ENABLED'] or in the admin."
)


def lookups_are_on() -> bool:
    """Return whether lookups are on; see `obstacle`."""
    return not obstacle()


def obstacle() -> str:
    """Return a sentence on why nothing is looked up, or an empty text while lookups are on.

    They are on while a provider is named, ``ENABLED`` is true, and the switch in the admin is on.
    """
    if not app_settings.PROVIDERS:
        return NO_PROVIDER
    if app_settings.ENABLED and not Switch.objects.filter(name=LOOKUPS, is_on=False).exists():
        return ""
    return SWITCHED_OFF


def turn_lookups(on: bool, *, user: Any = None, reason: str = "") -> None:
    """Switch all lookups on or off, for every process at once.

    Signups go on, and are judged by free facts. `user` is None for code; of `reason` the first 300
    characters are kept. It cannot turn on lookups that ``ENABLED`` turns off.
    """
    Switch.objects.update_or_create(
        name=LOOKUPS, defaults={"is_on": on, "changed_by": user, "reason": reason.strip()[:300]}
    )
