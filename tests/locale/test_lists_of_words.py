"""Lists of words have the comma of their language."""

from __future__ import annotations

import pytest
from django.utils import translation

from number_insight.admin import display


@pytest.mark.parametrize(("language", "comma"), [("en", ", "), ("es", ", "), ("ar", "، ")])
def test_the_parts_of_a_list_have_the_comma_of_the_language(language: str, comma: str) -> None:
    with translation.override(language):
        assert display.comma() == comma
