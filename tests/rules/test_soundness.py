"""A finding of a project's own rule costs at most that rule, and can be stored."""

from __future__ import annotations

import json
import uuid
from dataclasses import replace
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

import pytest
from django.utils.functional import lazystr

from number_insight.insight import Insight
from number_insight.rules import Rule
from number_insight.rules.line import Premium
from number_insight.rules.soundness import MAX_TEXT
from tests.support.rules import judged

PREMIUM = Insight(line_type="landline_premium")
AT = datetime(2026, 11, 20, 9, 30, tzinfo=timezone.utc)


class Odd(Rule):
    """A rule whose flags have what a test gives them."""

    code = "odd"

    def __init__(self, said: Any = None, **changes: Any) -> None:
        super().__init__()
        self.said, self.changes = said or {}, changes

    def examine(self, insight, signup):
        yield replace(self.flag("It is %(what)s.", **self.said), **self.changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"weight": "90"},
        {"weight": None},
        {"weight": 12.5},
        {"weight": float("nan")},
        {"weight": True},
        {"weight": -(10**12)},
        {"code": None},
        {"code": ""},
        {"message": None},
        {"params": None},
        {"params": ["what"]},
        {"cancels": "premium"},
        {"cancels": None},
        {"cancels": frozenset({5})},
    ],
    ids=str,
)
def test_a_flag_that_cannot_be_weighed_costs_its_rule_and_no_other(changes: dict[str, Any]) -> None:
    judgement = judged(PREMIUM, rules=[Odd(**changes), Premium()])
    assert judgement.raised == ("odd",)
    assert (judgement.verdict, judgement.score) == ("deny", 80)
    assert judgement.errors["odd"].startswith("a flag")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (AT, "2026-11-20 09:30:00+00:00"),
        (Decimal("1.20"), "1.20"),
        (uuid.UUID(int=7), "00000000-0000-0000-0000-000000000007"),
        (lazystr("so"), "so"),
        (float("inf"), "inf"),
        ("a\0b\ud800", "ab?"),
        ({"SE", "GB"}, ["GB", "SE"]),
        ([AT.date()], ["2026-11-20"]),
        ({1: Decimal(2)}, {"1": "2"}),
        ("x" * 5000, "x" * MAX_TEXT),
        (None, None),
        (3, 3),
        (0.5, 0.5),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_parameters_of_a_flag_are_kept_as_text_where_nothing_else_would_do(
    given: Any, kept: Any
) -> None:
    judgement = judged(Insight(), rules=[Odd({"what": given})])
    assert judgement.raised == ()
    (flag,) = judgement.flags
    assert json.loads(json.dumps(dict(flag.params))) == {"what": kept}


def test_parameters_that_hold_themselves_end_somewhere() -> None:
    given: list[Any] = []
    given.append(given)
    judgement = judged(Insight(), rules=[Odd({"what": given})])
    assert judgement.raised == ()
    assert json.dumps(dict(judgement.flags[0].params))


def test_a_flag_without_a_group_stands_alone_however_that_is_written() -> None:
    judgement = judged(PREMIUM, rules=[Odd(group=None, weight=10), Premium()])
    assert [flag.group for flag in judgement.flags if flag.code == "odd"] == [""]
    assert judgement.score == 90


def test_a_sound_flag_is_not_copied() -> None:
    flag = Rule.flag(Premium(), "It is %(what)s.", code="odd", what="so")

    class Same(Rule):
        code = "odd"

        def examine(self, insight, signup):
            yield flag

    assert judged(Insight(), rules=[Same()]).flags[0].params is flag.params
