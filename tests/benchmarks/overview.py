"""The desk and the overview of the admin: as quick with a million records as with a thousand."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

from django.urls import reverse

from number_insight.admin import links
from tests.benchmarks import large, program
from tests.benchmarks.browser import Browser
from tests.benchmarks.measuring import Outcome, Size, compared, in_turn, middle
from tests.benchmarks.stand import Stand

SIZES = (large.LARGE, large.THOUSAND)
MONTH, YEAR = "?days=30", "?days=365"


def pages(stand: Stand, size: Size) -> list[Outcome]:
    """Compare desk and overview over a million records with those over a thousand.

    Both databases have tallies of more than a year, of which the overview shows a month. That of
    the large one is compared with its overview of a year as well.
    """
    large.make(stand, size.large)
    for at in SIZES:
        program.output_of("tallying", NI_TEST_DATABASE_NAME=at)
    overview = reverse(f"admin:{links.OVERVIEW}")
    with _browsers(stand) as browsers:
        desk = _compared(browsers, reverse(f"admin:{links.DESK}"), size)
        month = _compared(browsers, overview + MONTH, size)
        browser = browsers[large.LARGE]
        cases = {
            days: partial(_time, browser, overview + days, size.of(6)) for days in (MONTH, YEAR)
        }
        given = in_turn(cases, size.rounds)
    figures = {f"{days[1:]} ms": middle([1000 * it for it in given[days]], 1) for days in given}
    return [*desk, *month, compared(given[YEAR], given[MONTH], figures)]


def _compared(browsers: dict[str, Browser], path: str, size: Size) -> tuple[Outcome, Outcome]:
    """Compare the two databases' pages, and count the queries of the large one's."""
    cases: dict[str, Callable[[], float]] = {
        at: partial(_time, browser, path, size.of(10)) for at, browser in browsers.items()
    }
    given = in_turn(cases, size.rounds)
    figures = {f"{at} ms": middle([1000 * it for it in given[at]], 1) for at in given}
    queries = browsers[large.LARGE].queries(path)
    return (
        compared(given[large.LARGE], given[large.THOUSAND], figures),
        Outcome(values=[queries]),
    )


@contextmanager
def _browsers(stand: Stand) -> Iterator[dict[str, Browser]]:
    with ExitStack() as stack:
        browsers = {}
        for at in SIZES:
            browsers[at] = stack.enter_context(stand.web(NI_TEST_DATABASE_NAME=at))
            browsers[at].cookies = stand.cookie
            for page in (links.DESK, links.OVERVIEW):
                for _ in range(4):  # each of the threads has to find its templates and connection
                    browsers[at].get(reverse(f"admin:{page}"))
        yield browsers


def _time(browser: Browser, path: str, count: int) -> float:
    return statistics.median(browser.get(path) for _ in range(count))
