"""Runs of many lookups, by a worker of ours or by the rival, and the work that each has left."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count as counter
from itertools import islice

from django.db import connection

from number_insight.lookups import budget
from number_insight.models import Lookup, NumberInsightRecord, RiskFlag
from number_insight.models.choices import RecordState
from number_insight.screening.bell import bell
from tests.benchmarks import program, rival, routing
from tests.benchmarks.measuring import same
from tests.benchmarks.numbers import fresh_numbers
from tests.benchmarks.program import PATIENCE, Program
from tests.benchmarks.rival_http import IDENTITY, NUMBER_INSIGHT, Target
from tests.benchmarks.stand import PRICE, Stand
from tests.support import keys

UNFINISHED = (RecordState.QUEUED, RecordState.WAITING)

MANY = 500
"""Records from which on the planner has to know of them."""

_visitors = counter()


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A Celery worker, and the queue that it takes from."""

    program: Program
    queue: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The cost of many lookups: seconds, CPU of the worker and of PostgreSQL, and statements."""

    count: int
    seconds: float
    cpu: float
    database: float
    statements: int = 0

    @property
    def rate(self) -> float:
        """Lookups a second, from the first ring to the last verdict."""
        return self.count / self.seconds

    @property
    def ms(self) -> float:
        """Milliseconds of the worker's CPU for a lookup."""
        return 1000 * self.cpu / self.count


def in_batches(stand: Stand, worker: Worker, count: int, *, with_ips: bool = False) -> Run:
    """Let a worker screen `count` records that are rung for at once."""
    keys = queued(count, with_ips=with_ips)

    def ring() -> None:
        for key in keys:
            bell.ring(key, may_wait=True)
        _wait(worker)

    run = _measured(stand, worker, ring, count)
    check_work(keys)
    return run


def one_by_one(stand: Stand, worker: Worker, count: int) -> Run:
    """Let a worker screen `count` records, each rung for after the verdict of the one before."""
    keys: list[int] = []

    def ring() -> None:
        for _ in range(count):
            keys.extend(queued(1))
            bell.ring(keys[-1])
            _wait(worker, every=0.005)

    run = _measured(stand, worker, ring, count)
    check_work(keys)
    return run


def _measured(stand: Stand, worker: Worker, work: Callable[[], None], count: int) -> Run:
    with routing.ringing(worker.queue):
        began, used, database = time.perf_counter(), worker.program.cpu, stand.database_cpu
        work()
        return Run(
            count=count,
            seconds=time.perf_counter() - began,
            cpu=worker.program.cpu - used,
            database=stand.database_cpu - database,
        )


def rivals(stand: Stand, url: str, api: str, count: int, in_flight: int) -> Run:
    """Let the rival screen `count` records, with so many calls at once."""
    keys, database = queued(count), stand.database_cpu
    job = job_of(stand, url, api, count, in_flight)
    told = json.loads(program.output_of("rival", given=rival.as_text(job)))
    # The rest of PostgreSQL's time is for its two connections, which ours has open already.
    run = Run(count=count, database=stand.database_cpu - database, **told)
    check_work(keys)
    same("flags", RiskFlag.objects.filter(record__in=keys).count(), 0)
    return run


def job_of(stand: Stand, url: str, api: str, count: int, in_flight: int) -> rival.Job:
    """Return the rival's job."""
    assert stand.database is not None
    token = keys.token() if api == IDENTITY else ""
    authorization = {NUMBER_INSIGHT: "Basic a2V5OnNlY3JldA==", IDENTITY: f"Bearer {token}"}[api]
    day, month = budget.current_periods().values()
    return rival.Job(
        dsn=stand.database.dsn_of(connection.settings_dict["NAME"]),
        target=Target(api=api, url=url, authorization=authorization, ca_file=stand.ca_file),
        count=count,
        in_flight=in_flight,
        price=PRICE,
        periods=(day, month),
    )


def queued(count: int, *, with_ips: bool = False) -> list[int]:
    """Return the keys of `count` new records in the queue."""
    records = NumberInsightRecord.objects.bulk_create(
        NumberInsightRecord(
            number=number, level="advanced", source="api", ip_address=_ip() if with_ips else None
        )
        for number in islice(fresh_numbers(), count)
    )
    if count >= MANY:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")  # as autovacuum does with tables that grow
    return [record.pk for record in records]


def _ip() -> str:
    """Return an address in a network that nobody has signed up from."""
    place = next(_visitors)
    return f"81.{place // 256 % 256}.{place % 256}.7"


def _wait(worker: Worker, every: float = 0.05) -> None:
    """Return when no record is unfinished."""
    rows = NumberInsightRecord.objects.filter(state__in=UNFINISHED)
    deadline = time.monotonic() + PATIENCE
    while rows.exists():
        worker.program.check()
        if time.monotonic() > deadline:
            states = list(rows.values_list("state", "note", "lookup__error")[:5])
            raise TimeoutError(f"{rows.count()} records have no verdict: {states}")
        time.sleep(every)


def check_work(keys: Sequence[int]) -> None:
    """See that each number was asked once, was paid for, and got its answer on its record."""
    rows = NumberInsightRecord.objects.filter(pk__in=keys)
    lookups = Lookup.objects.filter(records__in=keys, state="answered", reserved=0, attempts=1)
    same("answered lookups", lookups.count(), len(keys))
    screened = rows.filter(state="screened", line_type="mobile", verdict="allow", cost__gt=0)
    same("records", screened.count(), len(keys))
    same("paid", {record.cost for record in rows}, {lookup.price for lookup in lookups})
