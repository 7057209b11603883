"""Stored cases: the facts that were kept of judged records, and the signals that are missing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet

from number_insight import loading
from number_insight.conf import app_settings
from number_insight.insight import LEVELS, UNKNOWN, Caller, Carrier, Insight, IPMatch, Roaming
from number_insight.models import NumberInsightRecord, RiskFlag
from number_insight.models.choices import ANSWERED_STATES, ON_AN_ANSWER, Basis, RecordState
from number_insight.providers.base import ADVANCED_SIGNALS, Provider
from number_insight.rules.base import LIVE_SIGNALS
from number_insight.rules.live import LIVE_CODE
from number_insight.rules.scoring import Flag
from number_insight.verdicts import grounds
from number_insight.verdicts.grounds import Case

SETTLED = (RecordState.SCREENED, RecordState.FAILED, RecordState.REFUSED)
NOTHING_TO_BUY = (Basis.DISABLED, Basis.BUDGET, Basis.LIMIT, Basis.NO_ANSWER, Basis.COUNTRY)
"""The bases on which other rules, too, would have had free facts alone."""
BATCH_SIZE = 1000
"""Records that are read, judged and written in one go."""


class Row(NamedTuple):
    """The columns of a record and of its lookup that a replay needs."""

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
    basis: str
    verdict: str
    announced_verdict: str
    score: int
    decision: str
    country: str
    ip_country: str
    history: dict[str, Any]
    rules_key: str
    not_evaluable: list[str]
    raised_rules: list[str]
    created_at: datetime
    screened_at: datetime | None
    lookup_provider: str | None
    lookup_level: str | None
    lookup_cnam: bool | None
    lookup_ip_address: str | None
    lookup_state: str | None
    lookup_status: int | None
    lookup_number_refused: bool | None
    lookup_answered_at: datetime | None
    lookup_insight: dict[str, Any] | None


COLUMNS = tuple(name.replace("lookup_", "lookup__", 1) for name in Row._fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCase(Case):
    """One judged record, and the stored part of the facts that it was judged on.

    `lost` names the signals that were told and are not stored, `missed` those that could have been
    bought and were not. Of an erased record too little is left to judge it.
    """

    flags: Sequence[Flag] = ()
    lost: frozenset[str] = frozenset()
    missed: frozenset[str] = frozenset()

    @property
    def is_erased(self) -> bool:
        return bool(self.record.number_hash)


def settled(
    since: datetime | None = None,
    until: datetime | None = None,
    *,
    first: int | None = None,
    last: int | None = None,
) -> QuerySet[NumberInsightRecord]:
    """Return the records that the machine is done with.

    They were made from `since` on and before `until`, and their keys reach from `first` to `last`.
    """
    bounds = {"created_at__gte": since, "created_at__lt": until, "pk__gte": first, "pk__lte": last}
    given = {name: value for name, value in bounds.items() if value is not None}
    return NumberInsightRecord.objects.filter(state__in=SETTLED, **given).order_by("pk")


def head(rows: QuerySet[Any], count: int) -> QuerySet[Any]:
    """Return the first `count` of `rows`, by key."""
    last = rows.values_list("pk", flat=True)[count - 1 : count].first()
    return rows if last is None else rows.filter(pk__lte=last)


def batches(rows: QuerySet[Any], size: int = BATCH_SIZE) -> Iterator[list[StoredCase]]:
    """Yield `rows` as cases, in batches by key."""
    reader, last = _Reader(), 0
    values = rows.values_list(*COLUMNS)
    while found := [Row._make(row) for row in values.filter(pk__gt=last)[:size]]:
        last = found[-1].pk
        yield reader.cases(found)


class _Reader:
    """Makes cases of rows, under the settings as they are when it is made."""

    def __init__(self) -> None:
        provider = loading.provider()
        self._could = _could_be_bought()
        self._asks_names = provider.supports_cnam and app_settings.CNAM
        self._sends_ips = provider.supports_ip and app_settings.SEND_IP
        self._providers = frozenset(app_settings.PROVIDERS)
        self._store_live = app_settings.keeps_live_data
        self._fresh = app_settings.FRESHNESS["live"]

    def cases(self, rows: Sequence[Row]) -> list[StoredCase]:
        """Return a case for each of `rows`, which are in the order of their keys."""
        flags = _flags(rows[0].pk, rows[-1].pk)
        bare = NumberInsightRecord.objects.in_bulk([row.pk for row in rows if self._is_bare(row)])
        return [self._case(row, flags.get(row.pk, ()), bare) for row in rows]

    def _is_bare(self, row: Row) -> bool:
        """Whether the answer that `row` rests on is not kept, so that its columns have to do."""
        if row.number_hash or row.basis not in ON_AN_ANSWER or _is_refused(row):
            return False
        return not row.lookup_insight or row.lookup_provider not in self._providers

    def _case(
        self, row: Row, flags: Sequence[Flag], bare: Mapping[int, NumberInsightRecord]
    ) -> StoredCase:
        if row.number_hash:
            return StoredCase(
                record=row, flags=flags, basis=row.basis, insight=Insight(), signals=frozenset()
            )
        if row.basis not in ON_AN_ANSWER or _is_refused(row):
            insight, signals = _by_number(row)
        elif row.pk in bare:
            insight, signals = self._by_columns(row, bare[row.pk])
        else:
            insight, signals = self._by_answer(row)
        insight = grounds.completed(insight, row.number)
        signals |= grounds.known(insight)
        return StoredCase(
            record=row,
            flags=flags,
            basis=row.basis,
            insight=insight,
            signals=signals,
            ip_sent=row.lookup_ip_address,
            lost=self._lost(row, signals, flags),
            missed=self._missed(row, signals) - _in_vain(insight),
        )

    def _by_answer(self, row: Row) -> tuple[Insight, frozenset[str]]:
        insight = Insight.from_json(row.lookup_insight or {})
        signals = grounds.signals_of(
            row.lookup_provider or "", row.lookup_level or "", cnam=bool(row.lookup_cnam)
        )
        signals -= grounds.not_told(insight)
        if row.basis == Basis.ANSWER or self._was_live(row):
            return insight, signals
        return insight.without_live(), signals - LIVE_SIGNALS

    def _was_live(self, row: Row) -> bool:
        """Whether the state of the phone was still fresh when `row` was judged on an old answer."""
        if not self._store_live or not row.lookup_answered_at or not row.screened_at:
            return False
        return bool(row.screened_at - row.lookup_answered_at <= self._fresh)

    def _by_columns(self, row: Row, record: NumberInsightRecord) -> tuple[Insight, frozenset[str]]:
        insight = _insight_of_columns(record)
        signals = Provider.signals.get(row.level, ADVANCED_SIGNALS)
        if insight.caller is None:
            signals -= {"caller"}
        if row.basis == Basis.REUSED and not self._store_live:
            signals -= LIVE_SIGNALS
        return insight, signals

    def _lost(self, row: Row, signals: frozenset[str], flags: Sequence[Flag]) -> frozenset[str]:
        """Return the live signals that were told and are not kept."""
        if row.basis not in ON_AN_ANSWER or (self._store_live and not hide_live(flags)):
            return frozenset()
        return signals & LIVE_SIGNALS

    def _missed(self, row: Row, signals: frozenset[str]) -> frozenset[str]:
        """Return the signals that other rules could have had bought."""
        if row.basis in NOTHING_TO_BUY or signals >= self._could:
            return frozenset()
        missed = self._could - signals - {"country"}
        if not (self._asks_names and row.country == "US"):
            missed -= {"caller"}
        return missed if self._sends_ips and row.ip_address else missed - {"ip_match"}


def _in_vain(insight: Insight) -> frozenset[str]:
    """Return the signals that were asked for and could not be told."""
    reasons = insight.missing.items()
    return frozenset(signal for signal, reason in reasons if reason != "not_asked")


def _flags(first: int, last: int) -> Mapping[int, list[Flag]]:
    """Return the flags of the records with the keys from `first` to `last`."""
    columns = ("record_id", "code", "group", "weight", "counted", "shadow", "live", "message")
    rows = RiskFlag.objects.filter(record__gte=first, record__lte=last).order_by("pk")
    found: dict[int, list[Flag]] = defaultdict(list)
    for row in rows.values_list(*columns, "evidence"):
        pk, code, group, weight, counted, shadow, live, message, evidence = row
        flag = Flag(
            code=code,
            group=group,
            weight=weight,
            counted=counted,
            shadow=shadow,
            message=message,
            params=evidence,
            live=live,
        )
        found[pk].append(flag)
    return found


def hide_live(flags: Iterable[Flag]) -> bool:
    """Whether one of `flags` was found in live facts whose details are not kept."""
    return any(flag.code == LIVE_CODE for flag in flags)


def _is_refused(row: Row) -> bool:
    """Whether the provider has refused the number as a number."""
    return bool(row.lookup_number_refused) and row.lookup_state not in ANSWERED_STATES


def _by_number(row: Row) -> tuple[Insight, frozenset[str]]:
    case = grounds.local(row, row.basis)
    if row.basis in ON_AN_ANSWER:
        return grounds.refused(case.insight, row.lookup_status), case.signals
    return case.insight, case.signals


def _could_be_bought() -> frozenset[str]:
    """Return the signals of the provider at the highest level that is asked."""
    provider, level = loading.provider(), app_settings.LEVEL
    if level not in LEVELS:
        level = provider.levels[-1]
    return provider.signals.get(level, frozenset())


def _insight_of_columns(record: NumberInsightRecord) -> Insight:
    """Return the insight in the columns of `record`, whose lookup is gone or erased."""
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
