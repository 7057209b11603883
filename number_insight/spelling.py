"""Spelling: typed and pasted text in the plain characters of numbers.

A copied number may come with invisible marks, no-break spaces, digits of other scripts, or
``tel:``. None of them makes it another number.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

PLAIN = frozenset("0123456789+-()./ \t")
"""The characters of a typed number."""

_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
"""Invisible characters that are not in the category Cf."""
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
"""Characters that may surround a number in a text; none begins or ends with them."""


def visible(text: str) -> str:
    """Return `text` without invisible characters, with plain spaces, and stripped."""
    if text.isascii():
        return text.strip()
    return "".join([_visible(char) for char in text]).strip()


def cleaned(text: str) -> str:
    """Return `text` in ASCII as far as possible, without the characters that surround a number."""
    if not is_plain(text):
        text = "".join([_plain(char) for char in visible(text)])
    return _without_scheme(text.strip(_AROUND))


def is_plain(text: str) -> bool:
    """Return whether `text` holds only characters of a number: no letters, no line breaks."""
    return PLAIN.issuperset(text)


@lru_cache(maxsize=1024)
def _visible(char: str) -> str:
    """Return `char`, a plain space for any space, or "" for an invisible character."""
    category = unicodedata.category(char)
    if category == "Zs":
        return " "
    is_hidden = category == "Cf" or char in _BLANK or ord(char) in _SELECTORS
    return "" if is_hidden else char


@lru_cache(maxsize=1024)
def _plain(char: str) -> str:
    """Return the ASCII character for `char` in a number, or `char` if there is none.

    A superscript is no digit, since it may be a footnote.
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
    """Return the number of a ``tel:`` URI (RFC 3966); an extension is kept, to be refused."""
    scheme, colon, rest = text.partition(":")
    if not colon or scheme.lower() != "tel":
        return text
    number, *parameters = rest.removeprefix("//").split(";")
    extension = [text for text in parameters if text.lower().startswith("ext=") and text[4:]]
    return ";".join([number.strip(_AROUND), *extension])
