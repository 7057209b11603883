"""The search of the admin's lists: by number, IP, person and key, each by an index where it can."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import reduce
from operator import or_
from typing import Any

from django.apps import apps
from django.contrib.admin import AdminSite
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext

from number_insight import addresses, numbers, spelling
from number_insight.admin import links, queue
from number_insight.conf import app_settings
from number_insight.models import NumberInsightRecord
from number_insight.models.managers import same_number
from number_insight.models.subjects import key_text, kinds_of

MAX_SEARCH_LENGTH = 255
MIN_NAME_LENGTH = 3
MAX_PERSONS = 200
"""The subjects that a search by name takes along, the newest first."""
MIN_PREFIX_DIGITS = 7
"""Country code included; a shorter prefix may match half the table."""
LAST_DIGITS = range(3, 10)
"""The numbers of last digits that are searched for; fewer are common to too many."""
MAX_ENDINGS = 200
"""The waiting records that a search by last digits takes along."""
HIDDEN = " *….x"
"""The signs that may stand for the first digits, before the last ones."""
GAPS = str.maketrans("", "", " -()/")
"""The signs between digits, to be removed."""


def search(rows: QuerySet[Any], text: str, *conditions: Callable[[str], Q]) -> QuerySet[Any]:
    """Return the rows for which one of `conditions` holds for `text`; all rows for blank text."""
    text = spelling.visible(text)
    if not text:
        return rows
    if not text.isprintable():  # a NUL, for one, cannot be sent to a database
        return rows.none()
    return rows.filter(reduce(or_, [condition(text) for condition in conditions]))


def by_number(text: str) -> Q:
    """Return the condition for rows whose number is `text`, or begins with it.

    The text is normalised first, so that the index on the number serves. A number that was erased
    or refused has a fingerprint only, and is found by the whole number.
    """
    text, region = text[:MAX_SEARCH_LENGTH], app_settings.default_region
    found = same_number(numbers.canonical(text, region))
    for prefix in numbers.beginnings(text, region):
        if len(prefix) > MIN_PREFIX_DIGITS and prefix[1:].strip("9"):  # no number has nines alone
            found |= _begins_with(prefix)
    return found


def _begins_with(prefix: str) -> Q:
    """Return the condition for numbers that begin with `prefix`.

    The range is for databases whose index does not serve LIKE.
    """
    stem = prefix.rstrip("9")
    after = f"{stem[:-1]}{int(stem[-1]) + 1}"
    return Q(number__startswith=prefix, number__gte=prefix, number__lt=after)


def by_whole_number(text: str) -> Q:
    """Return the condition for rows of a number that is known in full.

    It is for people who see numbers masked: a beginning would tell them the digits one by one.
    """
    return same_number(numbers.canonical(text[:MAX_SEARCH_LENGTH], app_settings.default_region))


def last_digits(text: str) -> str:
    """Return the digits of `text` if they may be the last ones of a number, or ""."""
    typed = spelling.cleaned(text[:MAX_SEARCH_LENGTH].lstrip(HIDDEN))
    digits = typed.translate(GAPS)
    is_ending = digits.isdecimal() and len(digits) in LAST_DIGITS
    return digits if is_ending and not addresses.range_of(text.strip()) else ""


def by_last_digits(text: str) -> Q:
    """Return the condition for waiting records whose number ends in the digits of `text`.

    No index serves the last digits of all numbers. That of the review queue bounds the rows to
    those that wait. It is not for people who see numbers masked, as in `by_whole_number`.
    """
    digits = last_digits(text)
    if not digits:
        return Q(pk__in=[])
    waiting = NumberInsightRecord.objects.awaiting_review().filter(number__endswith=digits)
    keys = waiting.order_by(*queue.INDEX_ORDER).values_list("pk", flat=True)
    return Q(pk__in=list(keys[:MAX_ENDINGS]))


def by_ip(text: str) -> Q:
    """Return the condition for rows of an IP address, of IPv6 those of its /64."""
    found = addresses.range_of(text.strip()) if len(text) < MAX_SEARCH_LENGTH else ""
    return Q(ip_range__in=[found] if found else [])


def by_person(text: str, models: Mapping[type[Any], Iterable[str]]) -> Q:
    """Return the condition for records of the subjects that ``SUBJECT_SEARCH`` finds."""
    found = Q(pk__in=[])
    text = text[:MAX_SEARCH_LENGTH]
    if len(text) < MIN_NAME_LENGTH:
        return found
    for model, fields in models.items():
        matches = reduce(or_, [Q(**{f"{field}__icontains": text}) for field in fields])
        rows = model._base_manager.filter(matches).order_by("-pk")
        keys = [key_text(key) for key in rows.values_list("pk", flat=True)[:MAX_PERSONS]]
        found |= Q(subject_type__in=kinds_of(model), subject_id__in=keys)
    return found


def searched_models() -> dict[type[Any], list[str]]:
    """Return the models of ``SUBJECT_SEARCH`` that exist, with their fields."""
    found = {}
    for label, fields in app_settings.SUBJECT_SEARCH.items():
        with suppress(LookupError, ValueError):  # reported by the checks
            found[apps.get_model(label)] = list(fields)
    return {model: fields for model, fields in found.items() if fields}


def persons(request: HttpRequest, site: AdminSite) -> dict[type[Any], list[str]]:
    """Return the models of ``SUBJECT_SEARCH`` that the user may view, with their fields."""
    found = searched_models().items()
    return {model: fields for model, fields in found if links.may_view(site, request, model)}


def why_nothing(text: str, *, is_full: bool, persons: Mapping[type[Any], Any]) -> str:
    """Return a sentence on the reason for which a search for `text` finds nothing.

    `is_full`: numbers are seen in full, so that they are found by their beginning as well.
    `persons` are the models whose rows the user may find by name.
    """
    if addresses.range_of(text.strip()):
        return gettext("Nobody has signed up from this IP.")
    if _is_like_a_number(text):
        return _why_no_number(text, is_full=is_full)
    if len(text.strip()) < MIN_NAME_LENGTH:
        return gettext("A name is found from its first three letters on.")
    if not searched_models():
        message = gettext(
            "Names are not searched here: the settings name no fields for that (%(key)s)."
        )
        return message % {"key": "SUBJECT_SEARCH"}
    if not persons:
        return gettext("Names and e-mails are found by those who may view the accounts.")
    if "@" in text:
        return gettext("No account with this e-mail has signed up.")
    return gettext("No account of this name has signed up, and no record has this id.")


def _why_no_number(text: str, *, is_full: bool) -> str:
    is_whole = _is_whole_number(text)
    if not is_full and not is_whole:
        return gettext(
            "You see numbers masked, so only a whole number is found, and no last digits."
        )
    if is_full and last_digits(text):
        return gettext(
            "No signup that waits has a number with these last digits, and the others are not "
            "searched for last digits: type the whole number, or its first seven digits and more, "
            "country code included."
        )
    if is_whole:
        return gettext("No record has this number.")
    if sum(char.isdigit() for char in text) < MIN_PREFIX_DIGITS:
        return gettext(
            "A number is found from its first seven digits on, country code included; by its last "
            "three to nine digits it is found while the signup waits."
        )
    return gettext(
        "No number begins with these digits: type the whole number, or its beginning with the "
        "country code."
    )


def note_on(text: str, *, is_full: bool) -> str:
    """Return a sentence on the rows that a search for `text` has left out, or ""."""
    if not is_full or not last_digits(text):
        return ""
    return gettext("Last digits are searched for only among the signups that wait.")


def _is_whole_number(text: str) -> bool:
    region = app_settings.default_region
    return numbers.is_possible(numbers.canonical(text[:MAX_SEARCH_LENGTH], region))


def _is_like_a_number(text: str) -> bool:
    digits, bare = sum(char.isdigit() for char in text), text.strip(" +-()./")
    return bool(digits) and digits >= len(bare) - 4


def by_subject_id(text: str) -> Q:
    """Return the condition for records whose subject has the key `text`."""
    # The index begins with the type of the subject, so all types are named.
    types = list(ContentType.objects.order_by().values_list("pk", flat=True))
    return Q(subject_type__in=types, subject_id=text.strip()[:MAX_SEARCH_LENGTH])
