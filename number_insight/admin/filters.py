"""Filters whose choices come from the code and never from a scan of the table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from number_insight.admin import words
from number_insight.choices import Decision, Lane, LookupState, RecordState, Verdict
from number_insight.conf import app_settings
from number_insight.insight import LEVELS
from number_insight.managers import same_number
from number_insight.models import NumberInsightRecord, RiskFlag


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
        return dict(sorted(words.flag_labels().items(), key=lambda item: item[1].lower()))

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
        return words.LINE_TYPES


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
        return queryset.none() if found is None else queryset.filter(self.same(found))

    @staticmethod
    def same(record: NumberInsightRecord) -> Q:
        """Return the condition for the rows that have this in common with `record`."""
        raise NotImplementedError


class SameNumberFilter(SameFilter):
    """The records of one number, named by one of them."""

    title = _("same number")
    parameter_name = "same_number_as"

    @staticmethod
    def same(record: NumberInsightRecord) -> Q:
        return same_number(record.number, hashes=[record.number_hash])


class SameIPFilter(SameFilter):
    """The records of one IP, named by one of them."""

    title = _("same IP")
    parameter_name = "same_ip_as"

    @staticmethod
    def same(record: NumberInsightRecord) -> Q:
        # An IP that is not known is not shared.
        return Q(ip_address__in=[record.ip_address] if record.ip_address else [])


def is_key(text: str) -> bool:
    """Whether `text` can be the key of a record."""
    return text.isascii() and text.isdigit() and len(text) <= 18


def describe(count: int, most: int) -> str:
    """Return a count that was stopped at `most`."""
    return gettext("%(most)s or more") % {"most": most} if count >= most else str(count)
