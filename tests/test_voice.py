"""Docstrings begin with a noun or a verb, not with a clause that stands in place of a noun."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "number_insight"

LIMIT = 0.02
"""The share of docstrings that may hang on a clause; in Django itself it is below 0.01."""

DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)

CLAUSE = re.compile(
    r"""
    ^(?:who|whom|whose|where|how|why|those)\b
    | \b(?:what|whatever|whoever|whomever|whichever)\b
    | \bthose\s(?:who|whom|whose|that|which)\b
    | \bthat\swhich\b
    | \b(?:returns?|yields?|says?|tells?|by|for|of|than|to)\s(?:who|where|how|why)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)


def first_sentence(docstring: str) -> str:
    """Return the first sentence in one line, with a placeholder for each quoted name."""
    paragraph = " ".join(docstring.strip().split("\n\n")[0].split())
    plain = re.sub(r"``[^`]*``|`[^`]*`", "`name`", paragraph)
    return re.split(r"(?<=[.!?])\s", plain)[0]


def hangs(docstring: str) -> bool:
    return CLAUSE.search(first_sentence(docstring)) is not None


def docstrings(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and text of the docstrings in `tree`, including those below assignments."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if not isinstance(body, list):
            continue
        for before, statement in zip([node, *body], body, strict=False):
            text = string_of(statement)
            if text is not None and isinstance(before, (*DOCUMENTED, ast.Assign, ast.AnnAssign)):
                yield statement.lineno, text


def string_of(statement: ast.stmt) -> str | None:
    """Return the text of a statement that is only a string, or None."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return statement.value.value if isinstance(statement.value.value, str) else None
    return None


@pytest.mark.parametrize(
    "docstring",
    [
        "What came of a question.",
        "Those that have not expired.",
        "How long a process waits after a failure.",
        "Where the redirects lead.",
        "Return what `rules` make of a signup.",
        "Return how many records were erased.",
        "Answer whoever followed a redirect.",
        "Count those who raised.",
        "Return the first\n    of what is\n    there.",
    ],
)
def test_a_clause_in_place_of_a_noun_is_found(docstring: str) -> None:
    assert hangs(docstring)


@pytest.mark.parametrize(
    "docstring",
    [
        "The outcome of a question.",
        "Return whether `what` is a number.",
        "Return the reviewer who decided, or None.",
        "Return the number of records, by the rules whose weight they have.",
        "A finding of a rule.\n\nWhat else it has is told below.",
    ],
)
def test_a_relative_clause_beside_its_noun_is_none(docstring: str) -> None:
    assert not hangs(docstring)


def test_docstrings_do_not_hang_on_a_clause() -> None:
    count, offenders = 0, []
    for path in sorted(PACKAGE.rglob("*.py")):
        if "migrations" in path.parts:
            continue
        for line, text in docstrings(ast.parse(path.read_text(encoding="utf-8"))):
            count += 1
            if hangs(text):
                offenders.append(f"{path.relative_to(ROOT)}:{line}: {first_sentence(text)}")
    assert len(offenders) <= LIMIT * count, "\n".join(
        [f"{len(offenders)} of {count} docstrings:", *offenders]
    )
