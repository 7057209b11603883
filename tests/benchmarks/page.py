"""The published table: docs/benchmarks.json, and the same to be read in docs/benchmarks.md."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[2] / "docs"
TABLE, PAGE = DOCS / "benchmarks.json", DOCS / "benchmarks.md"
BEGIN, END = "<!-- begin of the table -->\n", "<!-- end of the table -->\n"

Row = Mapping[str, Any]


def publish(rows: Sequence[Row], machine: str) -> None:
    """Write both, with what the rows were measured on."""
    TABLE.write_text(json.dumps(rows, indent=2) + "\n")
    before, _begin, rest = PAGE.read_text().partition(BEGIN)
    _old, _end, after = rest.partition(END)
    told = f"{table(rows)}\n\nMeasured on {machine}.\n"
    PAGE.write_text(f"{before}{BEGIN}\n{told}\n{END}{after}")


def table(rows: Sequence[Row]) -> str:
    """Return the ratios and the figures behind them as two tables in Markdown."""
    return "\n".join((*_ratios(rows), "", "The figures behind them:", "", *_figures(rows)))


def _ratios(rows: Sequence[Row]) -> Iterator[str]:
    yield "| what | against | ratio | spread | goal | met |"
    yield "|---|---|---|---|---|---|"
    for row in rows:
        low, high = row["spread"]
        met = "yes" if row["met"] else "**no**"
        spread = f"{low:.2f} to {high:.2f}" if row["rounds"] > 1 else ""
        cells = (row["name"], row["against"], f"{row['ratio']:.2f}", spread, row["goal"], met)
        yield _line(cells)


def _figures(rows: Sequence[Row]) -> Iterator[str]:
    yield "| what | figures |"
    yield "|---|---|"
    for row in rows:
        if row["figures"]:
            told = ", ".join(f"{name} {value}" for name, value in row["figures"].items())
            yield _line((row["name"], told))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
