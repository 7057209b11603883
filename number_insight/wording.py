"""Wording: the ground marks its texts for translation, and the pages translate them.

What is stored is English, so that it can be read in any language later on.
"""

from __future__ import annotations


def gettext_noop(message: str) -> str:
    """Mark `message` for translation and return it unchanged, without Django."""
    return message


def with_detail(sentence: str, detail: object) -> str:
    """Return `sentence` with a detail in brackets, which stays as it is in every language."""
    return f"{sentence.removesuffix('.')} ({detail})."
