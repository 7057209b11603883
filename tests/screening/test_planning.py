"""Nothing is bought that cannot change the verdict, and judging takes few queries."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from number_insight.insight import Insight
from number_insight.models import NumberInsightRecord
from number_insight.providers.fake import Fake
from number_insight.rules import STANDARD, Rule
from number_insight.screening import planning, refusal
from tests.support.records import NUMBER, a_record, an_entry, numbers_of_block
from tests.support.stage import asking, record_of, screened

pytestmark = pytest.mark.django_db
HERE = "tests.screening.test_planning"
PREMIUM = "+449098790123"


class Shady(Rule):
    """Wants everything that can be had."""

    code = "shady"
    weight = 90
    needs = ("roaming", "caller")
    reads = ()

    def examine(self, insight: Insight, signup: Any) -> Any:
        yield self.flag("It is shady.")


class Forgiving(Rule):
    """An answer may speak for a number."""

    code = "forgiving"
    weight = -60
    needs = ("reachable",)
    reads = ()

    def examine(self, insight: Insight, signup: Any) -> Any:
        if insight.reachable == "reachable":
            yield self.flag("It answers.")


def basis_of(record: NumberInsightRecord) -> str | None:
    plan = planning.plan_for(record)
    return None if plan.question else plan.basis


def crowd(count: int) -> None:
    """Let the number belong to so many, and its block be busy."""
    for subject, number in enumerate(numbers_of_block(count)):
        a_record(number, subject=subject)
        a_record(subject=subject)


def test_a_number_that_its_history_denies_is_not_looked_up() -> None:
    crowd(5)
    with asking():
        record = screened(NUMBER)
    assert (record.verdict, record.score, record.basis) == ("deny", 100, "free")
    assert Fake.asked == []


def test_a_premium_rate_number_is_denied_without_a_lookup() -> None:
    with asking():
        assert screened(PREMIUM).verdict == "deny"
    assert Fake.asked == []


def test_a_number_that_is_in_review_already_is_looked_up() -> None:
    crowd(2)
    with asking():
        assert basis_of(a_record(subject=9)) is None


def test_a_level_that_was_asked_for_is_bought_all_the_same() -> None:
    with asking():
        assert planning.plan_for(record_of(PREMIUM, level="standard")).question is not None


def test_a_person_who_insists_may_ask_about_anything_possible() -> None:
    an_entry("allow", "number", PREMIUM)
    with asking():
        assert basis_of(record_of(PREMIUM)) == "listed"
        assert planning.plan_for(record_of(PREMIUM), insist=True).question is not None


def test_an_answer_that_could_speak_for_the_number_is_bought() -> None:
    with asking(EXTRA_RULES=[{"NAME": f"{HERE}.Forgiving"}]):
        assert basis_of(record_of(PREMIUM)) is None
    with asking(EXTRA_RULES=[{"NAME": f"{HERE}.Forgiving", "shadow": True}]):
        assert basis_of(record_of(PREMIUM)) == "free"


@pytest.mark.parametrize(("shadow", "level"), [(False, "advanced"), (True, None)])
def test_nothing_is_bought_for_a_rule_in_shadow(shadow: bool, level: str | None) -> None:
    rules = [{"NAME": f"{HERE}.Shady", "shadow": shadow}]
    with asking(RULES=rules):
        question = planning.plan_for(a_record()).question
    assert (question and question.level) == level


def test_without_the_rules_on_lists_the_lists_say_nothing() -> None:
    an_entry("allow", "number", NUMBER)
    rules = [entry for entry in STANDARD if ".lists." not in entry["NAME"]]
    with asking(RULES=rules):
        assert basis_of(a_record()) is None


def test_judging_takes_few_queries_however_long_the_history_is() -> None:
    def queries() -> int:
        record = record_of(NUMBER, ip="8.8.8.8", level="basic")
        with CaptureQueriesContext(connection) as captured:
            refusal.judge_on_known_facts(record)
        return len(captured)

    with asking():
        alone = queries()
        crowd(30)
        # What the 24 hours before were like is only asked once there may be a burst.
        assert queries() <= alone + 1
    assert alone <= 13


def test_rules_that_read_nothing_cost_one_query_more_than_none() -> None:
    with asking(RULES=[{"NAME": f"{HERE}.Shady"}], ENABLED=False):
        record = record_of(NUMBER)
        with CaptureQueriesContext(connection) as captured:
            refusal.judge_on_known_facts(record)
    tables = [query["sql"].split(" FROM ")[1].split()[0].strip('"`') for query in captured]
    assert set(tables) == {"number_insight_rulefault"}
