"""Filters whose choices come from the code and never from a scan of the table."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from number_insight import numbers
from number_insight.admin import display
from number_insight.conf import app_settings
from number_insight.exceptions import InvalidNumber
from number_insight.insight import LEVELS
from number_insight.models import NUMBER_LENGTH, NumberInsightRecord, RiskFlag
from number_insight.models.choices import Decision, Lane, LookupState, RecordState, Verdict
from number_insight.models.fingerprints import fingerprints

LONGEST = 255
FEWEST_DIGITS = 7
"""The country code and a few more: a shorter beginning may fit half the table."""


class OfferedFilter(admin.SimpleListFilter):
    """Base of the filters; what is not offered finds nothing."""

    def offered(self) -> Mapping[str, Any]:
        """Return value → label."""
        raise NotImplementedError

    def narrowed(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return the rows that `value` chooses."""
        return rows.filter(**{str(self.parameter_name): value})

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(self.offered().items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value is None:
            return queryset
        return self.narrowed(queryset, value) if value in self.offered() else queryset.none()


class QueueFilter(OfferedFilter):
    """What waits for a person, in its lanes, so that an outage does not bury the real cases."""

    title = _("review queue")
    parameter_name = "queue"
    EVERYTHING = "waiting"

    def offered(self) -> Mapping[str, Any]:
        return {self.EVERYTHING: _("waiting for a decision"), **dict(Lane.choices)}

    def narrowed(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        records: Any = rows
        waiting: QuerySet[Any] = records.awaiting_review(
            None if value == self.EVERYTHING else value
        )
        return waiting


class VerdictFilter(OfferedFilter):
    """The machine's opinion."""

    title = _("verdict")
    parameter_name = "verdict"

    def offered(self) -> Mapping[str, Any]:
        return dict(Verdict.choices)


class DecisionFilter(OfferedFilter):
    """The person's word."""

    title = _("decision")
    parameter_name = "decision"
    UNDECIDED = "undecided"

    def offered(self) -> Mapping[str, Any]:
        return {value or self.UNDECIDED: label for value, label in Decision.choices}

    def narrowed(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(decision="" if value == self.UNDECIDED else value)


class FlagFilter(OfferedFilter):
    """Records with a flag, by its code."""

    title = _("flag")
    parameter_name = "flag"

    def offered(self) -> Mapping[str, Any]:
        return dict(sorted(display.flag_labels().items(), key=lambda item: item[1].lower()))

    def narrowed(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(Exists(RiskFlag.objects.filter(record=OuterRef("pk"), code=value)))


class StateFilter(OfferedFilter):
    """How far the screening has come."""

    title = _("state")
    parameter_name = "state"

    def offered(self) -> Mapping[str, Any]:
        return dict(RecordState.choices)


class LineTypeFilter(OfferedFilter):
    """What kind of line it is."""

    title = _("line type")
    parameter_name = "line_type"

    def offered(self) -> Mapping[str, Any]:
        return display.LINE_TYPES


class LookupStateFilter(OfferedFilter):
    """What became of a lookup."""

    title = _("state")
    parameter_name = "state"

    HELD = "held"

    def offered(self) -> Mapping[str, Any]:
        return {**dict(LookupState.choices), self.HELD: _("uncertain, with money held")}

    def narrowed(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value == self.HELD:
            return rows.filter(state=LookupState.UNCERTAIN, reserved__gt=0)
        return super().narrowed(rows, value)


class ProviderFilter(OfferedFilter):
    """Who was asked, by the names in ``PROVIDERS``."""

    title = _("provider")
    parameter_name = "provider"

    def offered(self) -> Mapping[str, Any]:
        return {name: name for name in app_settings.PROVIDERS}


class LevelFilter(OfferedFilter):
    """How much was asked."""

    title = _("level")
    parameter_name = "level"

    def offered(self) -> Mapping[str, Any]:
        return {level: level for level in LEVELS}


class SameFilter(admin.SimpleListFilter):
    """Base of the filters that other pages link to; a number or an IP has no place in a URL."""

    sentence = _("as record %(pk)s")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        value = self.value()
        return [(value, self.sentence % {"pk": value})] if value else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if not value:
            return queryset
        if not is_key(value):
            return queryset.none()
        found = NumberInsightRecord.objects.filter(pk=int(value)).first()
        same = self.same(found) if found is not None else None
        return queryset.none() if same is None else queryset.filter(same)

    def same(self, record: NumberInsightRecord) -> Q | None:
        """Return what the others have in common with `record`, or None if nothing is known."""
        raise NotImplementedError


class SameNumberFilter(SameFilter):
    """The records of one number, named by one of them."""

    title = _("same number")
    parameter_name = "same_number_as"

    def same(self, record: NumberInsightRecord) -> Q | None:
        return same_number(record)


class SameIPFilter(SameFilter):
    """The records of one IP, named by one of them."""

    title = _("same IP")
    parameter_name = "same_ip_as"

    def same(self, record: NumberInsightRecord) -> Q | None:
        return same_ip(record)


def same_number(record: NumberInsightRecord) -> Q | None:
    """Return what finds the records of this number, or None where nothing is known of it.

    Erased and refused ones are told by their fingerprint.
    """
    if record.number:
        return Q(number=record.number) | Q(number_hash__in=fingerprints(record.number))
    return Q(number_hash=record.number_hash) if record.number_hash else None


def same_ip(record: NumberInsightRecord) -> Q | None:
    """Return what finds the records of this IP, or None where it is not known."""
    return Q(ip_address=record.ip_address) if record.ip_address else None


def is_key(text: str) -> bool:
    """Whether `text` can be the key of a record."""
    return text.isascii() and text.isdigit() and len(text) <= 18


def describe(count: int, most: int) -> str:
    """Return a count that was stopped at `most`."""
    return gettext("%(most)s or more") % {"most": most} if count >= most else str(count)


def by_number(text: str) -> Q:
    """Return what finds the number that `text` is, or that begins as `text` does.

    Of erased and refused numbers only a fingerprint is left, so they are found as a whole.
    """
    text = text.strip()[:LONGEST]
    found = Q(number=text[:NUMBER_LENGTH])  # what could not be a number is kept as it was typed
    with suppress(InvalidNumber):
        number = numbers.normalise(text, _region())
        found |= Q(number=number) | Q(number_hash__in=fingerprints(number))
    for beginning in _beginnings(text):
        found |= Q(number__startswith=beginning)
    return found


def by_subject_id(text: str) -> Q:
    """Return what finds the records of the subject with the key `text`.

    The index begins with the kind of subject, so all kinds are named.
    """
    kinds = list(ContentType.objects.order_by().values_list("pk", flat=True))
    return Q(subject_type__in=kinds, subject_id=text.strip()[:LONGEST])


def is_searchable(text: str) -> bool:
    """Whether a database can be asked for `text` at all."""
    return bool(text.strip()) and "\0" not in text and text.isprintable()


def _region() -> str | None:
    return getattr(settings, "PHONENUMBER_DEFAULT_REGION", None)


def _beginnings(text: str) -> list[str]:
    """Return the beginnings that `text` may mean; none if it holds more than a number does."""
    if not all(char in "0123456789+-()./ \u00a0" for char in text):
        return []
    digits = _international("".join(char for char in text if char.isdigit()))
    return [f"+{digits}"] if FEWEST_DIGITS <= len(digits) < NUMBER_LENGTH else []


def _international(digits: str) -> str:
    """Return the digits with their country code; nothing where it is anybody's guess."""
    if digits.startswith("00"):
        return digits[2:]
    if not digits.startswith("0"):
        return digits
    region = _region()
    code = numbers.code_of_country(region) if region else None
    return f"{code}{digits[1:]}" if code else ""
