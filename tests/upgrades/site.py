"""A site that ran 0.1.0: a hundred thousand signups, as copies of the rows in `SITE`.

The rows go to the tables as SQL, past today's models, and are the same in each run.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from typing import Any

from django.db import connection, transaction

from tests.upgrades.capture import SITE

Row = dict[str, Any]

APP = "number_insight"
RECORDS, LOOKUPS = f"{APP}_numberinsightrecord", f"{APP}_lookup"
FLAGS, EVENTS = f"{APP}_riskflag", f"{APP}_decisionevent"
COUNT = 100_000
USERS = 1000
START = datetime(2026, 9, 1)
APART = timedelta(minutes=1)
BATCH = 2000
DAY = "2026-09-01 00:00:00"
USER: Mapping[str, Any] = {
    "password": "!",
    "is_superuser": False,
    "is_staff": False,
    "is_active": True,
    "first_name": "",
    "last_name": "",
    "email": "",
    "last_login": None,
    "date_joined": DAY,
}


class Site:
    """The rows of `COUNT` signups; the n-th one is a copy of one of the captured records."""

    def __init__(self) -> None:
        captured = json.loads(SITE.read_text(encoding="utf-8"))
        self.rules: list[dict[str, Any]] = captured["rules"]
        self.tables: dict[str, list[Row]] = captured["tables"]
        self.samples = self.tables[RECORDS]
        self._settled = [row for row in self.samples if row["verdict"] != "pending"]
        self._lookups = {row["id"]: row for row in self.tables[LOOKUPS]}
        self._flags = self._by_record(FLAGS)
        self._events = self._by_record(EVENTS)

    def _by_record(self, table: str) -> dict[int, list[Row]]:
        rows = self.tables[table]
        return {
            sample["id"]: [row for row in rows if row["record_id"] == sample["id"]]
            for sample in self.samples
        }

    def counted(self, key: Callable[[Row], Any]) -> Counter[Any]:
        """Return how many signups have which `key` of their record."""
        return Counter(key(self.sample(nth)) for nth in range(COUNT))

    def sample(self, nth: int) -> Row:
        """Return the captured record of which the n-th signup is a copy.

        The first signups are all of them; after those nobody waits for a verdict.
        """
        is_first = nth < len(self.samples)
        return self.samples[nth] if is_first else self._settled[nth % len(self._settled)]

    def record(self, nth: int) -> Row:
        """Return the row of the n-th record."""
        sample = self.sample(nth)
        return self._later(sample, nth, sample) | {
            "id": nth + 1,
            "number": self.number(nth),
            "lookup_id": sample["lookup_id"] and nth + 1,
            "subject_id": sample["subject_id"] and str(nth % USERS + 1),
        }

    def lookup(self, nth: int) -> Row | None:
        """Return the row of its lookup, if it has one."""
        sample = self.sample(nth)
        if sample["lookup_id"] is None:
            return None
        row, number = self._lookups[sample["lookup_id"]], self.number(nth)
        insight = row["insight"] and row["insight"].replace(row["number"] or " ", number)
        return self._later(row, nth, sample) | {
            "id": nth + 1,
            "number": number,
            "insight": insight,
            "request_id": f"{nth:032x}",
            "open_key": row["open_key"] and f"{row['open_key']}/{nth}",
        }

    def flags(self, nth: int) -> list[Row]:
        """Return the rows of its flags."""
        rows = self._flags[self.sample(nth)["id"]]
        return [{**row, "record_id": nth + 1} for row in rows]

    def events(self, nth: int) -> list[Row]:
        """Return the rows of the history of its decision."""
        sample = self.sample(nth)
        rows = self._events[sample["id"]]
        return [{**self._later(row, nth, sample), "record_id": nth + 1} for row in rows]

    def number(self, nth: int) -> str:
        """Return the number of the n-th signup; the last two digits say how it is answered."""
        number: str = self.sample(nth)["number"]
        if not number or self.sample(nth)["basis"] == "listed":
            return number
        return f"{number[:7]}{nth // len(self.samples) % 1000:03d}{number[10:]}"

    def _later(self, row: Row, nth: int, sample: Row) -> Row:
        """Return `row` with its times moved to those of the n-th signup."""
        moved = START + nth * APART - _moment(sample["created_at"])
        times = {name: value for name, value in row.items() if value and name in TIMES}
        return row | {name: str(_moment(value) + moved) for name, value in times.items()}

    def rest(self) -> Iterator[tuple[str, list[Row]]]:
        """Yield the tables that do not grow with the signups, as they were captured."""
        for table, rows in self.tables.items():
            if table not in (RECORDS, LOOKUPS, FLAGS, EVENTS):
                yield table, rows

    @transaction.atomic
    def write(self) -> None:
        """Insert all rows; the tables are those of the first migration."""
        everybody = range(COUNT)
        users = ({**USER, "id": key, "username": f"u{key}"} for key in range(1, USERS + 1))
        insert("auth_user", users)
        insert(LOOKUPS, (row for nth in everybody if (row := self.lookup(nth))))
        kind = _content_type()
        insert(RECORDS, (self.record(nth) | {"subject_type_id": kind} for nth in everybody))
        insert(FLAGS, _numbered(row for nth in everybody for row in self.flags(nth)))
        insert(EVENTS, _numbered(row for nth in everybody for row in self.events(nth)))
        for table, rows in self.rest():
            insert(table, rows)


TIMES = {
    *("created_at", "screened_at", "decided_at", "claimed_at", "labelled_at", "live_until"),
    *("answered_at", "called_at", "lease_until", "next_try_at", "at"),
}
"""The columns that hold a time."""


@cache
def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _numbered(rows: Iterable[Row]) -> Iterator[Row]:
    return ({**row, "id": key} for key, row in enumerate(rows, start=1))


def _content_type() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM django_content_type WHERE app_label = 'auth' AND model = 'user'"
        )
        return int(cursor.fetchone()[0])


def insert(table: str, rows: Iterable[Row]) -> None:
    """Insert `rows`, which have the same columns; on PostgreSQL let the keys go on after them."""
    left = iter(rows)
    first = list(islice(left, 1))
    names = sorted(first[0])
    values = (tuple(row[name] for name in names) for part in (first, left) for row in part)
    quote = connection.ops.quote_name
    into = f"{quote(table)} ({', '.join(map(quote, names))})"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {into} FROM STDIN") as copy:
                for row in values:
                    copy.write_row(row)
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), MAX(id)) FROM {table}"
            )
            return
        holes = ", ".join(["%s"] * len(names))
        while batch := list(islice(values, BATCH)):
            cursor.executemany(f"INSERT INTO {into} VALUES ({holes})", batch)
