"""What is still known of a judged record: the facts as they were kept, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import DateTimeField, QuerySet, TextField, Value
from django.db.models.functions import Cast

from number_insight import judging
from number_insight.choices import ANSWERED_STATES, Basis, RecordState
from number_insight.conf import app_settings
from number_insight.insight import (
    NUMBER_REFUSED,
    UNKNOWN,
    Caller,
    Carrier,
    Insight,
    IPMatch,
    Roaming,
)
from number_insight.likeness import Shared, Sharing, insight_of
from number_insight.models import Lookup, NumberInsightRecord, RiskFlag
from number_insight.providers.base import ADVANCED_SIGNALS, Provider
from number_insight.rules.base import LIVE_SIGNALS
from number_insight.rules.live import LIVE_CODE
from number_insight.standing import BOUGHT, Standing, Standings
from number_insight.verdict import Flag

SETTLED = (RecordState.SCREENED, RecordState.FAILED, RecordState.REFUSED)


class Row(NamedTuple):
    """What is read of a record and of its lookup: no more than a replay needs.

    JSON is read as text: most of it is the same for many records.
    """

    pk: int
    number: str
    number_hash: str
    subject_type_id: int | None
    subject_id: str
    source: str
    ip_address: str | None
    declared_country: str
    declared_name: str
    level: str
    state: str
    verdict: str
    announced_verdict: str
    score: int
    carrier_name: str
    country: str
    ip_country: str
    decision: str
    created_at: datetime
    screened_at: datetime | None
    basis: str
    rules_key: str
    not_evaluable: str
    raised_rules: str
    lookup_provider: str | None
    lookup_level: str | None
    lookup_cnam: bool | None
    lookup_id: int | None
    lookup_ip_address: str | None
    lookup_state: str | None
    lookup_status: int | None
    lookup_answered_at: datetime | None
    lookup_insight: str | None


KIND = slice(Row._fields.index("basis"), Row._fields.index("lookup_cnam") + 1)
JSON_COLUMNS = ("not_evaluable", "raised_rules", "lookup__insight")
COLUMNS = tuple(
    name.replace("lookup_", "lookup__", 1) if name != "lookup_id" else name for name in Row._fields
)


@dataclass(slots=True, kw_only=True)
class Case:
    """One judged record, and what it was judged on as far as that was kept."""

    record: Row
    standing: Standing
    shared: Shared
    flags: tuple[Flag, ...]
    forgets_live: bool = False
    kept: Insight | None = None

    def grounds(self) -> judging.Grounds:
        """Return what the record was judged on, its own number and all."""
        row, standing = self.record, self.standing
        lookup = Lookup(ip_address=row.lookup_ip_address) if row.lookup_id else None
        insight = self.kept
        if insight is None:
            insight = insight_of(row.lookup_insight or "{}", without_live=self.forgets_live)
        return judging.Grounds(
            insight=insight, signals=standing.signals, basis=standing.basis, lookup=lookup
        )


def settled(since: datetime | None = None, until: datetime | None = None) -> QuerySet[Any]:
    """Return the records that the machine is done with, made from `since` on and before `until`."""
    rows = NumberInsightRecord.objects.filter(state__in=SETTLED).order_by("pk")
    if since is not None:
        rows = rows.filter(created_at__gte=since)
    return rows if until is None else rows.filter(created_at__lt=until)


def batches(rows: QuerySet[Any], size: int, limit: int | None = None) -> Iterator[list[Case | Row]]:
    """Yield `rows` in batches, by key; an erased record, of which too little is left, as it is."""
    memory, last, left = Memory(), 0, limit
    rows = _read(rows)
    while left is None or left > 0:
        batch = rows.filter(pk__gt=last)[: min(size, left or size)]
        found = [Row._make(values) for values in batch]
        if not found:
            return
        last = found[-1].pk
        left = None if left is None else left - len(found)
        yield list(memory.cases(found))


def _read(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return `rows` as what `Row` is made of."""
    instead: dict[str, Any] = {name: Cast(name, TextField()) for name in JSON_COLUMNS}
    if not app_settings.STORE_LIVE:  # the age of an answer matters to what is live alone
        nothing = Value(None, output_field=DateTimeField())
        instead |= dict.fromkeys(("screened_at", "lookup__answered_at"), nothing)
    renamed = {f"{name}_read": expression for name, expression in instead.items()}
    names = (f"{name}_read" if name in instead else name for name in COLUMNS)
    read: QuerySet[Any] = rows.annotate(**renamed).values_list(*names)
    return read


def _flags(first: int, last: int) -> Mapping[int, tuple[Flag, ...]]:
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
    """Makes cases of rows, and remembers what many of them have in common."""

    def __init__(self) -> None:
        self._standings, self._sharing = Standings(), Sharing()
        self._kinds: dict[Any, tuple[Standing, bool]] = {}
        self._providers = frozenset(app_settings.PROVIDERS)
        self._store_live, self._fresh = app_settings.STORE_LIVE, app_settings.FRESHNESS["live"]

    def cases(self, rows: list[Row]) -> Iterator[Case | Row]:
        """Yield what is known of each record in `rows`; the bare row if it was erased."""
        flags = _flags(rows[0].pk, rows[-1].pk)
        whole = _in_full(row.pk for row in rows if self._is_bare(row))
        for row in rows:
            known = flags.get(row.pk, ())
            if row.number_hash:
                yield row
            elif row.basis not in BOUGHT or _is_refused(row):
                yield self._by_number(row, known)
            elif row.pk in whole:
                yield self._by_columns(row, known, whole[row.pk])
            else:
                yield self._by_answer(row, known)

    def _is_bare(self, row: Row) -> bool:
        """Whether the answer that `row` rests on is not kept, so that its columns have to do."""
        if row.number_hash or row.basis not in BOUGHT or _is_refused(row):
            return False
        nothing = row.lookup_insight in (None, "null", "{}")
        return nothing or row.lookup_provider not in self._providers

    def _by_answer(self, row: Row, flags: tuple[Flag, ...]) -> Case:
        hides = _hides_live_flags(flags)
        # What decides about the standing stands together in a row, so that it is cut out at once.
        key = (row[KIND], hides, row.ip_address is None, row.country == "US")
        kind = None if self._store_live else self._kinds.get(key)
        if kind is None:
            signals, forgets = self._what_was_told(row)
            kind = self._kinds[key] = self._standings.of(row, signals, hides=hides), forgets
        standing, forgets = kind
        shared = self._sharing.of_json(row.lookup_insight or "{}", without_live=forgets)
        if not shared.insight.country:
            shared = self._sharing.of(judging.completed(shared.insight, row.number))
        return Case(record=row, standing=standing, shared=shared, flags=flags, forgets_live=forgets)

    def _by_number(self, row: Row, flags: tuple[Flag, ...]) -> Case:
        grounds = judging.local_grounds(_as_record(row), row.basis)
        insight = grounds.insight
        if row.basis in BOUGHT:
            insight = replace(insight, status=row.lookup_status)
        return self._case(row, flags, grounds.signals, insight)

    def _by_columns(self, row: Row, flags: tuple[Flag, ...], record: NumberInsightRecord) -> Case:
        insight = _insight_of_columns(record)
        told = Provider.signals.get(row.level, ADVANCED_SIGNALS)
        if insight.caller is None:
            told -= {"caller"}
        if row.basis == Basis.REUSED and not self._store_live:
            told -= LIVE_SIGNALS
        return self._case(row, flags, told, insight)

    def _case(
        self, row: Row, flags: tuple[Flag, ...], signals: frozenset[str], insight: Insight
    ) -> Case:
        shared = self._sharing.of(judging.completed(insight, row.number))
        standing = self._standings.of(row, signals, hides=_hides_live_flags(flags))
        return Case(record=row, standing=standing, shared=shared, flags=flags, kept=insight)

    def _what_was_told(self, row: Row) -> tuple[frozenset[str], bool]:
        """Return the signals that the answer of `row` could tell, and whether live ones are out."""
        as_told = Basis.ANSWER if self._was_live(row) else row.basis
        lookup = Lookup(
            provider=row.lookup_provider or "",
            level=row.lookup_level or "",
            cnam=bool(row.lookup_cnam),
            answered_at=row.lookup_answered_at,
        )
        grounds = judging.answer_grounds(lookup, _REACHABLE, as_told)
        return grounds.signals, grounds.insight is not _REACHABLE

    def _was_live(self, row: Row) -> bool:
        """Whether the state of the phone was still fresh when `row` was judged on an old answer."""
        if not self._store_live or not row.lookup_answered_at or not row.screened_at:
            return False
        age: timedelta = row.screened_at - row.lookup_answered_at
        return age <= self._fresh


def _hides_live_flags(flags: tuple[Flag, ...]) -> bool:
    return bool(flags) and any(flag.code == LIVE_CODE for flag in flags)


_REACHABLE = Insight(reachable="reachable")


def _is_refused(row: Row) -> bool:
    """Whether the provider has refused the number as a number."""
    return row.lookup_status in NUMBER_REFUSED and row.lookup_state not in ANSWERED_STATES


def _as_record(row: Row) -> NumberInsightRecord:
    return NumberInsightRecord(pk=row.pk, number=row.number)


def _in_full(keys: Iterable[int]) -> Mapping[int, NumberInsightRecord]:
    keys = list(keys)
    return NumberInsightRecord.objects.in_bulk(keys) if keys else {}


def _insight_of_columns(record: NumberInsightRecord) -> Insight:
    """Return what the columns of `record` still tell, where its lookup is gone or erased."""
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
