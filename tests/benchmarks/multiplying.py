"""Multiplies the signups of a database by SQL, so that a million of them take a minute or so.

Each signup becomes `times`, which follow one another in time and in their keys, as if so many had
come instead of one. The last four digits of the numbers differ, and with them the answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models

from number_insight.models import Lookup, NumberInsightRecord, RiskFlag
from tests.benchmarks.bulk import Table

KEY = "(b.{column} - 1) * {times} + copy + 1"
"""The key of a copy: those of one row lie side by side."""
TIME = "b.{column} + copy * interval '{gap} seconds'"
OTHER = "overlay({text} placing lpad(((right({text}, 4)::int + copy * 197) % 10000)::text, 4, '0')"
OTHER += " from length({text}) - 3 for 4)"
STEP = 61
"""The step through the visitors' addresses, so that not all copies have the same."""


class Multiplier:
    """Multiplies rows by `times`; the copies of one row are `gap` seconds apart."""

    def __init__(self, subject: type[models.Model], phone: str, times: int, gap: float) -> None:
        self._subject, self._phone = subject, phone
        self._times, self._gap = times, gap

    def run(self, connection: Any) -> None:
        """Replace the rows of each table by their copies."""
        changed: Mapping[type[models.Model], Mapping[str, str]] = {
            self._subject: {"id": self._key("id"), self._phone: self._number(self._phone)},
            Lookup: self._of_lookups(),
            NumberInsightRecord: self._of_records(),
            RiskFlag: {"id": self._key("id"), "record_id": self._key("record_id")},
        }
        tables = {model: Table(model, connection) for model in changed}
        with connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit = off")
            for model, table in tables.items():
                cursor.execute(
                    f'CREATE TEMP TABLE "b_{model._meta.db_table}" AS TABLE {table.name}'
                )
            cursor.execute(f"TRUNCATE {', '.join(table.name for table in tables.values())} CASCADE")
            for model, table in tables.items():
                cursor.execute(self._statement(table, changed[model]))
            cursor.execute("DISCARD TEMP")
        for table in tables.values():
            table.let_keys_go_on()
            table.refresh_statistics()

    def _statement(self, table: Table, changed: Mapping[str, str]) -> str:
        columns = [field.column for field in table.fields]
        values = ", ".join(changed.get(column, f'b."{column}"') for column in columns)
        named = ", ".join(f'"{column}"' for column in columns)
        copies = f"generate_series(0, {self._times - 1}) AS copy"
        base = f'"b_{table.model._meta.db_table}" AS b'
        return (
            f"INSERT INTO {table.name} ({named}) "
            f"SELECT {values} FROM {base} CROSS JOIN {copies} ORDER BY b.id, copy"
        )

    def _of_lookups(self) -> dict[str, str]:
        times = ("created_at", "called_at", "answered_at")
        insight = f"replace(b.insight::text, b.number, {self._number('number')})::jsonb"
        request = f"lpad(to_hex({self._key('id')}), 32, '0')"
        return {
            "id": self._key("id"),
            "number": self._number("number"),
            "insight": insight,
            "request_id": request,
            **{column: self._time(column) for column in times},
        }

    def _of_records(self) -> dict[str, str]:
        subject = KEY.format(column="subject_id::bigint", times=self._times)
        times = ("created_at", "screened_at", "decided_at")
        return {
            "id": self._key("id"),
            "number": self._number("number"),
            "lookup_id": self._key("lookup_id"),
            "subject_id": f"({subject})::text",
            "ip_address": self._ip(),
            "ip_range": f"coalesce(host({self._ip()}), '')",
            **{column: self._time(column) for column in times},
        }

    def _key(self, column: str) -> str:
        return KEY.format(column=column, times=self._times)

    def _time(self, column: str) -> str:
        return TIME.format(column=column, gap=self._gap)

    def _number(self, column: str) -> str:
        return OTHER.format(text=f"b.{column}")

    def _ip(self) -> str:
        """Return another address with the same first, third and last byte."""
        first, second, third, last = (
            f"split_part(host(b.ip_address), '.', {place})" for place in range(1, 5)
        )
        moved = f"(({second}::int + copy * {STEP}) % 64 + 64)"
        return f"({first} || '.' || {moved} || '.' || {third} || '.' || {last})::inet"
