"""Records of signups that never were: customers, lookups, verdicts and flags in a likely mix.

What is written is what the rules in force make of each kind of number, and every page of the
admin has something to show. Only what the past of a returning number adds is left out: each record
keeps a past in which nothing was, as far as the rules read it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connections, models, transaction
from django.utils import timezone

from number_insight import loading
from number_insight.insight import Insight
from number_insight.models import Lookup, NumberInsightRecord, RiskFlag
from number_insight.providers.personas import answer, persona_named
from number_insight.rules.live import without_live
from number_insight.verdicts import judging, recording, rules_in_force
from number_insight.verdicts.grounds import Case
from tests.benchmarks.bulk import Row, Table

MIX = {
    "clean-mobile": 780,
    "ported": 60,
    "landline": 40,
    "virtual": 40,
    "traveller": 25,
    "roaming-elsewhere": 15,
    "toll-free": 10,
    "premium": 8,
    "pager": 2,
}
"""Of about a thousand signups, how many have which kind of number."""
PLACES = {"+4670": 7, "+4915": 9, "+4479": 8, "+3368": 7, "+1202555": 4}
"""Where the numbers lie: the beginning, and how many digits follow."""
IPS = [f"81.2.{second}.{last}" for second in range(64, 128) for last in range(1, 255)]
SPAN = timedelta(days=80)
"""How far back the oldest signup lies; after 90 days records are erased."""
BATCH = 10_000
RETURNING, DECIDED, WITHOUT_IP = 0.03, 0.4, 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of number from one place, as rows to be copied and then made different."""

    sample: str
    prefix: str
    digits: int
    subject: Row
    lookup: Row
    record: Row
    flags: tuple[Row, ...]


class Population:
    """Signups in bulk, each belonging to a new row of the model of `subject`."""

    def __init__(self, subject: models.Model, phone: str, *, using: str = "default") -> None:
        self._connection = connections[using]
        self._model, self._phone, self._using = type(subject), phone, using
        self._subjects = Table(type(subject), self._connection)
        self._lookups = Table(Lookup, self._connection)
        self._records = Table(NumberInsightRecord, self._connection)
        self._flags = Table(RiskFlag, self._connection)
        self._random = random.Random(self._records.last_key())
        self._kinds = [self._kind(name, place, subject) for name in MIX for place in PLACES]
        self._odds = [odds for odds in MIX.values() for _ in PLACES]
        self._seen: list[str] = []

    def write(self, count: int) -> Iterator[int]:
        """Write `count` signups in batches; yield how many are written so far."""
        rules_in_force.remember()
        keys = [table.last_key() for table in self._tables]
        moments = self._moments(count)
        written = 0
        while batch := list(islice(moments, BATCH)):
            with transaction.atomic(using=self._using):
                self._write_batch(batch, keys)
            written += len(batch)
            yield written
        for table in self._tables:
            table.let_keys_go_on()
            table.refresh_statistics()

    @property
    def _tables(self) -> tuple[Table, ...]:
        return self._subjects, self._lookups, self._records, self._flags

    def _moments(self, count: int) -> Iterator[datetime]:
        start = timezone.now() - SPAN
        return (start + SPAN * (index / count) for index in range(count))

    def _write_batch(self, moments: list[datetime], keys: list[int]) -> None:
        rows: tuple[list[Row], ...] = ([], [], [], [])
        kinds = self._random.choices(self._kinds, self._odds, k=len(moments))
        for moment, kind in zip(moments, kinds, strict=True):
            for place, made in enumerate(self._rows(kind, moment, keys)):
                rows[place].extend(made)
        for table, made in zip(self._tables, rows, strict=True):
            table.write(made)

    def _rows(self, kind: Kind, moment: datetime, keys: list[int]) -> tuple[list[Row], ...]:
        """Return one signup as rows of each table; `keys` are the last ones that were given."""
        for place in range(3):
            keys[place] += 1
        number, at = self._number(kind), self._records.time(moment)
        subject = self._with(self._subjects, kind.subject, id=keys[0], **self._person(number))
        lookup = self._lookup(kind, number, keys[1], at)
        record = self._record(kind, number, keys, at)
        flags = [self._flag(row, keys) for row in kind.flags]
        return [subject], [lookup], [record], flags

    def _with(self, table: Table, row: Row, **changed: Any) -> Row:
        copied = row.copy()
        for name, value in changed.items():
            copied[table.places[name]] = value
        return copied

    def _person(self, number: str) -> dict[str, Any]:
        email = f"customer-{self._random.getrandbits(64):016x}@example.com"
        return {self._phone: number, "email": email}

    def _lookup(self, kind: Kind, number: str, key: int, at: Any) -> Row:
        insight = kind.lookup[self._lookups.places["insight"]].replace(kind.sample, number)
        return self._with(
            self._lookups, kind.lookup, id=key, number=number, insight=insight,
            request_id=f"{key:032x}", created_at=at, called_at=at, answered_at=at,
        )  # fmt: skip

    def _record(self, kind: Kind, number: str, keys: list[int], at: Any) -> Row:
        ip = None if self._random.random() < WITHOUT_IP else self._random.choice(IPS)
        row = self._with(
            self._records, kind.record, id=keys[2], number=number, lookup_id=keys[1],
            subject_id=str(keys[0]), created_at=at, screened_at=at,
            ip_address=ip, ip_range=ip or "",
        )  # fmt: skip
        verdict = row[self._records.places["verdict"]]
        if verdict == "allow" or self._random.random() > DECIDED:
            return row
        decision = "refused" if verdict == "deny" else "released"
        return self._with(self._records, row, decision=decision, decided_at=at)

    def _flag(self, row: Row, keys: list[int]) -> Row:
        keys[3] += 1
        return self._with(self._flags, row, id=keys[3], record_id=keys[2])

    def _number(self, kind: Kind) -> str:
        """Return a new number, or now and then one that has signed up before."""
        if self._seen and self._random.random() < RETURNING:
            return self._seen.pop()
        number = f"{kind.prefix}{self._random.randrange(10**kind.digits):0{kind.digits}d}"
        if len(self._seen) < BATCH:
            self._seen.append(number)
        return number

    def _kind(self, name: str, prefix: str, subject: models.Model) -> Kind:
        digits = PLACES[prefix]
        persona = persona_named(name)
        sample = f"{prefix}{6:0{digits - 2}d}{persona.ending}"
        told = answer(sample, "advanced", ip=IPS[0])
        told = replace(told, national_format=None, request_id="", raw=None)
        record, flags = self._judged(sample, told)
        lookup = Lookup(
            provider=loading.DEFAULT_PROVIDER, number=sample, level="advanced", state="answered",
            attempts=1, status=0, price=told.price, refund=told.refund, currency="EUR",
            insight=told.without_live().as_json(), created_at=timezone.now(),
        )  # fmt: skip
        return Kind(
            sample=sample,
            prefix=prefix,
            digits=digits,
            subject=self._subjects.row(subject),
            lookup=self._lookups.row(lookup),
            record=self._records.row(record),
            flags=tuple(self._flags.row(recording.row_of(0, flag)) for flag in without_live(flags)),
        )

    def _judged(self, number: str, told: Insight) -> tuple[NumberInsightRecord, Any]:
        """Return a record of `number` as the rules judge it, and its flags."""
        kind = ContentType.objects.db_manager(self._using).get_for_model(self._model)
        record = NumberInsightRecord(
            number=number, subject_type=kind, subject_id="0", source="signup", level="advanced",
            field=f"{self._model._meta.label}.{self._phone}", state="screened", basis="answer",
            created_at=timezone.now(), cost=told.price or Decimal(0),
        )  # fmt: skip
        signals = loading.provider().signals["advanced"] - {"caller", "ip_match"}
        case = Case(record=record, insight=told, signals=signals, basis="answer")
        (judged,) = judging.judge([case])
        judgement = judged.judgement
        recording.write_facts(record, judged.insight.without_live())
        record.verdict = record.announced_verdict = judgement.verdict
        record.score, record.not_evaluable = judgement.score, list(judgement.not_evaluable)
        record.history = {name: past for name, past in judged.history.items() if name != "listed"}
        record.rules_key = rules_in_force.key_of(loading.rules())
        return record, judgement.flags
