"""Options of commands whose value cannot be right."""

from __future__ import annotations

from django.core.management.base import CommandError


class WrongOption(CommandError):
    """An option that does not fit; the exit status is 2, as for those that argparse refuses."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, returncode=2)
