"""A worker over https: how many lookups it gets through, and what each takes, against a rival."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from number_insight.defaults import DEFAULTS
from number_insight.screening.batch import BATCH_SIZE
from tests.benchmarks import lookups
from tests.benchmarks.lookups import Run, Worker
from tests.benchmarks.measuring import Outcome, Size, compared, in_turn, middle
from tests.benchmarks.rival_http import NUMBER_INSIGHT
from tests.benchmarks.stand import Stand, as_environment, asking

PROCESSES, DELAY = 4, 0.15
IN_FLIGHT = PROCESSES * BATCH_SIZE
RECORDS, ALONE = 2000, 60
BOUNDS = {"LIMITS": DEFAULTS["LIMITS"], "BUDGET": {"day": "100000"}}
"""The default limits, and a budget that is looked at and never reached."""

Cases = dict[str, Callable[[], Run]]


def batches(stand: Stand, size: Size, api: str = NUMBER_INSIGHT) -> list[Outcome]:
    """Compare rate and CPU of lookups in batches with the rival's, and https with http."""
    count = size.of(RECORDS, IN_FLIGHT)
    with stand.provider(DELAY) as provider, ExitStack() as stack:
        cases: Cases = {}
        for name, url in (("https", provider.https), ("http", provider.http)):
            worker = stack.enter_context(_worker(stand, size, name, asking(url, api)))
            cases[name] = partial(lookups.in_batches, stand, worker, count)
        cases["rival"] = partial(lookups.rivals, stand, provider.https, api, count, IN_FLIGHT)
        given = in_turn(cases, size.at_most(5))
    ours, plain, theirs = given["https"], given["http"], given["rival"]
    figures = {**_figures("ours", ours), **_figures("rival", theirs)}
    return [
        compared([run.rate for run in ours], [run.rate for run in theirs], figures),
        compared(_ms(ours), _ms(theirs), figures),
        compared(_ms(ours), _ms(plain), {**_figures("https", ours), **_figures("http", plain)}),
    ]


def alone(stand: Stand, size: Size, api: str = NUMBER_INSIGHT) -> Outcome:
    """Compare the CPU of lookups that come one after the other with the rival's."""
    count = size.of(ALONE, 8)
    with (
        stand.provider() as provider,
        _worker(stand, size, "alone", asking(provider.https, api), processes=1) as worker,
    ):
        cases: Cases = {
            "ours": partial(lookups.one_by_one, stand, worker, count),
            "rival": partial(lookups.rivals, stand, provider.https, api, count, 1),
        }
        given = in_turn(cases, size.at_most(7))
    figures = {**_figures("ours", given["ours"]), **_figures("rival", given["rival"])}
    return compared(_ms(given["ours"]), _ms(given["rival"]), figures)


def bounded(stand: Stand, size: Size) -> Outcome:
    """Compare the CPU of a lookup under limits and a budget with that under none."""
    count = size.of(RECORDS // 2, IN_FLIGHT)
    with stand.provider(DELAY) as provider, ExitStack() as stack:
        cases: Cases = {}
        for name, bounds in (("bounded", BOUNDS), ("free", {})):
            asked = asking(provider.https, **bounds)
            worker = stack.enter_context(_worker(stand, size, name, asked))
            cases[name] = partial(lookups.in_batches, stand, worker, count, with_ips=True)
        given = in_turn(cases, size.at_most(5))
    figures = {**_figures("bounded", given["bounded"]), **_figures("free", given["free"])}
    return compared(_ms(given["bounded"]), _ms(given["free"]), figures)


@contextmanager
def _worker(
    stand: Stand, size: Size, queue: str, asked: Mapping[str, Any], processes: int = PROCESSES
) -> Iterator[Worker]:
    """Run a worker with these settings; yield it when each of its processes is warm."""
    with stand.worker(processes, queue, **as_environment(asked)) as program:
        worker = Worker(program=program, queue=queue)
        lookups.in_batches(stand, worker, size.of(4 * processes * BATCH_SIZE, BATCH_SIZE))
        yield worker


def _ms(runs: Sequence[Run]) -> list[float]:
    return [run.ms for run in runs]


def _figures(name: str, runs: Sequence[Run]) -> dict[str, float]:
    """Return rate and CPU of the runs for the table."""
    database = statistics.median(1000 * run.database / run.count for run in runs)
    return {
        f"{name} lookups/s": middle([run.rate for run in runs], 0),
        f"{name} ms": middle(_ms(runs)),
        f"{name} PostgreSQL ms": round(database, 2),
    }
