"""The published table: docs/benchmarks.json, and the same to be read in docs/benchmarks.md."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks import sums

DOCS = Path(__file__).resolve().parents[2] / "docs"
TABLE, PAGE, SUMS = DOCS / "benchmarks.json", DOCS / "benchmarks.md", DOCS / "performance.md"
BEGIN, END = "<!-- begin of the table -->\n", "<!-- end of the table -->\n"

Row = Mapping[str, Any]


def publish(rows: Sequence[Row], machine: str) -> None:
    """Write the table, with the machine that it was measured on, and the sums made of it."""
    TABLE.write_text(json.dumps(rows, indent=2) + "\n")
    _replace(PAGE, f"{table(rows)}\n\nMeasured on {machine}.\n")
    _replace(SUMS, sums.table(rows) + "\n")


def _replace(page: Path, told: str) -> None:
    before, _begin, rest = page.read_text().partition(BEGIN)
    _old, _end, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{told}\n{END}{after}")


def table(rows: Sequence[Row]) -> str:
    """Return the ratios and the figures behind them as two tables in Markdown."""
    return "\n".join((*_ratios(rows), "", "The figures behind them:", "", *_figures(rows)))


def _ratios(rows: Sequence[Row]) -> Iterator[str]:
    yield "| what | against | ratio | spread | goal | met | idle before, beside |"
    yield "|---|---|---|---|---|---|---|"
    for row in rows:
        yield _line((row["name"], row["against"], *_measured(row), _idle(row)))


def _measured(row: Row) -> tuple[str, str, str, str]:
    """Return ratio, spread, goal, and whether it is met."""
    if row["failure"]:
        return "", "", row["goal"], f"not measured: {row['failure']}"
    low, high = row["spread"]
    spread = f"{low:.2f} to {high:.2f}" if row["rounds"] > 1 else ""
    return f"{row['ratio']:.2f}", spread, row["goal"], "yes" if row["met"] else "**no**"


def _idle(row: Row) -> str:
    return ", ".join(f"{share:.0%}" for share in row["idle"] or ())


def _figures(rows: Sequence[Row]) -> Iterator[str]:
    yield "| what | figures |"
    yield "|---|---|"
    for row in rows:
        if row["figures"]:
            told = ", ".join(f"{name} {value}" for name, value in row["figures"].items())
            yield _line((row["name"], told))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
