"""Checks of the settings of the review desk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model

from number_insight.checks.messages import error
from number_insight.conf import app_settings
from number_insight.exceptions import did_you_mean
from number_insight.models.records import REASON_CODE_LENGTH

SEARCH_HINT = 'Write it as {"auth.User": ["username", "email"]}.'


def check_desk(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    """Check the settings on people, reasons, findings and second looks."""
    yield from _check_live(given)
    yield from _check_summary()
    yield from _check_search(given.get("SUBJECT_SEARCH") or {})
    yield from _check_reasons(given.get("REASONS") or ())
    yield from _check_share(given.get("SECOND_LOOK", 0))


def _check_live(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    value = given.get("STORE_LIVE", True)
    if value not in ("review", True, False):
        message = f"NUMBER_INSIGHT['STORE_LIVE'] is {value!r}."
        yield error("E002", message, 'Write "review", True or False.')


def _check_summary() -> Iterator[CheckMessage]:
    hint = "Give the dotted path of a callable: subject -> a mapping with name, email, state, url."
    try:
        describe: object = app_settings.SUBJECT_SUMMARY
    except ImportError as exc:
        yield error("E036", f"NUMBER_INSIGHT['SUBJECT_SUMMARY'] cannot be imported: {exc}.", hint)
        return
    if describe is not None and not callable(describe):
        yield error("E036", "NUMBER_INSIGHT['SUBJECT_SUMMARY'] is not callable.", hint)


def _check_search(given: Mapping[str, Any]) -> Iterator[CheckMessage]:
    for label, fields in given.items():
        try:
            model: type[Model] = apps.get_model(label)
        except (AttributeError, LookupError, TypeError, ValueError):
            message = f"NUMBER_INSIGHT['SUBJECT_SEARCH'] names no model: {label!r}."
            yield error("E037", message, SEARCH_HINT)
            continue
        if isinstance(fields, str) or not isinstance(fields, (list, tuple)) or not fields:
            message = f"NUMBER_INSIGHT SUBJECT_SEARCH.{label} is no list of fields: {fields!r}."
            yield error("E037", message, SEARCH_HINT)
            continue
        for field in fields:
            yield from _check_field(label, model, str(field))


def _check_field(label: str, model: type[Model], field: str) -> Iterator[CheckMessage]:
    try:
        model._meta.get_field(field)
    except FieldDoesNotExist:
        names = [found.name for found in model._meta.get_fields()]
        message = f"NUMBER_INSIGHT SUBJECT_SEARCH.{label} has no field {field!r}."
        yield error("E037", message, did_you_mean(field, names))


def _check_reasons(given: Any) -> Iterator[CheckMessage]:
    hint = 'Write pairs of a code and a text: [("known", "Known customer")].'
    codes = []
    for reason in given:
        if not _is_reason(reason):
            message = f"NUMBER_INSIGHT['REASONS'] holds what is no reason: {reason!r}."
            yield error("E038", message, hint)
            continue
        codes.append(reason[0])
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        yield error("E038", f"NUMBER_INSIGHT['REASONS'] has the code {code!r} twice.", hint)


def _is_reason(reason: Any) -> bool:
    if not isinstance(reason, (list, tuple)) or len(reason) != 2:
        return False
    code, text = reason
    return isinstance(code, str) and 0 < len(code) <= REASON_CODE_LENGTH and bool(str(text).strip())


def _check_share(share: Any) -> Iterator[CheckMessage]:
    is_number = isinstance(share, (int, float)) and not isinstance(share, bool)
    if not is_number or not 0 <= share <= 1:
        message = f"NUMBER_INSIGHT['SECOND_LOOK'] is no share from 0 to 1: {share!r}."
        yield error("E039", message, "Write 0.02 for two in a hundred, or 0 for none.")
