"""What is still known of a judged record: the facts as they were kept, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from number_insight import judging, loading, rules_in_force
from number_insight.choices import Basis, RecordState
from number_insight.conf import app_settings
from number_insight.insight import (
    LEVELS,
    NUMBER_REFUSED,
    UNKNOWN,
    Caller,
    Carrier,
    Insight,
    IPMatch,
    Roaming,
)
from number_insight.models import Lookup, NumberInsightRecord, RiskFlag
from number_insight.providers.base import ADVANCED_SIGNALS, Provider
from number_insight.rules.base import LIVE_SIGNALS
from number_insight.rules.live import LIVE_CODE
from number_insight.verdict import Flag

SETTLED = (RecordState.SCREENED, RecordState.FAILED, RecordState.REFUSED)
BOUGHT = (Basis.ANSWER, Basis.REUSED)
NOTHING_TO_BUY = (Basis.DISABLED, Basis.BUDGET, Basis.LIMIT, Basis.NO_ANSWER, Basis.COUNTRY)
"""Where other rules would have had to do with free facts as well."""

RECORD_COLUMNS = tuple(
    column.attname
    for column in NumberInsightRecord._meta.concrete_fields
    if column.attname not in ("decision_reason", "note", "field", "decided_by_id", "cost")
)
LOOKUP_COLUMNS = (
    "id",
    "provider",
    "level",
    "cnam",
    "ip_address",
    "state",
    "status",
    "insight",
    "answered_at",
)
_COLUMNS = (*RECORD_COLUMNS, *(f"lookup__{name}" for name in LOOKUP_COLUMNS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One judged record, and what it was judged on as far as that was kept.

    `lost` names the signals that were told and are not kept; `missed` those that could have been
    bought and were not. `asked` holds the rules that judged it, as far as they are remembered.
    """

    record: NumberInsightRecord
    grounds: judging.Grounds
    flags: tuple[Flag, ...]
    lost: frozenset[str]
    missed: frozenset[str]
    asked: Mapping[str, rules_in_force.Asked]

    @property
    def hides_live_flags(self) -> bool:
        """Whether something was found in live facts whose details are not kept."""
        return any(flag.code == LIVE_CODE for flag in self.flags)


def settled(since: datetime | None = None, until: datetime | None = None) -> QuerySet[Any]:
    """Return the records that the machine is done with, made from `since` on and before `until`."""
    rows = NumberInsightRecord.objects.filter(state__in=SETTLED).order_by("pk")
    if since is not None:
        rows = rows.filter(created_at__gte=since)
    return rows if until is None else rows.filter(created_at__lt=until)


def batches(
    rows: QuerySet[Any], size: int, limit: int | None = None
) -> Iterator[list[Case | NumberInsightRecord]]:
    """Yield `rows` in batches, by key; an erased record, of which too little is left, as it is."""
    memory, last, left = Memory(), 0, limit
    while left is None or left > 0:
        found = list(rows.filter(pk__gt=last).values_list(*_COLUMNS)[: min(size, left or size)])
        if not found:
            return
        last = found[-1][0]
        left = None if left is None else left - len(found)
        flags = _flags(found[0][0], last)
        yield [memory.case(row, flags.get(row[0], ())) for row in found]


def _flags(first: int, last: int) -> dict[int, tuple[Flag, ...]]:
    columns = ("record_id", "code", "group", "weight", "counted", "shadow", "message", "evidence")
    rows = RiskFlag.objects.filter(record__gte=first, record__lte=last).order_by("pk")
    found: dict[int, tuple[Flag, ...]] = {}
    for pk, code, group, weight, counted, shadow, message, evidence in rows.values_list(*columns):
        flag = Flag(
            code=code,
            group=group,
            weight=weight,
            counted=counted,
            shadow=shadow,
            message=message,
            params=evidence,
            live=code == LIVE_CODE,
        )
        found[pk] = (*found.get(pk, ()), flag)
    return found


class Memory:
    """Makes cases, and remembers between them what rules there were."""

    def __init__(self) -> None:
        active = loading.rules()
        self._active = rules_in_force.key_of(active)
        self._rules = {self._active: rules_in_force.asked(active)}
        self._provider = loading.provider()

    def case(self, row: Sequence[Any], flags: tuple[Flag, ...]) -> Case | NumberInsightRecord:
        """Return what is known of the record in `row`; the bare record if it was erased."""
        record = NumberInsightRecord.from_db("default", RECORD_COLUMNS, row[: len(RECORD_COLUMNS)])
        if record.number_hash:
            return record
        lookup = _lookup(row[len(RECORD_COLUMNS) :])
        grounds = _grounds(record, lookup)
        hides = any(flag.code == LIVE_CODE for flag in flags)
        return Case(
            record=record,
            grounds=grounds,
            flags=flags,
            lost=_lost(grounds, hides),
            missed=self._missed(record, grounds),
            asked=self._asked(record),
        )

    def _asked(self, record: NumberInsightRecord) -> Mapping[str, rules_in_force.Asked]:
        key = record.rules_key or self._active  # without one it was made by hand
        if key not in self._rules:
            self._rules[key] = rules_in_force.recall(key)
        asked = self._rules[key]
        if record.raised_rules:
            asked = {code: it for code, it in asked.items() if code not in record.raised_rules}
        return asked

    def _missed(self, record: NumberInsightRecord, grounds: judging.Grounds) -> frozenset[str]:
        """Return the signals that other rules could have had bought."""
        if grounds.basis in NOTHING_TO_BUY:
            return frozenset()
        provider, level = self._provider, app_settings.LEVEL
        if level not in LEVELS:
            level = provider.levels[-1]
        could = provider.signals.get(level, frozenset())
        return _sold(could, record, bool(provider.supports_cnam), bool(provider.supports_ip)) - (
            grounds.signals
        )


def _sold(
    could: frozenset[str], record: NumberInsightRecord, names: bool, ips: bool
) -> frozenset[str]:
    """Return what of `could` would be asked for at all, as `record` is."""
    if not (names and app_settings.CNAM and record.country == "US"):
        could -= {"caller"}
    if not (record.ip_address and ips and app_settings.SEND_IP):
        could -= {"ip_match"}
    return could - {"country"}


def _lookup(values: Sequence[Any]) -> Lookup | None:
    return None if values[0] is None else Lookup.from_db("default", LOOKUP_COLUMNS, values)


def _grounds(record: NumberInsightRecord, lookup: Lookup | None) -> judging.Grounds:
    """Return what `record` was judged on."""
    basis = record.basis
    if basis not in BOUGHT:
        return judging.local_grounds(record, basis)
    if lookup is not None and lookup.status in NUMBER_REFUSED and not lookup.is_answered:
        grounds = replace(judging.local_grounds(record, basis), lookup=lookup)
        return replace(grounds, insight=replace(grounds.insight, status=lookup.status))
    if lookup is not None and lookup.insight and lookup.provider in app_settings.PROVIDERS:
        insight = Insight.from_json(lookup.insight)
        as_told = Basis.ANSWER if _was_live(record, lookup) else basis
        return replace(judging.answer_grounds(lookup, insight, as_told), basis=basis)
    return _grounds_of_columns(record, lookup)


def _was_live(record: NumberInsightRecord, lookup: Lookup) -> bool:
    """Whether the state of the phone was still fresh when `record` was judged on an old answer."""
    if not app_settings.STORE_LIVE or not lookup.answered_at or not record.screened_at:
        return False
    age: timedelta = record.screened_at - lookup.answered_at
    return age <= app_settings.FRESHNESS["live"]


def _grounds_of_columns(record: NumberInsightRecord, lookup: Lookup | None) -> judging.Grounds:
    """Return what the columns of `record` still tell, where its lookup is gone or erased."""
    told = Provider.signals.get(record.level, ADVANCED_SIGNALS)
    if record.caller_type == UNKNOWN and not record.caller_name:
        told -= {"caller"}
    if record.basis == Basis.REUSED and not app_settings.STORE_LIVE:
        told -= LIVE_SIGNALS
    insight = _insight_of_columns(record)
    return judging.Grounds(insight=insight, signals=told, basis=record.basis, lookup=lookup)


def _insight_of_columns(record: NumberInsightRecord) -> Insight:
    name, country = record.carrier_name or None, record.carrier_country or None
    caller = record.caller_name or record.caller_type != UNKNOWN
    return Insight(
        number=record.number,
        country=record.country or None,
        line_type=record.line_type,
        current_carrier=Carrier(name=name, country=country) if name or country else None,
        original_carrier=(
            Carrier(name=record.original_carrier_name) if record.original_carrier_name else None
        ),
        ported=record.ported,
        valid_number=record.valid_number,
        reachable=record.reachable,
        roaming=Roaming(status=record.roaming_status, country=record.roaming_country or None),
        caller=Caller(name=record.caller_name, type=record.caller_type) if caller else None,
        ip=IPMatch(match=record.ip_match, country=record.ip_country or None),
    )


def _lost(grounds: judging.Grounds, hides_live_flags: bool) -> frozenset[str]:
    """Return the live signals that were told and are not kept."""
    if grounds.basis not in BOUGHT or (app_settings.STORE_LIVE and not hides_live_flags):
        return frozenset()
    return grounds.signals & LIVE_SIGNALS
