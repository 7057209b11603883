"""The admin's list of records: as quick with a million as with one page, in few queries."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from django.db import connections

from number_insight.models import NumberInsightRecord
from tests.benchmarks import large
from tests.benchmarks.browser import Browser
from tests.benchmarks.measuring import Outcome, Size, compared, in_turn, middle, same
from tests.benchmarks.stand import Stand

OURS = "/admin/number_insight/numberinsightrecord/"
STOCK = "/stock/number_insight/numberinsightrecord/"
BARE = "/admin/benchmarks/plaincustomer/"
PAGES = {"list": "", "filter": "?verdict=allow", "search": "?q={number}"}


def pages(stand: Stand, size: Size) -> dict[str, Outcome]:
    """Compare each page over the large table with the same one over a page's worth."""
    outcomes = {}
    with _browsers(stand, size) as browsers:
        for name, query in PAGES.items():
            paths = {at: OURS + query.format(number=_number(at)) for at in browsers}
            shown = [_rows(browser, paths[at]) for at, browser in browsers.items()]
            same(f"rows of {name}", shown[0] > 0, shown[1] > 0)
            if name != "search":
                same(f"rows of {name}", shown[0], shown[1])
            cases = {
                at: partial(_time, browsers[at], path, size.of(10)) for at, path in paths.items()
            }
            given = in_turn(cases, size.rounds)
            figures = {f"{at} ms": middle([1000 * it for it in given[at]], 1) for at in given}
            outcomes[name] = compared(given[large.LARGE], given[large.SMALL], figures)
        more = browsers[large.LARGE].queries(OURS) - browsers[large.LARGE].queries(BARE)
        outcomes["queries"] = Outcome(values=[more])
    return outcomes


@contextmanager
def _browsers(stand: Stand, size: Size) -> Iterator[dict[str, Browser]]:
    large.make(stand, size.large)
    with ExitStack() as stack:
        browsers = {}
        for at in (large.LARGE, large.SMALL):
            browsers[at] = stack.enter_context(stand.web(NI_TEST_DATABASE_NAME=at))
            browsers[at].cookies = stand.cookie
            for _ in range(8):  # each of the threads has to find its templates and connection
                browsers[at].get(OURS)
        yield browsers


def _number(at: str) -> str:
    """Return a number that signed up lately."""
    rows = NumberInsightRecord.objects.using(at).order_by("-pk")
    number: str = rows.values_list("number", flat=True)[0]
    connections[at].close()
    return number.replace("+", "%2B")


def _rows(browser: Browser, path: str) -> int:
    browser.get(path)
    return len(re.findall(rb'name="_selected_action"', browser.body))


def _time(browser: Browser, path: str, count: int) -> float:
    return statistics.median(browser.get(path) for _ in range(count))
