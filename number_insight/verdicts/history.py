"""History: what had happened before one signup, asked of the database in one statement.

Written in SQL, since the ORM would send a query for each of nine facts, and building these queries
cost a callback more than all its writes. What it says is what PostgreSQL and SQLite agree on, and
every part is bounded and served by an index. `pasts` tells a batch the same:
``tests/rules/test_pasts.py`` compares the two.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any, cast

from django.db import connections, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field
from django.utils import timezone

from number_insight import addresses
from number_insight.insight import Insight
from number_insight.models import ListEntry, NumberInsightRecord
from number_insight.models.choices import Source
from number_insight.models.fingerprints import fingerprints
from number_insight.rules.base import COSTLY, Listing
from number_insight.verdicts import lists

MOST_COUNTED = 1000
"""Counting others stops here: no rule asks for more, and a busy IP must not cost a long scan."""
FEWEST_OF_A_BURST = 10
"""Below this it is not asked how much was usual the day before."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OF_VISITORS = (Source.SIGNUP, Source.CHANGE, Source.API)
"""A backfill brings thousands at once, and a colleague in the admin is not the visitor."""
AFTER_ALL, NOBODY = 2**63 - 1, -1
"""Keys that no row has: of a signup that is not stored yet, and of a kind of no subject."""
TABLES = (NumberInsightRecord._meta.db_table, ListEntry._meta.db_table)
BURSTS = {"carrier_seen_day": "carrier_seen_hour", "country_seen_day": "country_seen_hour"}
"""What says how much was usual the day before, and what makes it worth asking."""

# A value that is None stands for NULL, which equals nothing: what cannot be asked counts nobody.
# What seems to say nothing new is the condition of the partial index, word for word.
SAME_NUMBER = "(number = %(number)s OR (NOT (number_hash = '') AND number_hash IN ({hashes})))"
OTHER_NUMBER = f"{SAME_NUMBER} IS NOT TRUE"
EARLIER = "id < %(pk)s"
VISIT = f"source IN {tuple(map(str, OF_VISITORS))} AND {EARLIER} AND created_at <= %(at)s"
IN_HOUR = f"{VISIT} AND created_at > %(an_hour_before)s"
IN_DAY = f"{VISIT} AND created_at > %(a_day_before)s"
IN_DAY_BEFORE = (
    f"{VISIT} AND created_at > %(a_day_and_an_hour_before)s AND created_at <= %(an_hour_before)s"
)
OF_OTHERS = (
    f"{EARLIER} AND subject_type_id IS NOT NULL"
    " AND NOT (subject_type_id = %(subject_type)s AND subject_id = %(subject)s)"
)
# Numbers that were erased, or refused by a form, are told apart by their fingerprints.
NUMBERS = "DISTINCT number, number_hash"
SUBJECTS = "DISTINCT subject_type_id, subject_id"


def _count(what: str, where: str, most: str = "most") -> str:
    rows = f"SELECT {what} FROM {{records}} WHERE {where} LIMIT %({most})s"
    return f"(SELECT COUNT(*) FROM ({rows}) AS {{name}})"


ASKED = {
    "number_seen": _count(SUBJECTS, f"{SAME_NUMBER} AND {OF_OTHERS}"),
    "ip_seen": _count(SUBJECTS, f"ip_address = %(ip)s AND {OF_OTHERS}"),
    "number_decision": (
        f"COALESCE((SELECT decision FROM {{records}} WHERE {SAME_NUMBER} AND decided_at <= %(at)s"
        " AND decision <> '' AND id <> %(pk)s ORDER BY decided_at DESC, decision DESC LIMIT 1), '')"
    ),
    "ip_seen_day": _count(NUMBERS, f"ip_address = %(ip)s AND {IN_DAY} AND {OTHER_NUMBER}"),
    "block_seen_hour": _count(
        NUMBERS,
        "number BETWEEN %(first_of_block)s AND %(last_of_block)s"
        f" AND LENGTH(number) = %(length)s AND {IN_HOUR} AND {OTHER_NUMBER}",
    ),
    "carrier_seen_hour": _count("1 AS one", f"carrier_name = %(carrier)s AND {IN_HOUR}"),
    "carrier_seen_day": _count(
        "1 AS one", f"carrier_name = %(carrier)s AND {IN_DAY_BEFORE}", "most_carrier_seen_day"
    ),
    "country_seen_hour": _count("1 AS one", f"country = %(country)s AND {IN_HOUR}"),
    "country_seen_day": _count(
        "1 AS one", f"country = %(country)s AND {IN_DAY_BEFORE}", "most_country_seen_day"
    ),
    "listed": "EXISTS (SELECT 1 FROM {lists})",
}
"""What is asked for each fact; of the lists only whether there is an entry."""


def most_usual(in_hour: int) -> int:
    """Return how many the day before make `in_hour` an average hour: more need not be counted."""
    return in_hour * 24 + 24


class Past:
    """What had happened when `record` was made, in the light of `insight`."""

    def __init__(self, record: Any, insight: Insight) -> None:
        self.record, self.insight = record, insight
        self.at: datetime = record.created_at or timezone.now()
        self.ip = addresses.public_ip(record.ip_address)

    @property
    def carrier(self) -> str:
        """The carrier's name as records keep it."""
        carrier = self.insight.current_carrier
        return (carrier.name or "")[:200] if carrier else ""

    def told(self, names: Collection[str]) -> dict[str, Any]:
        """Return what `names` name of `rules.base.COSTLY`.

        It takes one statement. A second asks what was usual, where the last hour was busy; and a
        third asks the lists, which have to be in the same database, where there are entries.
        """
        days = BURSTS.keys() & names
        known = self._asked({*names, *map(BURSTS.__getitem__, days)} - days)
        known |= self._in_days_before(days, known)
        if known.get("listed") is not None:
            known["listed"] = self._listed() if known["listed"] else ()
        return {name: known[name] for name in names}

    def _in_days_before(self, names: Collection[str], known: dict[str, Any]) -> dict[str, Any]:
        in_hour = {name: known[BURSTS[name]] for name in names}
        busy = {name for name in names if in_hour[name] >= FEWEST_OF_A_BURST}
        most = {f"most_{name}": most_usual(in_hour[name]) for name in busy}
        return dict.fromkeys(names, 0) | self._asked(busy, most)

    def _listed(self) -> tuple[Listing, ...]:
        return lists.matching(self.record.number, ip=self.ip, insight=self.insight)

    def _asked(self, names: Collection[str], most: dict[str, int] | None = None) -> dict[str, Any]:
        if not names:
            return {}
        connection = connections[router.db_for_read(NumberInsightRecord)]
        records, lists = map(connection.ops.quote_name, TABLES)
        asked = tuple(sorted(names))
        statement = _statement(asked, len(self._hashes), records=records, lists=lists)
        with connection.cursor() as cursor:
            cursor.execute(statement, self._values(connection) | (most or {}))
            return dict(zip(asked, cursor.fetchone(), strict=True))

    def _values(self, connection: BaseDatabaseWrapper) -> dict[str, Any]:
        """Return what the statement's places are filled with, in the words of the database."""
        record, number, at = self.record, self.record.number or None, self.at
        is_visit = record.source in OF_VISITORS and not record.number_hash
        moments = {
            "at": at,
            "an_hour_before": at - HOUR if is_visit else None,
            "a_day_before": at - DAY if is_visit else None,
            "a_day_and_an_hour_before": at - DAY - HOUR if is_visit else None,
        }
        written = _column("created_at").get_db_prep_value
        return {
            "number": number,
            "length": len(number or ""),
            "first_of_block": number and f"{number[:-2]}00",
            "last_of_block": number and f"{number[:-2]}99",
            "pk": AFTER_ALL if record.pk is None else record.pk,
            "subject_type": (record.subject_id and record.subject_type_id) or NOBODY,
            "subject": record.subject_id,
            "ip": _column("ip_address").get_db_prep_value(self.ip, connection),
            "carrier": self.carrier or None,
            "country": self.insight.country or None,
            "most": MOST_COUNTED,
            **{name: written(moment, connection) for name, moment in moments.items()},
            **{f"hash_{index}": value for index, value in enumerate(self._hashes)},
        }

    @cached_property
    def _hashes(self) -> list[str]:
        if self.record.number_hash:
            return [self.record.number_hash]
        return fingerprints(self.record.number)


def _column(name: str) -> Field[Any, Any]:
    return cast("Field[Any, Any]", NumberInsightRecord._meta.get_field(name))


@lru_cache
def _statement(asked: tuple[str, ...], hashes: int, **tables: str) -> str:
    places = ", ".join(f"%(hash_{index})s" for index in range(hashes))
    parts = (ASKED[name].format(name=name, hashes=places, **tables) for name in asked)
    return f"SELECT {', '.join(parts)}"


def pasts(signups, names):  # type: ignore  # shim
    return [Past(record, insight).told(COSTLY.intersection(names)) for record, insight in signups]
