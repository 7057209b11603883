"""The page on Python names lists all imports, fields, methods, signals and states."""

from __future__ import annotations

import ast
import builtins
import inspect
import re
import textwrap
from typing import Any

import pytest
from django.dispatch import Signal
from django.utils.module_loading import import_string

from number_insight import exceptions, reviewing, screening, signals, testing
from number_insight.insight import Insight
from number_insight.models import (
    DailyTally,
    DecisionEvent,
    ListEntry,
    Lookup,
    NumberInsightRecord,
    RiskFlag,
    ShadowComparison,
    choices,
)
from number_insight.models.lists import IP_LASTS
from number_insight.models.managers import RecordQuerySet
from number_insight.models.tallies import Money, TallyKind
from number_insight.providers.base import Provider
from number_insight.rules import Rule
from number_insight.screening import signup
from tests.support.pages import ROOT, named, quoted, read, rows, section

PAGE = "docs/reference.md"
RECORD = section(PAGE, "NumberInsightRecord")
MODELS = (NumberInsightRecord, DecisionEvent, RiskFlag, Lookup, ListEntry, DailyTally)
INTERNAL = {
    "announced_verdict",
    "rules_key",
    "live_until",
    "unannounced",
    "open_key",
    "claim",
    "lease_until",
}

MODELS = [NumberInsightRecord, DecisionEvent, RiskFlag, Lookup, ShadowComparison, ListEntry]


def table(text: str, heading: str) -> list[str]:
    """Return the names in the first column of the table with this head."""
    return named(re.split(rf"^(?=\| {heading} \|)", text, flags=re.MULTILINE)[1].split("\n\n")[0])


@pytest.mark.parametrize("path", named(section(PAGE, "Imports")))
def test_what_the_page_imports_is_there(path):
    try:
        import_string(path)
    except ImportError:
        __import__(path)


@pytest.mark.parametrize("model", MODELS)
def test_every_field_is_on_the_page_and_the_other_way_round(model):
    told = set(table(section(PAGE, model.__name__), "field")) - {"subject", "flags"}
    told |= {"subject_type", "subject_id"} if model is NumberInsightRecord else set()
    assert told == {field.name for field in model._meta.concrete_fields} - INTERNAL


def test_internal_fields_are_called_so():
    sentences = re.findall(r"^`.*are? internal|^`.*is internal", read(PAGE), flags=re.MULTILINE)
    assert {name for sentence in sentences for name in quoted(sentence)} == INTERNAL


def test_every_question_to_records_is_on_the_page_and_the_other_way_round():
    told = {name.split("(")[0] for name in table(RECORD, "method")}
    asked = {name for name, _ in inspect.getmembers(RecordQuerySet, inspect.isfunction)}
    assert told == {name for name in asked if name in vars(RecordQuerySet)}


@pytest.mark.parametrize(
    ("column", "words"), [("state", choices.RecordState), ("basis", choices.Basis)]
)
def test_every_state_and_basis_is_on_the_page_and_the_other_way_round(column, words):
    assert set(table(RECORD, column)) == set(words.values) - {""}


@pytest.mark.parametrize("words", [choices.Source, choices.Verdict, choices.Lane])
def test_the_words_of_a_record_are_on_the_page(words):
    assert set(words.values) <= set(quoted(RECORD))


def test_the_acts_of_an_event_are_on_the_page():
    told = {row[0].strip("`"): quoted(row[1]) for row in rows(section(PAGE, "DecisionEvent"))}
    assert told["act"] == choices.Act.values


def test_the_words_of_a_list_entry_are_on_the_page():
    told = {row[0].strip("`"): quoted(row[1]) for row in rows(section(PAGE, "ListEntry"))}
    assert told["match"] == choices.ListMatch.values
    assert told["action"] == choices.ListAction.values
    assert f"after {IP_LASTS.days} days" in section(PAGE, "ListEntry")


def test_every_kind_of_a_tally_is_on_the_page_and_the_other_way_round():
    tally = section(PAGE, "DailyTally")
    assert table(tally, "kind") == TallyKind.values
    (told,) = (quoted(row[2]) for row in rows(tally) if row[0] == "`money`")
    assert told == Money.values


def test_every_signal_is_on_the_page_with_what_it_carries():
    there = {name for name, value in vars(signals).items() if isinstance(value, Signal)}
    assert set(named(section(PAGE, "Signals"))) == there


@pytest.mark.parametrize("row", rows(section(PAGE, "Signals")), ids=lambda row: row[0])
def test_a_signal_carries_what_the_page_says(row):
    source = (ROOT / "number_insight/signals.py").read_text(encoding="utf-8")
    (name,) = quoted(row[0])
    described = source.split(f"{name} = Signal()")[1].split('"""')[1]
    assert set(quoted(row[2])) == set(re.findall(r"``(\w+)``", described)) - {
        "number_insight_backfill"
    }


def test_every_key_of_an_insight_is_on_the_page_and_the_other_way_round():
    assert set(named(section(PAGE, "Insight"))) == set(Insight().as_json())


def test_the_signature_of_screen_is_as_it_is_written():
    (told,) = re.findall(r"`screen\((.*?)\)`", read(PAGE), flags=re.DOTALL)
    names = re.findall(r"(\w+)(?:=|,|$)", told)
    assert [name for name in names if name.islower()][0] == "number"
    for name in inspect.signature(signup.screen).parameters:
        assert re.search(rf"\b{name}\b", told)


def test_what_testing_offers_is_there():
    offered = named(section("docs/testing.md", "What there is"))
    assert [name for name in offered if not hasattr(testing, name)] == []


PUBLIC = named(section(PAGE, "Imports"))
BESIDES = re.findall(r"`(\w+)\([^`]*\)`|`(take_over|let_go)`", section(PAGE, "Imports"))


def public_names() -> dict[str, Any]:
    """Return what the page says may be imported, with the neighbours that its lines name."""
    found = {path: thing for path in PUBLIC if (thing := imported(path)) is not None}
    names = {name for pair in BESIDES for name in pair if name}
    return found | {name: vars(reviewing)[name] for name in names if name in vars(reviewing)}


def imported(path: str) -> Any:
    """Return the class or function at `path`; None for a module and for a value."""
    try:
        thing = import_string(path)
    except ImportError:
        return None
    return thing if inspect.isclass(thing) or inspect.isfunction(thing) else None


@pytest.mark.parametrize("name", sorted(public_names()))
def test_every_public_name_has_a_docstring_of_its_own(name: str):
    thing = public_names()[name]
    assert (vars(thing)["__doc__"] if inspect.isclass(thing) else thing.__doc__).strip()


@pytest.mark.parametrize("thing", [Rule, Provider, Insight])
def test_every_method_that_a_project_overrides_or_calls_has_a_docstring(thing: type):
    named_ones = [value for key, value in vars(thing).items() if not key.startswith("_")]
    methods = [value for value in named_ones if inspect.isfunction(value)]
    assert methods
    assert [method.__name__ for method in methods if not inspect.getdoc(method)] == []


@pytest.mark.parametrize("name", sorted(public_names()))
def test_a_docstring_tells_what_is_raised_and_whether_something_is_returned(name: str):
    thing = inspect.unwrap(public_names()[name])
    if inspect.isclass(thing):
        return
    doc, tree = inspect.getdoc(thing) or "", ast.parse(textwrap.dedent(inspect.getsource(thing)))
    raised = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise)]
    for error in raised:
        if isinstance(error, ast.Call) and isinstance(error.func, ast.Name):
            assert f"`{error.func.id}`" in doc
    (function,) = tree.body
    assert isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef))
    returned = ast.unparse(function.returns) if function.returns else "None"
    if returned not in {"None", "Iterator[None]"}:
        assert re.search(r"\breturns?\b|; see `|^Whether", doc, re.IGNORECASE), doc


@pytest.mark.parametrize(
    "error", [value for value in vars(exceptions).values() if inspect.isclass(value)]
)
def test_every_exception_says_what_it_means(error: type):
    if error.__module__ == exceptions.__name__:
        assert vars(error)["__doc__"]


def test_every_exception_is_on_the_page_and_the_other_way_round():
    told = {name for name in quoted(section(PAGE, "Exceptions")) if name[0].isupper()}
    there = {
        name
        for name, value in vars(exceptions).items()
        if inspect.isclass(value) and issubclass(value, exceptions.NumberInsightError)
    }
    assert {name for name in told if not hasattr(builtins, name)} == there


@pytest.mark.parametrize("package", [reviewing, screening])
def test_every_name_that_a_public_package_hands_on_is_on_the_page(package):
    told = {path.rsplit(".", 1)[1] for path in PUBLIC} | {n for pair in BESIDES for n in pair}
    assert set(package.__all__) - {"Changes"} <= told
