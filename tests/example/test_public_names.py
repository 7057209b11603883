"""The example uses nothing of ours that the documentation does not promise."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.pages import ROOT, named, pages, read, section

pytestmark = pytest.mark.once

MODULES = sorted((ROOT / "example_project").rglob("*.py"))
PROMISED = tuple(named(section("docs/reference.md", "Imports")))
DOCUMENTED = "\n".join(read(page) for page in pages())
DOTTED = re.compile(r"number_insight(\.\w+)+")


class Uses(ast.NodeVisitor):
    """The dotted paths of everything from this package that a module uses."""

    def __init__(self, tree: ast.Module) -> None:
        self.paths: set[str] = set()
        self._bound = dict(_bindings(tree))
        self.visit(tree)

    def visit_Name(self, node: ast.Name) -> None:
        self._note(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if not self._note(node):
            self.generic_visit(node)

    def _note(self, node: ast.expr) -> bool:
        name, *attributes = ast.unparse(node).split(".")
        if name in self._bound:
            self.paths.add(".".join([self._bound[name], *attributes]))
        return name in self._bound


def _bindings(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield each name that an import of ours binds, and the path that it stands for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("number_insight"):
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.startswith("number_insight"):
                    yield (alias.asname, alias.name) if alias.asname else ("number_insight",) * 2


def undocumented(source: str) -> set[str]:
    """Return the paths that `source` uses and docs/reference.md does not list."""
    paths = Uses(ast.parse(source)).paths
    return {path for path in paths if not f"{path}.".startswith(tuple(f"{p}." for p in PROMISED))}


def strings(source: str) -> set[str]:
    """Return the dotted paths of ours that `source` holds as text, as settings do."""
    constants = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    return {str(node.value) for node in constants if DOTTED.fullmatch(str(node.value))}


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_example_imports_public_names_alone(module: Path) -> None:
    source = module.read_text(encoding="utf-8")
    assert undocumented(source) == set()
    assert [path for path in strings(source) if path not in DOCUMENTED] == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("from number_insight import judging\njudging.consider", "number_insight.judging.consider"),
        (
            "from number_insight import screening as s\ns._alpha2",
            "number_insight.screening._alpha2",
        ),
        ("from number_insight import screening\ngetattr(screening, x)", "number_insight.screening"),
        ("from number_insight.rules import judge\njudge()", "number_insight.rules.judge"),
        ("import number_insight.tasks\nnumber_insight.tasks.bell", "number_insight.tasks.bell"),
        ("import number_insight.tasks as t\nt.bell.ring()", "number_insight.tasks.bell.ring"),
    ],
)
def test_a_name_that_is_not_public_is_found(source: str, found: str) -> None:
    assert undocumented(source) == {found}
