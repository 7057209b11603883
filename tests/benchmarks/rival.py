"""The rival of the worker: a program written by hand for this work alone, in asyncio and raw SQL.

``python -m tests.benchmarks.rival`` reads a `Job` as JSON, screens as many queued records as it
says, and prints what that took. It makes the same calls, each over a connection of its own, and
leaves the same rows: lookup, record, money of day and month, pace. It judges nothing: each answer
becomes the verdict that a clean number gets. It knows neither Django nor any fault.

One task claims whole batches in one statement and one commit. Each call is a task of its own.
Another task saves all answers that have arrived, again in one statement and one commit.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from tests.benchmarks.rival_http import Target, ask
from tests.benchmarks.rival_sql import CLAIM, PERIODS, SAVE

BATCH = 16
"""Records that are claimed, and answers that are saved, in one statement at most."""
GATHERING = 0.02
"""Seconds to wait for answers that follow closely, as ours does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The work of one run."""

    dsn: str
    target: Target
    count: int
    in_flight: int
    price: str
    periods: tuple[str, str]
    """The keys of the day and the month that the money is booked in."""

    @property
    def units(self) -> int:
        """The price in hundred-millionths, as the budget is kept."""
        return round(float(self.price) * 10**8)


class Worker:
    """A worker with two connections: one claims, one saves."""

    def __init__(self, job: Job, claiming: Any, saving: Any) -> None:
        self._job, self._claiming, self._saving = job, claiming, saving
        self._free = job.in_flight
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._answers: asyncio.Queue[tuple[int, dict[str, Any]]] = asyncio.Queue()
        self._calls: set[asyncio.Task[None]] = set()
        self.statements = 0

    async def run(self) -> None:
        """Screen the records of the job."""
        await asyncio.gather(self._claim(), self._save())

    async def _claim(self) -> None:
        batch, left = min(BATCH, self._job.in_flight), self._job.count
        while left:
            await self._has_room.wait()
            taken = await self._take(min(batch, left))
            if not taken:
                raise LookupError(f"{left} records are missing from the queue")
            left -= len(taken)
            self._free -= len(taken)
            if self._free < batch:
                self._has_room.clear()
            for lookup, number in taken:
                task = asyncio.create_task(self._call(lookup, number))
                self._calls.add(task)
                task.add_done_callback(self._calls.discard)

    async def _take(self, count: int) -> list[tuple[int, str]]:
        job, self.statements = self._job, self.statements + 1
        values = {
            "count": count,
            "price": job.price,
            "units": job.units,
            "periods": list(job.periods),
        }
        cursor = await self._claiming.execute(CLAIM, values)
        found: list[tuple[int, str]] = await cursor.fetchall()
        return found

    async def _call(self, lookup: int, number: str) -> None:
        self._answers.put_nowait((lookup, await ask(self._job.target, number)))
        self._free += 1
        if self._free >= min(BATCH, self._job.in_flight):
            self._has_room.set()

    async def _save(self) -> None:
        left = self._job.count
        while left:
            batch = [await self._answers.get()]
            if self._job.in_flight > 1:
                await asyncio.sleep(GATHERING)
            while len(batch) < BATCH and not self._answers.empty():
                batch.append(self._answers.get_nowait())
            await self._write(batch)
            left -= len(batch)

    async def _write(self, batch: list[tuple[int, dict[str, Any]]]) -> None:
        job, self.statements = self._job, self.statements + 1
        price = job.price
        values = {
            "lookups": [lookup for lookup, _answer in batch],
            "answers": [Jsonb(answer) for _lookup, answer in batch],
            "prices": [answer.get("request_price", price) for _lookup, answer in batch],
            "reserved": len(batch) * job.units,
            "spent": sum(
                round(float(answer.get("request_price", price)) * 10**8) for _, answer in batch
            ),
            "periods": list(job.periods),
        }
        await self._saving.execute(SAVE[job.target.api], values)


async def work(job: Job) -> dict[str, Any]:
    """Do the job; return seconds and CPU seconds from the first claim to the last verdict."""
    async with (
        await psycopg.AsyncConnection.connect(job.dsn, autocommit=True) as claiming,
        await psycopg.AsyncConnection.connect(job.dsn, autocommit=True) as saving,
    ):
        for connection in (claiming, saving):
            connection.prepare_threshold = 0  # prepared at the first use
        await claiming.execute(PERIODS, {"periods": list(job.periods)})
        worker = Worker(job, claiming, saving)
        start, used = time.perf_counter(), time.process_time()
        await worker.run()
        return {
            "seconds": time.perf_counter() - start,
            "cpu": time.process_time() - used,
            "statements": worker.statements,
        }


def as_text(job: Job) -> str:
    """Return the job as `main` reads it."""
    return json.dumps(asdict(job))


def main(text: str) -> dict[str, Any]:
    """Do the job that `as_text` has written down."""
    told = json.loads(text)
    target = Target(**told.pop("target"))
    return asyncio.run(work(Job(target=target, **{**told, "periods": tuple(told["periods"])})))


if __name__ == "__main__":
    print(json.dumps(main(sys.stdin.read())))
