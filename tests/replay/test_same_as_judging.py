"""A replay comes to what judging each record anew would come to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from operator import attrgetter
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from number_insight import screening
from number_insight.insight import Insight
from number_insight.models import ListEntry, NumberInsightRecord
from number_insight.replay import rulesets
from number_insight.replay.judge import Judge
from number_insight.replay.report import Outcome
from number_insight.replay.run import Replayer
from number_insight.replay.stored import batches, settled
from number_insight.rules import Rule
from number_insight.rules.base import COSTLY, SIGNALS, Signup, judge
from number_insight.rules.scoring import Flag
from number_insight.verdicts import grounds, history, judging
from tests.models import Customer
from tests.replay.stage import replayed, rule, rules_file, run, seed
from tests.support import stage

pytestmark = pytest.mark.django_db

PATHS = [
    *(f"insight.{member.name}" for member in fields(Insight) if member.name != "raw"),
    *("insight.ip.match", "insight.ip.country", "insight.roaming.status"),
    *(f"signup.{member.name}" for member in fields(Signup)),
]


def outcomes(rule_set: rulesets.RuleSet) -> dict[int, Outcome]:
    replayer = Replayer(rule_set)
    return {
        outcome.case.record.pk: outcome
        for cases in batches(settled(), 300)
        for outcome in replayer.outcomes(cases)
    }


def keep_history() -> None:
    """Keep on each record what its rules would have been told."""
    records = list(NumberInsightRecord.objects.select_related("lookup"))
    signups = [(record, Insight.from_json(record.lookup.insight)) for record in records]
    for record, past in zip(records, history.pasts(signups, COSTLY - {"listed"}), strict=True):
        record.history = past
    NumberInsightRecord.objects.bulk_update(records, ["history"])


@pytest.mark.parametrize("is_kept", [False, True])
def test_a_replay_judges_many_records_as_judging_them_one_by_one_does(is_kept):
    with override_settings(NUMBER_INSIGHT=stage.fake(STORE_LIVE=True)):
        seed(2000, kept_live=True)
        if is_kept:
            keep_history()
        known = NumberInsightRecord.objects.order_by("pk")[500]
        ListEntry.objects.create(action="deny", match="prefix", value="+46701740")
        ListEntry.objects.create(action="allow", match="ip", value="8.8.1.7")
        ListEntry.objects.create(action="allow", match="number", value=known.number)
        found = outcomes(rulesets.active())
        judged = list(NumberInsightRecord.objects.select_related("lookup").order_by("pk"))
        for record in judged[::4]:
            insight = Insight.from_json(record.lookup.insight)
            case = grounds.answered(record, record.lookup, insight, record.basis)
            judgement = judging.judge([case])[0].judgement
            again = found[record.pk].judgement
            assert again is not None
            assert (again.verdict, again.score) == (judgement.verdict, judgement.score), record
            assert again.flags == judgement.flags
    kinds = {flag.code for outcome in found.values() for flag in outcome.judgement.flags}
    assert {"number_reused", "number_refused_before", "block_burst", "ip_volume"} <= kinds
    assert {"carrier_burst", "deny_prefix", "allow_number", "allow_wider"} <= kinds


class Curious(Rule):
    """A rule that finds what it finds by whatever it was told to read."""

    code = "curious"

    def __init__(self, *, nth: int, paths: list[str], needs: Any) -> None:
        super().__init__(weight=10 + nth)
        self.code = f"curious_{nth}"  # type: ignore[misc]
        self.paths = paths
        self.needs = needs  # type: ignore[misc]

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        told = {"insight": insight, "signup": signup}
        for path in self.paths:
            whose, _dot, name = path.partition(".")
            seen = repr(attrgetter(name)(told[whose]))
            if sum(seen.encode()) % 3 == 0:
                yield self.flag("Seen: %(seen)s.", seen=seen, path=path)


@st.composite
def rule_sets(draw: Any) -> rulesets.RuleSet:
    needs = st.one_of(st.none(), st.lists(st.sampled_from(sorted(SIGNALS)), max_size=2).map(tuple))
    rules = tuple(
        Curious(
            nth=nth,
            paths=draw(st.lists(st.sampled_from(PATHS), min_size=1, max_size=3)),
            needs=draw(needs),
        )
        for nth in range(draw(st.integers(1, 6)))
    )
    return rulesets.RuleSet(rules=rules, thresholds={"review": 30, "deny": 60})


def test_whatever_a_rule_reads_is_told_as_in_judging():
    with override_settings(NUMBER_INSIGHT=stage.fake(STORE_LIVE=True)):
        seed(60, kept_live=True)
        (cases,) = batches(settled())
        signup = Signup(at=cases[0].record.created_at, number=cases[0].record.number, ip="8.8.8.8")

        @settings(deadline=None, max_examples=40)
        @given(rule_sets())
        def replay_and_judge(rule_set: rulesets.RuleSet) -> None:
            replaying = Judge(rule_set)
            for case in cases:
                insight, told = judging.for_this_ip(case, signup)
                judgement = judge(
                    rule_set.rules, insight, signup, signals=told, thresholds=rule_set.thresholds
                )
                assert replaying.judge(case, signup) == judgement

        replay_and_judge()


def test_what_is_attached_later_changes_nothing_of_what_was_counted():
    with stage.asking():
        first, second = (stage.screened(stage.CLEAN) for _ in range(2))
        assert second.history["number_seen"] == 0
        with screening.suspended():
            customer = Customer.objects.create(name="Ada", phone=stage.CLEAN)
        screening.attach(customer, record=first)
        assert "number_reused" not in run()
        NumberInsightRecord.objects.update(history={})
        assert "number_reused" in run()


class Crowded(Rule):
    """A rule that reads what no standard rule asks for."""

    code = "crowded"
    weight = 90
    needs = ()
    reads = ("ip_seen",)

    def examine(self, insight: Insight, signup: Signup) -> Any:
        if signup.ip_seen:
            yield self.flag("Others came from there.")


def test_what_the_rules_were_not_told_then_is_counted_as_it_was(tmp_path):
    with stage.asking():
        stage.screened(stage.CLEAN, ip="8.8.8.8", subject=Customer.objects.create(name="Ada"))
        stage.screened(stage.CLEAN, ip="8.8.8.8", subject=Customer.objects.create(name="Ben"))
        rules = rules_file(tmp_path, [rule(f"{__name__}.Crowded")])
        assert replayed("--rules", rules)["matrix"] == {"allow->allow": 1, "allow->deny": 1}


@pytest.mark.parametrize(("is_kept", "statements"), [(True, 5), (False, 6)])
def test_a_batch_takes_few_statements(is_kept, statements):
    seed(40)
    if is_kept:
        keep_history()
    replayer = Replayer(rulesets.active())
    with CaptureQueriesContext(connection) as queries:
        for cases in batches(settled()):
            replayer.outcomes(cases)
    assert len(queries) <= statements, [query["sql"] for query in queries]
