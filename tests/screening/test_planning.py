"""Nothing is bought that cannot change the verdict; judging and ``LEVEL="auto"`` cost little."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from number_insight.insight import Insight
from number_insight.models import ListEntry, Lookup, NumberInsightRecord, Switch
from number_insight.providers.fake import Fake
from number_insight.providers.personas import PERSONAS
from number_insight.rules import STANDARD, Rule
from number_insight.screening import planning, refusal, signup, sweeps
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
    record = screened(NUMBER, under=asking())
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


HISTORY = ("history", "source")
RULES = [entry for entry in STANDARD if entry["NAME"].split(".")[2] not in HISTORY]
"""History tells the second run from the first, so its rules are left out."""
ANSWERED = [f"+467017406{p.ending}" for p in PERSONAS if p.verdict != "pending" and not p.fault]
LANDLINES = [f"+4420794600{place:02}" for place in (14, 54, 64)]
JUNK = ["12", "+4470", "nonsense"]
LISTED = "+46701740711"


def population() -> list[str]:
    """Return the numbers to sign up: answered personas, landlines, junk, and many again."""
    return [*ANSWERED, *LANDLINES, *JUNK, LISTED, *ANSWERED[:10], *ANSWERED[:10]]


def verdicts(**settings: Any) -> tuple[list[str], Decimal]:
    """Sign the population up; return its verdicts and their cost."""
    NumberInsightRecord.objects.all().delete()
    Lookup.objects.all().delete()
    with asking(RULES=RULES, LIMITS={}, THROUGHPUT=10_000, STORE_LIVE=True, **settings):
        records = []
        for number in population():
            records.append(signup.screen(number, ip="89.160.20.112"))
            sweeps.sweep(inline=True)
        Lookup.objects.filter(state="queued").update(next_try_at=timezone.now())
        sweeps.sweep(inline=True)  # the provider was busy once, and the back-off is over
        rows = NumberInsightRecord.objects.in_bulk([record.pk for record in records])
        cost = sum((row.cost for row in rows.values()), Decimal(0))
    return [rows[record.pk].verdict for record in records], cost


def test_the_personas_cost_less_at_the_same_verdicts(capsys: pytest.CaptureFixture[str]) -> None:
    ListEntry.objects.create(action="allow", match="number", value=LISTED, reason="A friend.")
    without_memory = {"FRESHNESS": {"carrier": timedelta(0), "live": timedelta(0)}}
    always, dear = verdicts(LEVEL="advanced", **without_memory)
    auto, cheap = verdicts(LEVEL="auto")
    with capsys.disabled():
        print(f"\n{len(auto)} signups: always Advanced {dear:.3f} EUR, auto {cheap:.3f} EUR")
    assert auto == always
    assert cheap < dear * Decimal("0.8")


@pytest.mark.parametrize(
    ("number", "saved"), [("12", "0.03"), (LANDLINES[0], "0.025"), (ANSWERED[0], "0")]
)
def test_each_record_says_what_was_saved(number: str, saved: str) -> None:
    with asking():
        record = signup.screen(number)
        sweeps.sweep(inline=True)
        record.refresh_from_db()
        assert planning.saved(record) == Decimal(saved)


def test_what_was_turned_away_for_want_of_money_saved_nothing() -> None:
    Switch.objects.create(name="lookups", is_on=False)
    with asking():
        record = signup.screen(ANSWERED[0])
        sweeps.sweep(inline=True)
        record.refresh_from_db()
        assert planning.saved(record) == 0
