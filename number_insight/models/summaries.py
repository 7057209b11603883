"""Summaries of subjects, for the reviewers of their numbers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError, connections, router, transaction

from number_insight.conf import app_settings
from number_insight.exceptions import place
from number_insight.models.subjects import model_of

logger = logging.getLogger("number_insight.models.summaries")

Guard = Callable[[Any], Any]
"""A context for code of the project about a subject: a savepoint, or nothing."""
MOST_SHOWN = 200
"""The characters of a text that is shown; the longest URL has `LONGEST_URL`."""
LONGEST_URL = 2000
URL_STARTS = ("https://", "http://", "/")
"""The beginnings of a link; others, such as "javascript:", are left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The name, e-mail address, account state and page of a subject, each empty if not known."""

    name: str = ""
    email: str = ""
    state: str = ""
    url: str = ""


def summary(subject: Any) -> Summary:
    """Return the summary of `subject` by ``SUBJECT_SUMMARY``, by default its ``str()``.

    It never raises: a fault of the project's code is logged, and what is known without it is
    returned. The summary of None is empty.
    """
    return Summary() if subject is None else _summary(subject, _savepoint)


def summaries(subjects: Sequence[Any]) -> list[Summary]:
    """Return the summaries of several subjects; one savepoint serves all unless a query fails."""
    if not subjects:
        return []
    try:
        with _savepoint(subjects[0]):
            return [_summary(subject, nullcontext) for subject in subjects]
    except DatabaseError:
        return [summary(subject) for subject in subjects]


def _summary(subject: Any, guard: Guard) -> Summary:
    told = _told(subject, guard)
    url = _text(told.get("url"), LONGEST_URL)
    return Summary(
        name=_text(told.get("name"), MOST_SHOWN) or _name(subject, guard),
        email=_text(told.get("email"), MOST_SHOWN),
        state=_text(told.get("state"), MOST_SHOWN),
        url=url if url.startswith(URL_STARTS) else "",
    )


def _told(subject: Any, guard: Guard) -> Mapping[str, Any]:
    """Return the mapping of the project's callable, or an empty one."""
    try:
        describe = app_settings.SUBJECT_SUMMARY
        if describe is None:
            return {}
        with guard(subject):
            told: object = describe(subject)
    except Exception as error:  # the project's own code
        _raise_unguarded(error, guard)
        _log(f"raised {place(error)}", subject)
        return {}
    if isinstance(told, Mapping):
        return told
    _log(f"returned a value of the type {type(told).__name__}, which is no mapping", subject)
    return {}


def _raise_unguarded(error: Exception, guard: Guard) -> None:
    """Raise a database error that no savepoint of its own has contained."""
    if guard is nullcontext and isinstance(error, DatabaseError):
        raise error


def _savepoint(subject: Any) -> Any:
    """Return a savepoint, if a transaction is open that a database error would end."""
    alias = router.db_for_read(model_of(subject), instance=subject)
    return transaction.atomic(alias) if connections[alias].in_atomic_block else nullcontext()


def _name(subject: Any, guard: Guard) -> str:
    try:
        with guard(subject):
            return _text(str(subject), MOST_SHOWN)
    except Exception as error:  # the project's own code
        _raise_unguarded(error, guard)
        logger.error("str() of a %s raised %s.", type(subject).__name__, place(error))
        return ""


def _text(value: Any, most: int) -> str:
    """Return `value` as one line of at most `most` characters; "" for None."""
    try:
        text = "" if value is None else " ".join(str(value).split())
    except Exception as error:  # a lazy text of the project
        logger.error("A text of a subject raised %s.", place(error))
        return ""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _log(what: str, subject: Any) -> None:
    logger.error(
        "NUMBER_INSIGHT['SUBJECT_SUMMARY'] %s, for a %s; its name is shown alone.",
        what,
        type(subject).__name__,
    )
