"""What is judged once for all that are alike is what judging each by hand comes to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from operator import attrgetter
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from number_insight.hindsight import Hindsight
from number_insight.insight import Insight
from number_insight.replay.judge import CannotTell, Facts, Rehearsal
from number_insight.replay.rulesets import RuleSet
from number_insight.replay.stored import Case, batches, settled
from number_insight.rules import Rule
from number_insight.rules.base import COSTLY, SIGNALS, Signup
from number_insight.verdict import Flag, Judgement
from tests.replay.stage import seed

pytestmark = pytest.mark.django_db

OF_INSIGHT = [f"insight.{f.name}" for f in fields(Insight) if f.name not in ("ip", "raw")]
PATHS = [
    *OF_INSIGHT,
    "insight.ip.match",
    "insight.ip.country",
    "insight.ip.address",
    *(f"signup.{f.name}" for f in fields(Signup)),
]


class Curious(Rule):
    """A rule that finds what it finds by whatever it was told to read."""

    code = "curious"

    def __init__(self, *, nth: int, paths: list[str], says: bool, needs: Any) -> None:
        super().__init__(weight=10 + nth)
        self.code = f"curious_{nth}"  # type: ignore[misc]
        self.paths = paths
        self.needs = needs  # type: ignore[misc]
        self.depends_on = tuple(paths) if says else None  # type: ignore[misc]

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        given = {"insight": insight, "signup": signup}
        for path in self.paths:
            whose, _dot, name = path.partition(".")
            seen = repr(attrgetter(name)(given[whose]))
            if sum(seen.encode()) % 3 == 0:
                yield self.flag("Seen: %(seen)s.", seen=seen, path=path)


@st.composite
def rule_sets(draw: Any) -> RuleSet:
    needs = st.one_of(st.none(), st.lists(st.sampled_from(sorted(SIGNALS)), max_size=2).map(tuple))
    rules = tuple(
        Curious(
            nth=nth,
            paths=draw(st.lists(st.sampled_from(PATHS), min_size=1, max_size=3)),
            says=draw(st.booleans()),
            needs=draw(needs),
        )
        for nth in range(draw(st.integers(1, 6)))
    )
    return RuleSet(rules=rules, thresholds={"review": 30, "deny": 60})


def known(count: int, **options: Any) -> list[tuple[Case, Signup]]:
    """Return cases with what the rules may know of their signups."""
    seed(count, **options)
    hindsight, found = Hindsight(COSTLY), []
    for cases in batches(settled(), 100):
        hindsight.look_at([case.record for case in cases])
        for case in cases:
            assert isinstance(case, Case)
            found.append((case, hindsight.signup_of(case.record, case.shared.insight)))
    return found


def told(judge: Any, *arguments: Any) -> Judgement | str:
    try:
        judgement: Judgement = judge(*arguments)
    except CannotTell as unknown:
        return str(unknown)
    return judgement


@pytest.mark.parametrize("kept_live", [False, True])
def test_no_record_is_taken_for_another(kept_live):
    with override_settings(NUMBER_INSIGHT={"STORE_LIVE": kept_live}):
        cases = known(150, kept_live=kept_live)

        @settings(deadline=None, max_examples=40)
        @given(rule_sets())
        def judged_alike(rule_set: RuleSet) -> None:
            rehearsal, by_hand = Rehearsal(rule_set), Rehearsal(rule_set)
            for case, signup in cases:
                once = told(rehearsal.judge, case, signup)
                assert once == told(by_hand._by_hand, case, Facts.of(case, signup)), case.record

        judged_alike()


class Asked(Rule):
    """A rule that counts how often it is asked."""

    code = "asked"
    depends_on = ("insight.line_type",)
    needs = ()
    times = 0

    def examine(self, insight: Insight, signup: Signup) -> list[Flag]:
        type(self).times += 1
        return []


class AskedAlone(Asked):
    """The same, but for a method of its own: what it reads has to be said again."""

    def examine(self, insight: Insight, signup: Signup) -> list[Flag]:
        return super().examine(insight, signup)


@pytest.mark.parametrize(("kind", "every_time"), [(Asked, False), (AskedAlone, True)])
def test_a_rule_is_asked_once_for_what_is_alike_if_it_says_what_it_depends_on(kind, every_time):
    cases = known(100)
    kind.times, rehearsal = 0, Rehearsal(RuleSet(rules=(kind(),), thresholds={}))
    for case, signup in cases:
        rehearsal.judge(case, signup)
    assert kind.times == 100 if every_time else kind.times < 60
