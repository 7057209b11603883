"""Options of commands whose value cannot be right."""

from __future__ import annotations

from django.core.management.base import CommandError

from number_insight.conf import app_settings
from number_insight.exceptions import did_you_mean


def wrong_option(sentence: str) -> CommandError:
    """Return the error for an option that does not fit: the exit status is 2, as argparse's.

    It is no class of its own, since Django prints the name of the class before the sentence.
    """
    return CommandError(sentence, returncode=2)


def require_provider(name: str) -> None:
    """Raise the error for an option that does not fit if ``PROVIDERS`` names no provider `name`."""
    if name not in app_settings.PROVIDERS:
        hint = did_you_mean(name, app_settings.PROVIDERS)
        raise wrong_option(f"PROVIDERS names no provider {name!r}. {hint}")
