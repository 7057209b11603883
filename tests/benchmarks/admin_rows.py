"""A row of the admin's list: its CPU, and the buffers that the list touches in the database."""

from __future__ import annotations

import json

from tests.benchmarks import large, program
from tests.benchmarks.admin_pages import OURS, STOCK
from tests.benchmarks.measuring import Outcome, Size, compared, in_turn, middle, same
from tests.benchmarks.stand import Stand

ROWS = 50
"""Rows of the page on both sides: as many as our list shows."""
FEW = "?id__lte={last}"


def rows(stand: Stand, size: Size) -> tuple[Outcome, Outcome]:
    """Compare the CPU of rows with the stock list's, and buffers with those of few records.

    Both lists show the same fifty records, in a process of their own, so that the database's time
    does not count: the stock list would count all rows of the table.
    """
    large.make(stand, size.large)
    query = FEW.format(last=ROWS)
    cases = {
        name: lambda path=path: _page(stand, large.SMALL, path + query, size.of(10))
        for name, path in (("ours", OURS), ("stock", STOCK))
    }
    given = in_turn(cases, size.at_most(5))
    same("rows", {page["rows"] for page in given["ours"] + given["stock"]}, {ROWS})
    per_row = {name: [page["ms"] / ROWS for page in pages] for name, pages in given.items()}
    figures = {f"{name} ms": middle(values, 3) for name, values in per_row.items()}
    return compared(per_row["ours"], per_row["stock"], figures), _buffers(stand)


def _buffers(stand: Stand) -> Outcome:
    """Compare the buffers that the list's queries touch, those of its counts besides."""
    figures = {}
    for at in (large.LARGE, large.SMALL):
        page = _page(stand, at, OURS, 1)
        figures |= {at: page["buffers"], f"{at}, in counts": page["in counts"]}
    return Outcome(values=[figures[large.LARGE] / figures[large.SMALL]], figures=figures)


def _page(stand: Stand, database: str, path: str, count: int) -> dict[str, float]:
    """Render a page in a process of its own; return what it showed and took."""
    told = program.output_of(
        "rendering", path, str(count), stand.cookie, NI_TEST_DATABASE_NAME=database
    )
    found: dict[str, float] = json.loads(told)
    return found
