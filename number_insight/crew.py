"""A crew: several processes that replay ranges of records side by side.

What a record is judged on lies before it, and is the same in every process, so that the ranges
have nothing to do with one another. Each process counts for itself; the counts are added up.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Iterator, Mapping, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any

from django.conf import settings
from django.db import connections
from django.db.models import QuerySet
from django.db.models.sql import Query

from number_insight import processes
from number_insight.exceptions import ReplayFailed
from number_insight.models import NumberInsightRecord
from number_insight.replay.rulesets import RuleSet
from number_insight.replay.run import Tally, replay

WORTH_A_PROCESS = 100_000
"""Records that take several times as long as a process needs to start."""
MOST_BY_ITSELF = 4
"""As many processes at most share a replay if nobody says how many."""


def size(total: int, *, apply: bool = False) -> int:
    """Return how many processes a replay of `total` records is worth, if nobody has said it."""
    link = connections[NumberInsightRecord.objects.db]
    if why_alone() or (apply and link.vendor == "sqlite"):
        return 1
    return max(1, min(os.cpu_count() or 1, MOST_BY_ITSELF, total // WORTH_A_PROCESS))


def why_alone() -> str:
    """Return why no other process can do a part of the work; empty if one can."""
    link: Any = connections[NumberInsightRecord.objects.db]
    if not settings.SETTINGS_MODULE:
        return "the settings are of this process alone"
    if link.in_atomic_block:
        return "what this transaction has written is seen by nobody else"
    if link.vendor == "sqlite" and link.is_in_memory_db():
        return "the database is in the memory of this process"
    return ""


def share(
    rule_set: RuleSet,
    rows: QuerySet[Any],
    tally: Tally,
    *,
    jobs: int,
    apply: bool = False,
    limit: int | None = None,
) -> Iterator[int]:
    """Do as `replay` does, in `jobs` processes; raise `ReplayFailed` if one of them fails."""
    can_share = jobs > 1 and _can_be_sent(rule_set)
    parts = list(_parts(rows, jobs, limit)) if can_share else []
    if len(parts) < 2:
        yield from replay(rule_set, rows, tally, apply=apply, limit=limit)
        return
    started = [
        processes.start(_work, _names(), rule_set, part.query, most, apply) for part, most in parts
    ]
    try:
        for told in _told([ear for _process, ear in started]):
            if isinstance(told, Tally):
                tally.take_in(told)
            else:
                yield told
    finally:
        for process, ear in started:
            ear.close()
            process.terminate()
            process.join()


def _can_be_sent(rule_set: RuleSet) -> bool:
    """Whether the rules can be told to another process; one may hold what is of this one alone."""
    try:
        pickle.dumps(rule_set)
    except Exception:  # whatever a stranger's rule holds, this process can judge by it
        return False
    return True


def _parts(
    rows: QuerySet[Any], jobs: int, limit: int | None
) -> Iterator[tuple[QuerySet[Any], int | None]]:
    """Yield `rows` in `jobs` ranges of keys, with how many at most are wanted of each."""
    count = rows.count()
    total = count if limit is None else min(count, limit)
    places = [total * nth // jobs for nth in range(jobs)]
    keys = rows.values_list("pk", flat=True)
    first = [keys[place] for place in places[1:]] if total >= jobs else []
    for nth, (start, end) in enumerate(zip([0, *first], [*first, None], strict=True)):
        if end is not None:
            yield rows.filter(pk__gte=start, pk__lt=end), None
        else:
            left = None if limit is None else limit - places[nth]
            yield rows.filter(pk__gte=start), left


def _names() -> Mapping[str, Any]:
    """Return the databases of this process, which in a test are not those of the settings."""
    return {alias: connections[alias].settings_dict["NAME"] for alias in connections}


def _told(ears: Sequence[Connection]) -> Iterator[Any]:
    """Yield what is heard of the processes, until each has told its tally."""
    left = list(ears)
    while left:
        for ear in wait(left):
            assert isinstance(ear, Connection)
            try:
                told = ear.recv()
            except EOFError as exc:
                raise ReplayFailed("a process of the replay has ended before its work") from exc
            if isinstance(told, Tally):
                left.remove(ear)
            yield told


def _work(
    names: Mapping[str, Any],
    rule_set: RuleSet,
    query: Query,
    limit: int | None,
    apply: bool,
    mouth: Connection,
) -> None:
    """Replay one range, and tell the count of every batch and then the tally."""
    for alias, name in names.items():
        connections[alias].settings_dict["NAME"] = name
    rows = NumberInsightRecord.objects.all()
    rows.query = query
    tally = Tally()
    for count in replay(rule_set, rows, tally, apply=apply, limit=limit):
        mouth.send(count)
    connections.close_all()
    mouth.send(tally)
