"""Options of commands whose value cannot be right."""

from __future__ import annotations

from django.core.management.base import CommandError


def wrong_option(sentence: str) -> CommandError:
    """Return the error for an option that does not fit: the exit status is 2, as argparse's.

    It is no class of its own, since Django prints the name of the class before the sentence.
    """
    return CommandError(sentence, returncode=2)
