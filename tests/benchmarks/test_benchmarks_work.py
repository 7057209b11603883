"""Each benchmark runs once, small, and gives its line of the table; nothing here is timed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks import page
from tests.benchmarks.measuring import DifferentWork, Goal, Outcome, in_turn, same

pytestmark = pytest.mark.bench
ROOT = Path(__file__).resolve().parents[2]
SMALL = ["--rounds", "1", "--share", "0.02", "--large", "1500"]
LINES = (
    "signup: time added by the model field",
    "signup: provider of 150 ms",
    "signup: broker refused, the slowest",
    "signup: broker hung, the first",
    "signup: broker hung, the slowest after it",
    "worker: provider of 150 ms, 32 threads",
    "worker: provider of 0 ms, prefork 2",
    "webhook",
    "cost: a mixed population",
    "admin: list of the large table",
    "admin: filter of the large table",
    "admin: search in the large table",
    "admin: queries of the list",
    "admin: stock list of the large table",
    "replay: judging stored insights",
    "replay: 1 % of verdicts written",
    "replay: the large table",
    "memory: replay of the large table",
    "memory: backfill of 1,000,000 rows",
    "signup: time added by the model field (SQLite)",
    "worker: provider of 0 ms, prefork 2 (SQLite)",
    "webhook (SQLite)",
)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The table of one small run, by name."""
    path = tmp_path_factory.mktemp("benchmarks") / "table.json"
    command = [sys.executable, "-m", "tests.benchmarks", *SMALL, "--json", str(path)]
    environment = {name: it for name, it in os.environ.items() if not name.startswith("NI_")}
    run = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert run.returncode == 0, run.stderr[-3000:]
    return {line["name"]: line for line in json.loads(path.read_text())}


@pytest.mark.parametrize("name", LINES)
def test_a_benchmark_gives_its_line(table: dict[str, Any], name: str) -> None:
    line = table[name]
    assert line["spread"][0] <= line["ratio"] <= line["spread"][1]
    assert isinstance(line["met"], bool) and line["goal"][:2] in ("<=", ">=")


def test_the_table_has_no_other_lines(table: dict[str, Any]) -> None:
    assert sorted(table) == sorted(LINES)


def test_the_published_table_has_the_same_lines() -> None:
    published = json.loads(page.TABLE.read_text())
    assert [line["name"] for line in published] == list(LINES)
    assert page.table(published) in page.PAGE.read_text()


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
