"""Each benchmark runs once, small, and gives its line of the table; nothing here is timed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.measuring import DifferentWork, Goal, Outcome, in_turn, same

pytestmark = pytest.mark.bench
ROOT = Path(__file__).resolve().parents[2]
SMALL = ["--rounds", "1", "--share", "0.002", "--large", "1500"]
HALVES = {
    "postgresql": ("worker", "identity", "replay", "memory"),
    "both": ("signup", "webhook", "cost", "admin"),
}
"""Words of the lines that are measured side by side, since nothing is timed."""
LINES = (
    "signup: time added by the model field",
    "signup: broker refused, the slowest",
    "signup: broker hung, the first",
    "signup: broker hung, the slowest after it",
    "signup: 50 clients, p99",
    "signup: 50 clients, p99, broker killed midway",
    "signup: 50 clients, p99, broker hung midway",
    "worker: prefork 4, https, 150 ms, 2,000 records",
    "worker: CPU of a lookup in batches, https",
    "worker: CPU of a lookup, https against http",
    "worker: CPU of a lookup alone, https",
    "identity: prefork 4, https, 150 ms, 2,000 records",
    "identity: CPU of a lookup in batches, https",
    "identity: CPU of a lookup, https against http",
    "identity: CPU of a lookup alone, https",
    "worker: CPU under default LIMITS and a BUDGET",
    "worker: statements of a lookup in batches",
    "worker: commits of a lookup in batches",
    "worker: fsyncs of a lookup in batches",
    "worker: WAL of a lookup in batches",
    "worker: statements of a lookup alone",
    "worker: commits of a lookup alone",
    "worker: fsyncs of a lookup alone",
    "worker: WAL of a lookup alone",
    "webhook: CPU in process",
    "cost: a mixed population",
    "admin: list of the large table",
    "admin: filter of the large table",
    "admin: search in the large table",
    "admin: queries of the list",
    "admin: CPU of a row of our list",
    "admin: buffers of the list of the large table",
    "admin: desk at 1,000,000 records",
    "admin: queries of the desk",
    "admin: overview at 1,000,000 records",
    "admin: queries of the overview",
    "admin: overview over a year of tallies",
    "replay: CPU of judging a record",
    "replay: two processes",
    "replay: 1 % of verdicts written",
    "replay: 1,000,000 records",
    "memory: replay of the large table",
    "memory: backfill of 1,000,000 rows",
    "signup: time added by the model field (SQLite)",
    "webhook: CPU in process (SQLite)",
)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The table of one small run, by name."""
    directory = tmp_path_factory.mktemp("benchmarks")
    paths = {database: directory / f"{database}.json" for database in HALVES}
    environment = {name: it for name, it in os.environ.items() if not name.startswith("NI_")}
    runs = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks", *SMALL, *_words(database), f"--json={path}"],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        for database, path in paths.items()
    ]
    for run in runs:
        _out, errors = run.communicate(timeout=600)
        assert run.returncode == 0, errors[-3000:]
    lines = [line for path in paths.values() for line in json.loads(path.read_text())]
    return {line["name"]: line for line in lines}


def _words(database: str) -> list[str]:
    words = [word for name in HALVES[database] for word in ("--only", name)]
    return [f"--database={database}", *words]


@pytest.mark.parametrize("name", LINES)
def test_a_benchmark_gives_its_line(table: dict[str, Any], name: str) -> None:
    line = table[name]
    assert line["failure"] == ""
    assert line["spread"][0] <= line["ratio"] <= line["spread"][1]
    assert isinstance(line["met"], bool) and line["goal"][:2] in ("<=", ">=")
    assert all(0 <= share <= 1 for share in line["idle"])


def test_the_table_has_no_other_lines(table: dict[str, Any]) -> None:
    assert sorted(table) == sorted(LINES)


def test_a_quick_wrong_result_is_an_error() -> None:
    with pytest.raises(DifferentWork, match="rows"):
        same("rows", 99, 100)


def test_the_median_decides_in_the_direction_of_the_goal() -> None:
    outcome = Outcome(values=[1.0, 3.0, 1.1])
    assert (outcome.median, outcome.spread) == (1.1, (1.0, 3.0))
    assert Goal(value=1.15).is_met(outcome.median)
    assert not Goal(value=1.15, at_least=True).is_met(outcome.median)
    assert str(Goal(value=20, unit="ms more")) == "<= 20 ms more"


def test_every_case_runs_once_a_round() -> None:
    given = in_turn({"ours": lambda: 1, "theirs": lambda: 2}, rounds=3)
    assert given == {"ours": [1, 1, 1], "theirs": [2, 2, 2]}
