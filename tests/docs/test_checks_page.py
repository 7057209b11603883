"""The page on checks names every id that the source can report, and nothing else."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.pages import ROOT, read, rows, section

PAGE = "docs/checks.md"
TABLE = {row[0].strip("`"): row[1].strip("`") for row in rows(read(PAGE))}
SOURCE = ROOT / "number_insight"
MESSAGES = {"error", "warning", "info"}
DEPLOYMENT = [
    SOURCE / "checks" / name for name in ("celery.py", "deployment.py", "django_tasks.py")
]


def calls(path: Path) -> Iterator[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def option(call: ast.Call, name: str) -> object:
    found = (word.value for word in call.keywords if word.arg == name)
    return next((value.value for value in found if isinstance(value, ast.Constant)), None)


def ids() -> set[str]:
    """Return the ids of the checks' own messages, and of the plug-ins' faults."""
    found: set[object] = set()
    for path in SOURCE.rglob("*.py"):
        for call in calls(path):
            if called(call) in MESSAGES and isinstance(call.args[0], ast.Constant):
                found.add(call.args[0].value)
            if called(call) == "Fault":
                found.add(option(call, "id"))
    return {f"number_insight.{name}" for name in found if name}


def deployment_ids() -> set[str]:
    found = {option(call, "id") for p in SOURCE.rglob("*.py") for call in calls(p) if deploys(call)}
    found |= {
        call.args[0].value
        for path in DEPLOYMENT
        for call in calls(path)
        if called(call) in ("error", "warning", "info") and isinstance(call.args[0], ast.Constant)
    }
    return {f"number_insight.{name}" for name in found}


def deploys(call: ast.Call) -> bool:
    return called(call) == "Fault" and option(call, "deploy") is True


def test_every_id_is_on_the_page_and_the_other_way_round():
    assert set(TABLE) == ids()


@pytest.mark.parametrize("name", sorted(deployment_ids()))
def test_what_only_matters_in_production_is_told_so(name):
    assert TABLE[name] == "check --deploy"


def test_ids_that_other_pages_name_are_real():
    assert "number_insight.W006" in section("docs/celery.md", "Without a queue")
    assert "number_insight.W006" in TABLE
