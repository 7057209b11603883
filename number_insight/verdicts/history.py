"""History: what had happened before signups, counted in one statement for all of them.

Written in SQL, since the ORM would send a query for each of nine facts, and building these queries
cost a callback more than all its writes. Every part is bounded and served by an index.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import lru_cache
from typing import Any, cast

from django.conf import settings
from django.db import connections, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field
from django.utils import timezone

from number_insight import addresses
from number_insight.conf import app_settings
from number_insight.insight import Insight
from number_insight.models import ListEntry, NumberInsightRecord
from number_insight.models.choices import Source
from number_insight.models.fingerprints import fingerprints
from number_insight.verdicts.lists import Lists

Signups = Sequence[tuple[Any, Insight]]
"""Records, stored or not, each with the insight in whose light its past is counted."""
Past = dict[str, Any]
"""What was found, by its name in `rules.base.COSTLY`."""

MOST_COUNTED = 1000
"""Counting others stops here: no rule asks for more, and a busy IP must not cost a long scan."""
FEWEST_OF_A_BURST = 10
"""Below this it is not asked how much was usual the day before."""
STATEMENT_SIZE = 50
"""Signups of one statement. PostgreSQL compiles a dearer one first, which takes a second."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OF_VISITORS = (Source.SIGNUP, Source.CHANGE, Source.API)
"""A backfill brings thousands at once, and a colleague in the admin is not the visitor."""
AFTER_ALL, NOBODY = 2**63 - 1, -1
"""Keys that no row has: of a signup that is not stored yet, and of a kind of no subject."""
TABLES = (NumberInsightRecord._meta.db_table, ListEntry._meta.db_table)
BURSTS = {"carrier_seen_day": "carrier_seen_hour", "country_seen_day": "country_seen_hour"}
"""What says how much was usual the day before, and what makes it worth asking."""

MOMENT = "moment"
COLUMNS = {
    "pk": "bigint",
    "number": "text",
    "block_start": "text",
    "block_end": "text",
    "subject_type": "bigint",
    "subject": "text",
    "ip_range": "text",
    "carrier": "text",
    "country": "text",
    "at": MOMENT,
    "an_hour_before": MOMENT,
    "a_day_before": MOMENT,
    "a_day_and_an_hour_before": MOMENT,
}
"""What is said of each signup, besides its fingerprints, and its type on PostgreSQL."""

# A value that is None stands for NULL, which equals nothing: what cannot be asked counts nobody.
# What seems to say nothing new is the condition of the partial index, word for word.
SAME_NUMBER = "(number = {number} OR (NOT (number_hash = '') AND number_hash IN ({hashes})))"
OTHER_NUMBER = f"{SAME_NUMBER} IS NOT TRUE"
# The sum keeps a planner from reading half of the primary key.
EARLIER = "id + 0 < {pk}"
VISIT = f"source IN {tuple(map(str, OF_VISITORS))} AND {EARLIER} AND created_at <= {{at}}"
IN_HOUR = f"{VISIT} AND created_at > {{an_hour_before}}"
IN_DAY = f"{VISIT} AND created_at > {{a_day_before}}"
IN_DAY_BEFORE = (
    f"{VISIT} AND created_at > {{a_day_and_an_hour_before}} AND created_at <= {{an_hour_before}}"
)
OF_OTHERS = (
    f"{EARLIER} AND subject_type_id IS NOT NULL"
    " AND NOT (subject_type_id = {subject_type} AND subject_id = {subject})"
)
# Numbers that were erased, or refused by a form, are told apart by their fingerprints.
NUMBERS = "DISTINCT number, number_hash"
SUBJECTS = "DISTINCT subject_type_id, subject_id"


def _count(what: str, where: str) -> str:
    rows = f"SELECT {what} FROM {{records}} WHERE {where} LIMIT %(most)s"
    return f"(SELECT COUNT(*) FROM ({rows}) AS counted)"


FACTS = {
    "number_seen": _count(SUBJECTS, f"{SAME_NUMBER} AND {OF_OTHERS}"),
    "ip_seen": _count(SUBJECTS, f"ip_range = {{ip_range}} AND {OF_OTHERS}"),
    "number_decision": (
        f"COALESCE((SELECT decision FROM {{records}} WHERE {SAME_NUMBER} AND decided_at <= {{at}}"
        " AND decision <> '' AND id <> {pk} ORDER BY decided_at DESC, decision DESC LIMIT 1), '')"
    ),
    "ip_seen_day": _count(NUMBERS, f"ip_range = {{ip_range}} AND {IN_DAY} AND {OTHER_NUMBER}"),
    "block_seen_hour": _count(
        NUMBERS,
        "number BETWEEN {block_start} AND {block_end} AND LENGTH(number) = LENGTH({number})"
        f" AND {IN_HOUR} AND {OTHER_NUMBER}",
    ),
    "carrier_seen_hour": _count("1 AS one", f"carrier_name = {{carrier}} AND {IN_HOUR}"),
    "carrier_seen_day": _count("1 AS one", f"carrier_name = {{carrier}} AND {IN_DAY_BEFORE}"),
    "country_seen_hour": _count("1 AS one", f"country = {{country}} AND {IN_HOUR}"),
    "country_seen_day": _count("1 AS one", f"country = {{country}} AND {IN_DAY_BEFORE}"),
    "listed": "EXISTS (SELECT 1 FROM {lists})",
}
"""What is asked for each fact; of the lists only whether there is an entry."""


def pasts(signups: Signups, names: Collection[str]) -> list[Past]:
    """Return of each of `signups` what `names` name of `rules.base.COSTLY`, as it was at the time.

    It takes one statement for `STATEMENT_SIZE` signups. A second asks what was usual, where the
    last hour was busy; and a third asks the lists, which have to be in the same database, where
    there are entries.
    """
    parts = (signups[at : at + STATEMENT_SIZE] for at in range(0, len(signups), STATEMENT_SIZE))
    return [past for part in parts for past in _pasts(part, names)]


def most_usual(in_hour: int) -> int:
    """Return how many the day before make `in_hour` an average hour: more need not be counted."""
    return in_hour * 24 + 24


def _pasts(signups: Signups, names: Collection[str]) -> Iterable[Past]:
    days = BURSTS.keys() & names
    found = _asked(signups, {*names, *map(BURSTS.__getitem__, days)} - days, most=MOST_COUNTED)
    if days:
        _add_days_before(signups, found, days)
    if "listed" in names:
        _add_listed(signups, found)
    return ({name: past[name] for name in names} for past in found)


def _add_days_before(signups: Signups, pasts: Sequence[Past], names: Collection[str]) -> None:
    """Add what was usual the day before to each of `pasts` whose last hour was busy, else 0."""
    busy = [
        (signup, past)
        for signup, past in zip(signups, pasts, strict=True)
        if any(past[BURSTS[name]] >= FEWEST_OF_A_BURST for name in names)
    ]
    most = most_usual(max((past[BURSTS[name]] for _, past in busy for name in names), default=0))
    usual = _asked([signup for signup, _past in busy], names, most=most)
    for past in pasts:
        past.update(dict.fromkeys(names, 0))
    for (_signup, past), counts in zip(busy, usual, strict=True):
        for name in names:
            in_hour = past[BURSTS[name]]
            if in_hour >= FEWEST_OF_A_BURST:
                past[name] = min(counts[name], most_usual(in_hour))


def _add_listed(signups: Signups, pasts: Sequence[Past]) -> None:
    """Add the entries that fit to each of `pasts`; without any entries nothing is asked."""
    ips = [addresses.public_ip(record.ip_address) for record, _insight in signups]
    if any(past["listed"] for past in pasts):
        lists = Lists.around({record.number for record, _insight in signups}, filter(None, ips))
    else:
        lists = Lists(ListEntry.objects.none())
    for (record, insight), ip, past in zip(signups, ips, pasts, strict=True):
        past["listed"] = lists.matching(record.number, ip=ip, insight=insight)


def _asked(signups: Signups, names: Collection[str], *, most: int) -> list[Past]:
    """Return what the database says of `names` for each of `signups`, in one statement."""
    if not signups or not names:
        return [{} for _signup in signups]
    connection = connections[router.db_for_read(NumberInsightRecord)]
    hashes = len(app_settings.FINGERPRINT_KEYS)
    facts = tuple(sorted(names))
    values = {"most": most}
    for nth, (record, insight) in enumerate(signups):
        told = _told(record, insight, hashes, connection)
        values |= {f"{name}_{nth}": value for name, value in told.items()}
    with connection.cursor() as cursor:
        cursor.execute(_statement(connection, facts, len(signups), hashes), values)
        found = {nth: dict(zip(facts, row, strict=True)) for nth, *row in cursor.fetchall()}
    return [found[nth] for nth in range(len(signups))]


def _told(
    record: Any, insight: Insight, hashes: int, connection: BaseDatabaseWrapper
) -> Mapping[str, Any]:
    """Return the columns of one signup, in the words of the database."""
    number, at, carrier = record.number or None, record.created_at, insight.current_carrier
    at = at or timezone.now()
    is_visit = record.source in OF_VISITORS and not record.number_hash
    moments = {
        "at": at,
        "an_hour_before": at - HOUR if is_visit else None,
        "a_day_before": at - DAY if is_visit else None,
        "a_day_and_an_hour_before": at - DAY - HOUR if is_visit else None,
    }
    same = [record.number_hash] * hashes if record.number_hash else fingerprints(record.number)
    time, ip = _column("created_at"), addresses.public_ip(record.ip_address)
    return {
        "pk": AFTER_ALL if record.pk is None else record.pk,
        "number": number,
        "block_start": number and f"{number[:-2]}00",
        "block_end": number and f"{number[:-2]}99",
        "subject_type": (record.subject_id and record.subject_type_id) or NOBODY,
        "subject": record.subject_id,
        "ip_range": addresses.range_of(ip) if ip else None,
        # As records keep it.
        "carrier": (carrier.name or "")[:200] or None if carrier else None,
        "country": insight.country or None,
        **{name: time.get_db_prep_value(moment, connection) for name, moment in moments.items()},
        **{f"hash_{nth}": value for nth, value in enumerate(same)},
    }


def _column(name: str) -> Field[Any, Any]:
    return cast("Field[Any, Any]", NumberInsightRecord._meta.get_field(name))


def _statement(
    connection: BaseDatabaseWrapper, facts: tuple[str, ...], signups: int, hashes: int
) -> str:
    quoted = dict(zip(("records", "lists"), map(connection.ops.quote_name, TABLES), strict=True))
    if connection.vendor == "postgresql":
        moment = "timestamptz" if settings.USE_TZ else "timestamp"
        return _from_values(facts, signups, hashes, moment, **quoted)
    return _one_by_one(facts, signups, hashes, **quoted)


@lru_cache
def _from_values(
    facts: tuple[str, ...], signups: int, hashes: int, moment: str, **tables: str
) -> str:
    """Return the statement with the signups as a table, so that it is planned once for all."""
    types = COLUMNS | {f"hash_{nth}": "text" for nth in range(hashes)}
    types = {name: moment if kind == MOMENT else kind for name, kind in types.items()}
    rows = ", ".join(
        f"({nth}, {', '.join(f'%({name}_{nth})s::{kind}' for name, kind in types.items())})"
        for nth in range(signups)
    )
    table = f"signup (nth, {', '.join(types)}) AS (VALUES {rows})"
    parts = _parts(facts, {name: f"signup.{name}" for name in types}, hashes, tables)
    return f"WITH {table} SELECT nth, {parts} FROM signup"


@lru_cache
def _one_by_one(facts: tuple[str, ...], signups: int, hashes: int, **tables: str) -> str:
    """Return the statement for databases in which a derived table may not refer to another."""
    names = [*COLUMNS, *(f"hash_{nth}" for nth in range(hashes))]
    return " UNION ALL ".join(
        f"SELECT {nth}, "
        + _parts(facts, {name: f"%({name}_{nth})s" for name in names}, hashes, tables)
        for nth in range(signups)
    )


def _parts(
    facts: Iterable[str], places: Mapping[str, str], hashes: int, tables: Mapping[str, str]
) -> str:
    same = ", ".join(places[f"hash_{nth}"] for nth in range(hashes))
    return ", ".join(FACTS[name].format(hashes=same, **places, **tables) for name in facts)
