"""Several processes come to what one comes to; a terminal is shown the progress."""

from __future__ import annotations

import os
from collections import Counter
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError
from django.core.management.base import OutputWrapper

from number_insight.management.progress import Progress
from number_insight.models import NumberInsightRecord
from number_insight.rules import Rule
from tests.replay.stage import VIRTUAL, replayed, rule, rules_file, run, seed

alone = pytest.mark.django_db
together = pytest.mark.django_db(transaction=True)

HEAVY = [rule(VIRTUAL, weight=90)]


class LastStraw(Rule):
    """A rule that brings its process down."""

    code = "last_straw"
    needs = ()

    def examine(self, insight: Any, signup: Any) -> Any:
        os._exit(3)


@together
@pytest.mark.parametrize("limit", [[], ["--limit", "250"]])
def test_two_processes_count_what_one_counts(limit, tmp_path):
    seed(600)
    for rules in ([], ["--rules", rules_file(tmp_path, HEAVY)]):
        one = replayed("--jobs", "1", *rules, *limit)
        assert replayed("--jobs", "2", *rules, *limit) == one
        assert run("--jobs", "3", *rules, *limit) == run("--jobs", "1", *rules, *limit)


@together
def test_two_processes_write_what_one_writes(tmp_path):
    seed(300)
    told = replayed("--jobs", "2", "--apply", "--rules", rules_file(tmp_path, HEAVY))
    assert told["changed"] > 0
    undecided = NumberInsightRecord.objects.filter(decision="")
    assert undecided.exclude(verdict="allow").count() > 0
    again = run("--jobs", "2", "--apply", "--rules", rules_file(tmp_path, HEAVY))
    assert "0 records were written." in again


@together
def test_a_process_that_ends_early_is_one_clear_sentence(tmp_path):
    seed(10)
    file = rules_file(tmp_path, [rule(f"{__name__}.LastStraw")])
    with pytest.raises(CommandError, match="run it again; what was written is kept"):
        run("--jobs", "2", "--rules", file)


class Attached(Rule):
    """A rule that holds what cannot be pickled."""

    code = "attached"
    needs = ()

    def __init__(self) -> None:
        super().__init__(weight=0)
        self.ours = lambda: None

    def examine(self, insight: Any, signup: Any) -> Any:
        self.ours()


@together
def test_a_rule_that_cannot_be_sent_to_another_process_is_made_in_each(tmp_path):
    seed(10)
    file = rules_file(tmp_path, [rule(f"{__name__}.Attached")])
    assert replayed("--jobs", "2", "--rules", file)["records"] == 10


@together
def test_reports_on_ranges_of_keys_add_up(tmp_path):
    seed(300)
    rules = ["--rules", rules_file(tmp_path, HEAVY)]
    middle = NumberInsightRecord.objects.order_by("pk")[120].pk
    whole = replayed(*rules)
    parts = [
        replayed(*rules, "--to-key", str(middle - 1)),
        replayed(*rules, "--from-key", str(middle)),
    ]
    assert [part["records"] for part in parts] == [120, 180]
    for number in ("records", "changed", "cannot_tell"):
        assert sum(part[number] for part in parts) == whole[number]
    matrix = sum((Counter(part["matrix"]) for part in parts), Counter())
    assert dict(matrix) == whole["matrix"]


@alone
def test_what_only_this_transaction_sees_is_judged_in_this_process():
    seed(10)
    assert replayed("--jobs", "1")["records"] == 10
    with pytest.raises(CommandError, match="seen by nobody else"):
        run("--jobs", "2")
    with pytest.raises(CommandError, match="positive"):
        run("--jobs", "0")


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_how_much_is_done():
    terminal = Terminal()
    with Progress(OutputWrapper(terminal), 4) as progress:
        progress.advance(2)
        progress.advance(2)
    last = terminal.getvalue().split("\r")[-1]
    assert last.startswith(f"[{'#' * 30}] 4/4")


def test_a_file_sees_nothing():
    out = StringIO()
    with Progress(OutputWrapper(out), 4) as progress:
        progress.advance(4)
    assert out.getvalue() == ""
