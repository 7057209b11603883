"""Sentences: stored English texts in the language of the page."""

from __future__ import annotations

import re

from django.utils.translation import gettext

from number_insight.wording import with_detail

END = re.compile(r"(?<=[.!?…]) +")
DETAIL = re.compile(r" \(([^()]*)\)\.$")
"""The detail in brackets that `number_insight.wording.with_detail` adds."""


def translated(text: str) -> str:
    """Return a stored English text in the language of the page, sentence by sentence.

    What no catalogue has stays as it is, such as the detail in brackets that ends a sentence.
    """
    return " ".join(_sentence(part) for part in END.split(text.strip()) if part)


def _sentence(text: str) -> str:
    told, detail = gettext(text), DETAIL.search(text)
    if told != text or detail is None:
        return told
    sentence = f"{text[: detail.start()]}."
    return with_detail(gettext(sentence), detail[1])
