"""Writing rows by the hundred thousand: COPY on PostgreSQL, prepared INSERTs elsewhere."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.management.color import no_style
from django.db import models

Row = list[Any]


class Table:
    """The table of `model` in the database of `connection`, to be filled with whole rows."""

    def __init__(self, model: type[models.Model], connection: Any) -> None:
        self.model, self.connection = model, connection
        self.fields = model._meta.concrete_fields
        self.places = {field.attname: place for place, field in enumerate(self.fields)}

    @property
    def name(self) -> str:
        """The quoted name of the table."""
        name: str = self.connection.ops.quote_name(self.model._meta.db_table)
        return name

    def row(self, instance: models.Model) -> Row:
        """Return `instance` as the database would hold it."""
        return [self._value(field, instance) for field in self.fields]

    def time(self, moment: Any) -> Any:
        """Return an aware time as the database would hold it."""
        return self.connection.ops.adapt_datetimefield_value(moment)

    def last_key(self) -> int:
        """Return the highest primary key; 0 in an empty table."""
        rows = self.model._base_manager.using(self.connection.alias)
        return rows.aggregate(last=models.Max("pk"))["last"] or 0

    def write(self, rows: Iterable[Sequence[Any]]) -> None:
        """Write `rows`, whose primary keys are set."""
        quote = self.connection.ops.quote_name
        columns = ", ".join(quote(field.column) for field in self.fields)
        table = f"{self.name} ({columns})"
        with self.connection.cursor() as cursor:
            if self.connection.vendor == "postgresql":
                with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
                return
            marks = ", ".join(["%s"] * len(self.fields))
            cursor.executemany(f"INSERT INTO {table} VALUES ({marks})", list(rows))

    def let_keys_go_on(self) -> None:
        """Let the database number new rows after the last one."""
        with self.connection.cursor() as cursor:
            for line in self.connection.ops.sequence_reset_sql(no_style(), [self.model]):
                cursor.execute(line)

    def refresh_statistics(self) -> None:
        """Let the planner know how large the table has become."""
        with self.connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {self.name}")

    def _value(self, field: Any, instance: models.Model) -> Any:
        value = getattr(instance, field.attname)
        if isinstance(field, models.JSONField):
            return None if value is None else json.dumps(value)
        return field.get_db_prep_save(value, self.connection)
