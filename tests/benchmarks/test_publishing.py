"""A table is published whole, from a quiet machine, and with the reason for what it lacks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks import page, publishing, sums
from tests.benchmarks.measuring import Goal, Idle, Line, Outcome, Result
from tests.benchmarks.test_benchmarks_work import LINES

pytestmark = pytest.mark.once
LINE = Line(name="webhook", against="plain view", goal=Goal(value=0.8, at_least=True))
QUIET, BUSY = Idle(before=0.99, beside=0.97), Idle(before=0.99, beside=0.6)


def row(idle: Idle = QUIET, value: float = 0.9, name: str = "webhook") -> dict[str, Any]:
    line = Line(name=name, against=LINE.against, goal=LINE.goal)
    return Result(line=line, outcome=Outcome(values=[value]), idle=idle).as_json()


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that is published into, with the pages as they are."""
    for name, path in (("TABLE", page.TABLE), ("PAGE", page.PAGE), ("SUMS", page.SUMS)):
        (tmp_path / path.name).write_text(path.read_text())
        monkeypatch.setattr(page, name, tmp_path / path.name)
    return tmp_path


def test_the_published_table_has_the_lines_of_the_benchmarks() -> None:
    published = json.loads(page.TABLE.read_text())
    assert [line["name"] for line in published] == list(LINES)
    assert page.table(published) in page.PAGE.read_text()
    assert sums.table(published) in page.SUMS.read_text()


def test_a_table_from_a_quiet_machine_is_published(docs: Path) -> None:
    assert publishing.publish([row()], "a machine") == ""
    assert json.loads((docs / "benchmarks.json").read_text()) == [row()]
    told = (docs / "benchmarks.md").read_text()
    assert "| webhook | plain view | 0.90 |  | >= 0.8 | yes | 99%, 97% |" in told
    assert "Measured on a machine." in told


@pytest.mark.parametrize("idle", [BUSY, Idle(before=0.6, beside=0.99)])
def test_a_table_taken_beside_other_load_is_refused(docs: Path, idle: Idle) -> None:
    before = (docs / "benchmarks.json").read_text()
    told = publishing.publish([row(name="list"), row(idle)], "a machine")
    assert told == "other load left less than 90% of the machine to webhook."
    assert (docs / "benchmarks.json").read_text() == before


def test_a_line_that_failed_is_published_with_its_reason(docs: Path) -> None:
    failed = Result(line=LINE, failure="TimeoutError: nobody answers", idle=QUIET)
    assert publishing.publish([row(name="list"), failed.as_json()], "a machine") == ""
    told = (docs / "benchmarks.md").read_text()
    assert "| >= 0.8 | not measured: TimeoutError: nobody answers | 99%, 97% |" in told


def test_a_line_measured_again_replaces_its_older_self_on_the_same_machine(docs: Path) -> None:
    publishing.publish([row(name="list"), row(value=0.5)], "a machine")
    assert publishing.publish([row(value=0.9)], "a machine", whole=False) == ""
    published = json.loads((docs / "benchmarks.json").read_text())
    assert [(line["name"], line["ratio"]) for line in published] == [
        ("list", 0.9),
        ("webhook", 0.9),
    ]
    assert "another machine" in publishing.publish([row()], "its neighbour", whole=False)


def test_sums_are_worked_from_the_figures_and_say_what_was_not_measured() -> None:
    population = {"name": sums.COST, "figures": {"paid lookups": 600, "signups": 1000}}
    alone = {"name": sums.ALONE, "figures": {"ours ms": 10.0}}
    told = sums.table([population, alone])
    assert "| lookups a second | 0.1 | 10 | 1,000 |" in told
    assert f"| workers: cores | 0.001 | {sums.NOTHING} | {sums.NOTHING} |" in told
