"""Renames: records follow a field or a model that a migration of the project renames.

A record names the field of its number ("shop.Customer.phone"). As Django does for content types, an
operation that renames it is inserted after the one of the project.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import migrations, models, router
from django.db.migrations.operations.base import Operation
from django.db.models import Value
from django.db.models.functions import Concat, Substr

from number_insight.models.records import NumberInsightRecord

Rename = migrations.RenameField | migrations.RenameModel


class RenameInRecords(Operation):
    """The renaming of a field or a model in the records of its numbers."""

    reduces_to_sql = False

    def __init__(self, rename: Rename) -> None:
        self.rename = rename

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Change nothing: records are no part of the project's state."""

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        old, new = self._names(app_label, from_state)
        self._write(schema_editor.connection, old, new)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        old, new = self._names(app_label, from_state)
        self._write(schema_editor.connection, new, old)

    def describe(self) -> str:
        return f"{self.rename.describe()} in number insight records"

    def _names(self, app_label: str, state: Any) -> tuple[str, str]:
        """Return the old and the new name in records; of a model the part before its fields."""
        rename = self.rename
        if isinstance(rename, migrations.RenameModel):
            return f"{app_label}.{rename.old_name}.", f"{app_label}.{rename.new_name}."
        model = state.models[app_label, rename.model_name_lower].name
        return f"{app_label}.{model}.{rename.old_name}", f"{app_label}.{model}.{rename.new_name}"

    def _write(self, connection: Any, old: str, new: str) -> None:
        table = NumberInsightRecord._meta.db_table
        if not router.allow_migrate_model(connection.alias, NumberInsightRecord):
            return
        if table not in connection.introspection.table_names():
            return
        records = NumberInsightRecord._base_manager.using(connection.alias)
        if old.endswith("."):
            rest = Substr("field", len(old) + 1)
            renamed = Concat(Value(new), rest, output_field=models.CharField())
            records.filter(field__istartswith=old).update(field=renamed)
        else:
            records.filter(field__iexact=old).update(field=new)


def follow(plan: Sequence[tuple[Any, bool]] | None = None, **_kwargs: Any) -> None:
    """Insert a `RenameInRecords` after each renaming operation in the `plan` of a migration."""
    for migration, _is_backward in plan or ():
        migration.operations[:] = list(_followed(migration.operations))


def _followed(operations: Iterable[Any]) -> Iterator[Any]:
    for operation in operations:
        yield operation
        parts = getattr(operation, "state_operations", (operation,))
        yield from (RenameInRecords(part) for part in parts if isinstance(part, Rename))
