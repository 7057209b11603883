"""Spelling: what people type and paste, in the characters that numbers are written with.

A copied number brings marks that nobody sees, spaces that do not break, digits of another script,
or ``tel:``. They say nothing about the line, so they must not make it another one.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

PLAIN = frozenset("0123456789+-()./ \t")
"""The characters of a number as people write it."""

_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
"""Characters that show nothing, besides those of the category of formats."""
_SELECTORS = range(0xFE00, 0xFE10)
_FULL_WIDTH = range(0xFF01, 0xFF5F)
_TO_ASCII = 0xFEE0
_ALIKE = {
    "\ufe62": "+",
    "\u2212": "-",
    "\u30fc": "-",
    "\u00b7": ".",
    "\u2022": ".",
    "\u2219": ".",
    "\u30fb": ".",
    "\u3002": ".",
    "\u3001": ",",
    "\u2044": "/",
    "\u2215": "/",
    "[": "(",
    "]": ")",
}
_AROUND = " \t\r\n\v\f\x1c\x1d\x1e\x1f\x85,.;:!?'\"`<>|\u2018\u2019\u201c\u201d\u201e\u00ab\u00bb"
"""What is left around a number that was cut out of a text; no number begins or ends with it."""


def visible(text: str) -> str:
    """Return `text` without marks that show nothing, with plain spaces, and stripped."""
    if text.isascii():
        return text.strip()
    return "".join([_visible(char) for char in text]).strip()


def cleaned(text: str) -> str:
    """Return `text` as it would be typed in ASCII: `visible`, and without what stands around it."""
    if not is_plain(text):
        text = "".join([_plain(char) for char in visible(text)])
    return _without_scheme(text.strip(_AROUND))


def is_plain(text: str) -> bool:
    """Whether `text` holds only what people put into numbers; no letters, no line breaks."""
    return PLAIN.issuperset(text)


@lru_cache(maxsize=1024)
def _visible(char: str) -> str:
    """Return the character, a space for each kind of it, or nothing for what shows nothing."""
    category = unicodedata.category(char)
    if category == "Zs":
        return " "
    is_hidden = category == "Cf" or char in _BLANK or ord(char) in _SELECTORS
    return "" if is_hidden else char


@lru_cache(maxsize=1024)
def _plain(char: str) -> str:
    """Return the ASCII character that `char` stands for in a number, or `char`.

    A superscript is no digit of the number: it may be a footnote.
    """
    if char.isascii() and char not in _ALIKE:
        return char
    digit = unicodedata.decimal(char, None)
    if digit is not None:
        return str(digit)
    if ord(char) in _FULL_WIDTH:
        return chr(ord(char) - _TO_ASCII)
    return _ALIKE.get(char, "-" if unicodedata.category(char) == "Pd" else char)


def _without_scheme(text: str) -> str:
    """Return the number of a ``tel:`` URI (RFC 3966), with the extension, which is refused."""
    scheme, colon, rest = text.partition(":")
    if not colon or scheme.lower() != "tel":
        return text
    number, *parameters = rest.removeprefix("//").split(";")
    extension = [text for text in parameters if text.lower().startswith("ext=") and text[4:]]
    return ";".join([number.strip(_AROUND), *extension])
