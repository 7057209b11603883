"""Search by number, however it is typed: it is normalised first, so that the index serves."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from number_insight import numbers
from number_insight.admin.changelists import ReadOnlyAdmin
from number_insight.conf import app_settings
from number_insight.exceptions import InvalidNumber
from number_insight.managers import same_number
from number_insight.models import NUMBER_LENGTH

LONGEST = 255
FEWEST_DIGITS = 7
"""The country code and a few more: a shorter beginning may fit half the table."""


class NumberSearchAdmin(ReadOnlyAdmin):
    """Base of the admins whose rows have a number, which is searched for however it is typed."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        if not _is_searchable(search_term):
            return queryset.none(), False
        return queryset.filter(self.matching(search_term)), False

    def matching(self, text: str) -> Q:
        """Return the condition for the rows that `text` may mean."""
        return by_number(text)


def by_number(text: str) -> Q:
    """Return what finds the number that `text` is, or that begins as `text` does.

    Of erased and refused numbers only a fingerprint is left, so they are found as a whole.
    """
    text = text.strip()[:LONGEST]
    known = [text[:NUMBER_LENGTH]]  # what could not be a number is kept as it was typed
    with suppress(InvalidNumber):
        known.append(numbers.normalise(text, app_settings.default_region))
    found = same_number(*known)
    for beginning in _beginnings(text):
        found |= _begins_with(beginning)
    return found


def _begins_with(beginning: str) -> Q:
    """Return the condition for numbers that begin so; the range is for databases whose index
    does not serve LIKE."""
    stem = beginning.rstrip("9")
    after = f"{stem[:-1]}{int(stem[-1]) + 1}"
    return Q(number__startswith=beginning, number__gte=beginning, number__lt=after)


def by_subject_id(text: str) -> Q:
    """Return what finds the records of the subject with the key `text`.

    The index begins with the kind of subject, so all kinds are named.
    """
    kinds = list(ContentType.objects.order_by().values_list("pk", flat=True))
    return Q(subject_type__in=kinds, subject_id=text.strip()[:LONGEST])


def _is_searchable(text: str) -> bool:
    """Whether a database can be asked for `text` at all."""
    return bool(text.strip()) and "\0" not in text and text.isprintable()


def _beginnings(text: str) -> list[str]:
    """Return the beginnings that `text` may mean; none if it holds more than a number does."""
    if not all(char in "0123456789+-()./ \u00a0" for char in text):
        return []
    digits = _international("".join(char for char in text if char.isdigit()))
    is_searched_for = FEWEST_DIGITS <= len(digits) < NUMBER_LENGTH and digits.strip("9")
    return [f"+{digits}"] if is_searched_for else []  # no number has nines alone


def _international(digits: str) -> str:
    """Return the digits with their country code; nothing where it is anybody's guess."""
    if digits.startswith("00"):
        return digits[2:]
    if not digits.startswith("0"):
        return digits
    region = app_settings.default_region
    code = numbers.code_of_country(region) if region else None
    return f"{code}{digits[1:]}" if code else ""
