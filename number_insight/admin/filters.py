"""Filters of the lists, whose choices come from code and settings, never from a table scan."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from number_insight import addresses
from number_insight.admin import display, naming
from number_insight.conf import app_settings
from number_insight.insight import LEVELS
from number_insight.models import NumberInsightRecord, RiskFlag
from number_insight.models.choices import Decision, Lane, LookupState, RecordState, Verdict
from number_insight.models.managers import same_number


class OptionFilter(admin.SimpleListFilter):
    """Base class of the filters with a fixed set of options; any other value matches no row."""

    def options(self) -> Mapping[str, Any]:
        """Return a mapping of value to label."""
        raise NotImplementedError

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Return the rows that match `value`."""
        return rows.filter(**{str(self.parameter_name): value})

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(self.options().items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value is None:
            return queryset
        return self.narrow(queryset, value) if value in self.options() else queryset.none()


class QueueFilter(OptionFilter):
    """The review queue, whole or by lane, so that an outage does not bury the real cases."""

    title = _("review queue")
    parameter_name = "queue"
    EVERYTHING = "waiting"

    def options(self) -> Mapping[str, Any]:
        return {self.EVERYTHING: _("waiting for a decision"), **dict(Lane.choices)}

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        records: Any = rows
        lane = None if value == self.EVERYTHING else value
        waiting: QuerySet[Any] = records.awaiting_review(lane)
        return waiting


class VerdictFilter(OptionFilter):
    """The verdict of the rules."""

    title = _("verdict")
    parameter_name = "verdict"

    def options(self) -> Mapping[str, Any]:
        return dict(Verdict.choices)


class DecisionFilter(OptionFilter):
    """The decision of a person, or its absence."""

    title = _("decision")
    parameter_name = "decision"
    UNDECIDED = "undecided"

    def options(self) -> Mapping[str, Any]:
        return {value or self.UNDECIDED: label for value, label in Decision.choices}

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(decision="" if value == self.UNDECIDED else value)


class FlagFilter(OptionFilter):
    """A flag, by its code."""

    title = _("flag")
    parameter_name = "flag"

    def options(self) -> Mapping[str, Any]:
        return dict(sorted(display.flag_labels().items(), key=lambda item: item[1].lower()))

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        return rows.filter(Exists(RiskFlag.objects.filter(record=OuterRef("pk"), code=value)))


class StateFilter(OptionFilter):
    """The state of the screening."""

    title = _("state")
    parameter_name = "state"

    def options(self) -> Mapping[str, Any]:
        return dict(RecordState.choices)


class LineTypeFilter(OptionFilter):
    """The type of the line."""

    title = _("line type")
    parameter_name = "line_type"

    def options(self) -> Mapping[str, Any]:
        return display.LINE_TYPES


class LookupStateFilter(OptionFilter):
    """The state of a lookup; ``HELD`` are the uncertain ones that still reserve money."""

    title = _("state")
    parameter_name = "state"
    HELD = "held"

    def options(self) -> Mapping[str, Any]:
        return {**dict(LookupState.choices), self.HELD: _("uncertain, with money held")}

    def narrow(self, rows: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value == self.HELD:
            return rows.filter(state=LookupState.UNCERTAIN, reserved__gt=0)
        return super().narrow(rows, value)


class ProviderFilter(OptionFilter):
    """The provider of a lookup, by its name in ``PROVIDERS``."""

    title = _("provider")
    parameter_name = "provider"

    def options(self) -> Mapping[str, Any]:
        return {name: naming.provider_name(name) for name in app_settings.PROVIDERS}


class LevelFilter(OptionFilter):
    """The level of a lookup."""

    title = _("level")
    parameter_name = "level"

    def options(self) -> Mapping[str, Any]:
        return {level: level for level in LEVELS}


class SameFilter(admin.SimpleListFilter):
    """Base class of the filters for records that share a value with a given one.

    Other pages link to them by the record's key: a number or an IP has no place in a URL.
    """

    chip: Any
    """The text of the chip of an active filter; "pk" is the record's key."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        value = self.value()
        return [(value, self.chip % {"pk": value})] if value else []

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
    """The records of the same number."""

    title = _("same number")
    parameter_name = "same_number_as"
    chip = _("number of record %(pk)s")

    @staticmethod
    def same(record: NumberInsightRecord) -> Q:
        return same_number(record.number, hashes=[record.number_hash])


class SameIPFilter(SameFilter):
    """The records of the same IP, of IPv6 those of the same /64."""

    title = _("same IP")
    parameter_name = "same_ip_as"
    chip = _("IP of record %(pk)s")

    @staticmethod
    def same(record: NumberInsightRecord) -> Q:
        # An IP that is not known is not shared.
        return Q(ip_range__in=[record.ip_range] if record.ip_range else [])


class SameNetworkFilter(SameFilter):
    """The records of the network of an IP: of IPv4 its /24, of IPv6 its /64."""

    title = _("same network")
    parameter_name = "same_network_as"
    chip = _("network of record %(pk)s")

    @staticmethod
    def same(record: NumberInsightRecord) -> Q:
        if not record.ip_range or ":" in record.ip_range:
            return SameIPFilter.same(record)
        network = ipaddress.ip_network(addresses.network_of(record.ip_range))
        # Each address by itself, so that the index serves on every database.
        return Q(ip_range__in=[str(address) for address in network])


def is_key(text: str) -> bool:
    """Whether `text` can be the primary key of a record."""
    return text.isascii() and text.isdigit() and len(text) <= 18
