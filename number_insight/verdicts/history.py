"""History: the events before signups, counted in one statement for a batch of them.

It is raw SQL, since the ORM would send a query for each of nine facts, and building these queries
cost a callback more time than all its writes. Each subquery is bounded and uses an index.
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
from number_insight.transactions import as_json
from number_insight.verdicts.lists import Lists

Signups = Sequence[tuple[Any, Insight]]
"""Records, stored or not, each with its insight, whose carrier and country are counted."""
Past = dict[str, Any]
"""Facts of the past, by their names in `rules.base.COSTLY`."""

MOST_COUNTED = 1000
"""The limit of all counts: no rule needs more, and a busy IP must not cause a long scan."""
FEWEST_OF_A_BURST = 10
"""The count in an hour from which it is compared with the day before."""
STATEMENT_SIZE = 50
"""The number of signups in one statement; PostgreSQL spends a second compiling a larger one."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OF_VISITORS = (Source.SIGNUP, Source.CHANGE, Source.API)
"""The sources of visits: not a backfill, with thousands at once, nor a person in the admin."""
AFTER_ALL, NOBODY = 2**63 - 1, -1
"""The key of a signup that is not stored yet, and the content type of no subject."""
TABLES = (NumberInsightRecord._meta.db_table, ListEntry._meta.db_table)
BURSTS = {"carrier_seen_day": "carrier_seen_hour", "country_seen_day": "country_seen_hour"}
"""The counts of the day before, by which a burst is measured, each with the count of the hour."""

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
"""The columns of a signup in the statement, with their types on PostgreSQL; fingerprints follow."""

# NULL equals nothing, so a signup without a value, such as an IP, has a count of 0; said besides
# as a condition on the signup alone, it keeps PostgreSQL from reading any row for it.
# "NOT (number_hash = '')" looks redundant: it is the condition of the partial index, verbatim.
SAME_NUMBER = "(number = {number} OR (NOT (number_hash = '') AND number_hash IN ({hashes})))"
OTHER_NUMBER = f"{SAME_NUMBER} IS NOT TRUE"
# The sum keeps the planner from scanning the primary key.
EARLIER = "id + 0 < {pk}"
SOURCES = tuple(map(str, OF_VISITORS))
VISIT = f"source IN {SOURCES} AND {EARLIER} AND created_at <= {{at}}"
IN_HOUR = f"{VISIT} AND created_at > {{an_hour_before}}"
# As a row with the length the time finds no index of its own. Few numbers of a block are ever seen,
# while the signups of an hour can be thousands.
IN_BLOCK_AND_HOUR = (
    f"number BETWEEN {{block_start}} AND {{block_end}} AND source IN {SOURCES} AND {EARLIER}"
    " AND (LENGTH(number), created_at) > (LENGTH({number}), {an_hour_before})"
    " AND (LENGTH(number), created_at) <= (LENGTH({number}), {at})"
)
IN_DAY = f"{VISIT} AND created_at > {{a_day_before}}"
IN_DAY_BEFORE = (
    f"{VISIT} AND created_at > {{a_day_and_an_hour_before}} AND created_at <= {{an_hour_before}}"
)
OF_OTHERS = (
    f"{EARLIER} AND subject_type_id IS NOT NULL"
    " AND NOT (subject_type_id = {subject_type} AND subject_id = {subject})"
)
# Numbers that were erased, or refused by a form, differ in their fingerprints.
NUMBERS = "DISTINCT number, number_hash"
SUBJECTS = "DISTINCT subject_type_id, subject_id"


def _count(columns: str, where: str) -> str:
    rows = f"SELECT {columns} FROM {{records}} WHERE {where} LIMIT %(most)s"
    return f"(SELECT COUNT(*) FROM ({rows}) AS counted)"


def _is(column: str, given: str) -> str:
    return f"{{{given}}} IS NOT NULL AND {column} = {{{given}}}"


IP, CARRIER, COUNTRY = (
    _is("ip_range", "ip_range"),
    _is("carrier_name", "carrier"),
    _is("country", "country"),
)
FACTS = {
    "number_seen": _count(SUBJECTS, f"{SAME_NUMBER} AND {OF_OTHERS}"),
    "ip_seen": _count(SUBJECTS, f"{IP} AND {OF_OTHERS}"),
    "number_decision": (
        f"COALESCE((SELECT decision FROM {{records}} WHERE {SAME_NUMBER} AND decided_at <= {{at}}"
        " AND decision <> '' AND id <> {pk} ORDER BY decided_at DESC, decision DESC LIMIT 1), '')"
    ),
    "ip_seen_day": _count(NUMBERS, f"{IP} AND {IN_DAY} AND {OTHER_NUMBER}"),
    "block_seen_hour": _count(NUMBERS, f"{IN_BLOCK_AND_HOUR} AND {OTHER_NUMBER}"),
    "carrier_seen_hour": _count("1 AS one", f"{CARRIER} AND {IN_HOUR}"),
    "carrier_seen_day": _count("1 AS one", f"{CARRIER} AND {IN_DAY_BEFORE}"),
    "country_seen_hour": _count("1 AS one", f"{COUNTRY} AND {IN_HOUR}"),
    "country_seen_day": _count("1 AS one", f"{COUNTRY} AND {IN_DAY_BEFORE}"),
    "listed": "EXISTS (SELECT 1 FROM {lists})",
}
"""The subquery of each fact; for the lists only whether there is an entry."""


def pasts(signups: Signups, names: Collection[str]) -> list[Past]:
    """Return the past of each signup: the facts `names` of `rules.base.COSTLY`, as of its time.

    It takes one statement for `STATEMENT_SIZE` signups, a second one to count the day before if the
    last hour was busy, and a third one to read the lists, in the same database, if they have
    entries.
    """
    parts = (signups[at : at + STATEMENT_SIZE] for at in range(0, len(signups), STATEMENT_SIZE))
    return [past for part in parts for past in _pasts(part, names)]


def most_usual(in_hour: int) -> int:
    """Return the count of a day in which `in_hour` is average; a higher one changes nothing."""
    return in_hour * 24 + 24


def _pasts(signups: Signups, names: Collection[str]) -> Iterable[Past]:
    days = BURSTS.keys() & names
    hours = {BURSTS[name] for name in days}
    counted = _query(signups, {*names, *hours} - days, most=MOST_COUNTED)
    if days:
        _add_days_before(signups, counted, days)
    if "listed" in names:
        _add_listed(signups, counted)
    return ({name: past[name] for name in names} for past in counted)


def _add_days_before(signups: Signups, pasts: Sequence[Past], names: Collection[str]) -> None:
    """Add the counts of the day before to each of `pasts` whose last hour was busy, else 0."""
    busy = [
        (signup, past)
        for signup, past in zip(signups, pasts, strict=True)
        if any(past[BURSTS[name]] >= FEWEST_OF_A_BURST for name in names)
    ]
    most = most_usual(max((past[BURSTS[name]] for _, past in busy for name in names), default=0))
    counted = _query([signup for signup, _past in busy], names, most=most)
    for past in pasts:
        past.update(dict.fromkeys(names, 0))
    for (_signup, past), counts in zip(busy, counted, strict=True):
        for name in names:
            in_hour = past[BURSTS[name]]
            if in_hour >= FEWEST_OF_A_BURST:
                past[name] = min(counts[name], most_usual(in_hour))


def _add_listed(signups: Signups, pasts: Sequence[Past]) -> None:
    """Add the matching list entries to each of `pasts`, without a query if there are no entries."""
    ips = [addresses.public_ip(record.ip_address) for record, _insight in signups]
    if any(past["listed"] for past in pasts):
        lists = Lists.around({record.number for record, _insight in signups}, filter(None, ips))
    else:
        lists = Lists()
    for (record, insight), ip, past in zip(signups, ips, pasts, strict=True):
        past["listed"] = lists.matching(record.number, ip=ip, insight=insight)


def _query(signups: Signups, names: Collection[str], *, most: int) -> list[Past]:
    """Return the facts `names` of each signup, in one statement."""
    if not signups or not names:
        return [{} for _signup in signups]
    connection = connections[router.db_for_read(NumberInsightRecord)]
    hashes, facts = len(app_settings.FINGERPRINT_KEYS), tuple(sorted(names))
    rows = [_columns(record, insight, hashes, connection) for record, insight in signups]
    statement, values = _statement(connection, facts, rows, hashes)
    with connection.cursor() as cursor:
        cursor.execute(statement, {"most": most, **values})
        found = {nth: dict(zip(facts, row, strict=True)) for nth, *row in cursor.fetchall()}
    return [found[nth] for nth in range(len(signups))]


def _columns(
    record: Any, insight: Insight, hashes: int, connection: BaseDatabaseWrapper
) -> Mapping[str, Any]:
    """Return the columns of one signup, as values for the database."""
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
        # Cut as on records.
        "carrier": (carrier.name or "")[:200] or None if carrier else None,
        "country": insight.country or None,
        **{name: time.get_db_prep_value(moment, connection) for name, moment in moments.items()},
        **{f"hash_{nth}": value for nth, value in enumerate(same)},
    }


def _column(name: str) -> Field[Any, Any]:
    return cast("Field[Any, Any]", NumberInsightRecord._meta.get_field(name))


def _statement(
    connection: BaseDatabaseWrapper,
    facts: tuple[str, ...],
    signups: Sequence[Mapping[str, Any]],
    hashes: int,
) -> tuple[str, Mapping[str, Any]]:
    """Return the statement on the columns of `signups`, and its values."""
    quoted = dict(zip(("records", "lists"), map(connection.ops.quote_name, TABLES), strict=True))
    if connection.vendor == "postgresql":
        moment = "timestamptz" if settings.USE_TZ else "timestamp"
        rows = [{"nth": nth, **columns} for nth, columns in enumerate(signups)]
        is_single = len(rows) == 1
        document = {"signups": as_json(rows), "count": len(rows)}
        statement = _from_table(facts, hashes, moment, is_single=is_single, **quoted)
        return statement, rows[0] if is_single else document
    values = {
        f"{name}_{nth}": value
        for nth, columns in enumerate(signups)
        for name, value in columns.items()
    }
    return _one_by_one(facts, len(signups), hashes, **quoted), values


@lru_cache
def _from_table(
    facts: tuple[str, ...], hashes: int, moment: str, *, is_single: bool, **tables: str
) -> str:
    """Return the statement on a table of the signups, so that it is planned once.

    The table is one JSON document: a parameter for each column of each signup would cost the driver
    more time than the answer. A single signup is a row of constants, whose frequencies the planner
    knows.
    """
    types = {"nth": "integer"} | COLUMNS | {f"hash_{nth}": "text" for nth in range(hashes)}
    types = {name: moment if kind == MOMENT else kind for name, kind in types.items()}
    if is_single:
        row = ", ".join(f"%({name})s::{kind} AS {name}" for name, kind in types.items())
    else:
        columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
        # The planner would guess that there are a hundred, and compile the statement for them.
        row = f"* FROM jsonb_to_recordset(%(signups)s::jsonb) AS given ({columns}) LIMIT %(count)s"
    parts = _parts(facts, {name: f"signup.{name}" for name in types}, hashes, tables)
    return f"SELECT nth, {parts} FROM (SELECT {row}) AS signup"


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
