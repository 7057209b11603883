"""No stored row reveals the state of the phone for longer than STORE_LIVE says."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import override_settings
from django.utils import timezone

from number_insight import loading, privacy, reviewing
from number_insight.insight import Insight
from number_insight.models import Lookup, NumberInsightRecord, RiskFlag
from number_insight.privacy import live
from number_insight.providers.base import ADVANCED_SIGNALS
from number_insight.rules import Flag, Rule, Signup
from number_insight.rules.live import LIVE_MESSAGE, without_details, without_live
from number_insight.sandbox.server import Sandbox
from number_insight.testing import RecordFactory
from tests.models import Customer
from tests.privacy.live import BASE, flag, settings, told, words_of
from tests.privacy.stage import rows
from tests.support.stage import command, screened, sweep
from tests.support.waiting import at_once

pytestmark = pytest.mark.django_db

LIVE = {"20": 5, "21": 15, "30": 10, "31": 25, "32": 50, "33": 40, "71": 0}
"""Personas with live findings (or a live answer at least), and the weights of these."""
LIVE_RULES = {
    rule.code
    for rule in loading.rules()
    if rule.live and ADVANCED_SIGNALS.issuperset(rule.needs or ())
}


class Handset(Rule):
    """A project's rule on live data that names a place and has no other text."""

    code = "handset"
    weight = 40
    needs = ("reachable",)
    live = True

    def examine(self, insight: Insight, signup: Signup) -> Iterator[Flag]:
        yield self.flag("The phone is %(state)s.", state=insight.reachable)


@pytest.mark.parametrize("ending", LIVE)
def test_while_a_person_has_to_decide_a_finding_says_what_and_neither_where_nor_whose(
    ending: str, sandbox: Sandbox
) -> None:
    thresholds = {"review": 0, "deny": 900}
    with override_settings(NUMBER_INSIGHT=settings(sandbox, THRESHOLDS=thresholds, STORE_RAW=True)):
        record = screened(BASE + ending, ip="8.8.44.88")
    live = list(record.flags.filter(live=True))
    assert {flag.code for flag in live} <= LIVE_RULES
    assert bool(live) == bool(LIVE[ending])
    assert not record.flags.filter(code="live").exists()
    assert [flag.evidence for flag in live] == [{} for _flag in live]
    assert not any("%" in flag.text or "not kept" in flag.text for flag in live)
    assert sum(flag.weight for flag in live if flag.counted) == LIVE[ending]
    assert (record.reachable, record.roaming_status, record.roaming_country) == (
        "unknown",
        "unknown",
        "",
    )
    RiskFlag.objects.all().delete()
    assert told(rows()) == []


def test_what_nobody_has_to_decide_on_is_merged_at_once(sandbox: Sandbox) -> None:
    with override_settings(NUMBER_INSIGHT=settings(sandbox)):
        record = screened(BASE + "21", ip="8.8.44.88")
    assert (record.verdict, record.live_until) == ("allow", None)
    assert ("live", 15, False) in words_of(record)


def test_a_rule_without_a_text_for_this_shows_no_place(sandbox: Sandbox) -> None:
    extra = [{"NAME": f"{__name__}.Handset"}]
    with override_settings(NUMBER_INSIGHT=settings(sandbox, EXTRA_RULES=extra)):
        record = screened(BASE + "05")
    flag = record.flags.get(code="handset")
    assert (flag.evidence, flag.live, flag.weight) == ({}, True, 40)
    assert flag.text == LIVE_MESSAGE


@pytest.mark.parametrize("raw", [False, True], ids=["", "raw"])
@pytest.mark.parametrize("ending", LIVE)
def test_no_column_tells(ending: str, raw: bool, sandbox: Sandbox) -> None:
    number = BASE + ending
    with override_settings(NUMBER_INSIGHT=settings(sandbox, STORE_RAW=raw, STORE_LIVE=False)):
        record = screened(number, ip="8.8.44.88")
        again = screened(number, ip="8.8.44.88")
    assert Lookup.objects.get().state in ("answered", "partial")
    assert bool(Lookup.objects.get().raw) == raw
    live = [(flag.weight, flag.group, flag.evidence) for flag in record.flags.filter(code="live")]
    assert live == ([(LIVE[ending], "", {})] if LIVE[ending] else [])
    assert record.score >= LIVE[ending]
    assert LIVE_RULES.isdisjoint(record.not_evaluable)
    NumberInsightRecord.objects.filter(pk=again.pk).delete()  # which lists what it could not ask
    assert told(rows()) == []


def test_a_reused_answer_tells_the_same_of_everybody(sandbox: Sandbox) -> None:
    lists = []
    with override_settings(NUMBER_INSIGHT=settings(sandbox)):
        for ending in (*LIVE, "05"):
            screened(BASE + ending)
            lists.append(screened(BASE + ending).not_evaluable)
    assert lists[0] != []
    assert all(codes == lists[0] for codes in lists)


def test_with_the_setting_it_is_kept(sandbox: Sandbox) -> None:
    with override_settings(NUMBER_INSIGHT=settings(sandbox, STORE_LIVE=True)):
        record = screened(BASE + "31")
    assert record.reachable == "undeliverable"
    assert [flag.code for flag in record.flags.all()] == ["undeliverable"]
    assert "undeliverable" in told(rows())


@pytest.mark.parametrize("rule", [rule for rule in loading.rules() if rule.live])
def test_every_live_rule_has_a_text_without_places(rule: Rule) -> None:
    messages = [value for name, value in vars(type(rule)).items() if name.startswith("message")]
    assert messages
    for message in messages:
        (bare,) = without_details([rule.flag(message, place="FR")])
        assert "%(" not in bare.message
        assert bare.message != LIVE_MESSAGE
        assert (bare.params, bare.code, bare.weight) == ({}, rule.code, rule.weight)


def test_what_is_not_live_is_left_as_it_is() -> None:
    flags = [flag(30, group="line", params={"carrier": "Telia"}), flag(0)]
    assert list(without_live(flags)) == flags


def passed(record: NumberInsightRecord, **time: float) -> None:
    """Let so much time pass for the live findings and the decision of `record`."""
    record.refresh_from_db()
    for column in ("live_until", "decided_at", "screened_at"):
        then = getattr(record, column)
        setattr(record, column, then and then - timedelta(**time))
    record.save()


@pytest.fixture
def waiting(sandbox: Sandbox) -> Iterator[NumberInsightRecord]:
    """A record that waits for a person since the phone roams, elsewhere than the IP is."""
    thresholds = {"review": 15, "deny": 900}
    with override_settings(NUMBER_INSIGHT=settings(sandbox, THRESHOLDS=thresholds)):
        customer = Customer.objects.create(name="Ada", phone="")
        yield screened(BASE + "21", ip="8.8.44.88", subject=customer)


def test_findings_are_merged_when_the_decision_cannot_be_undone_any_more(
    waiting: NumberInsightRecord,
) -> None:
    before, score = words_of(waiting), waiting.score
    assert ("roaming_elsewhere", 15, True) in before
    ana = User.objects.create_user("ana")
    reviewing.refuse(waiting, user=ana)
    sweep()
    assert words_of(waiting) == before
    passed(waiting, minutes=10, seconds=1)
    sweep()
    waiting.refresh_from_db()
    assert words_of(waiting) == {("live", 15, False)}
    assert (waiting.score, waiting.live_until, waiting.verdict) == (score, None, "review")
    assert told(rows()) == []
    assert reviewing.reopen(waiting)
    assert words_of(waiting) == {("live", 15, False)}


def test_an_undone_decision_gives_the_findings_their_time_back(
    waiting: NumberInsightRecord,
) -> None:
    before = words_of(waiting)
    ana = User.objects.create_user("ana")
    reviewing.refuse(waiting, user=ana)
    assert reviewing.undo(waiting, user=ana)
    assert waiting.live_until == waiting.screened_at + timedelta(days=7)
    passed(waiting, hours=1)
    sweep()
    assert words_of(waiting) == before


@pytest.mark.parametrize("way", ["sweep", "purge"])
def test_findings_are_merged_seven_days_after_the_verdict_whoever_decides(
    way: str, waiting: NumberInsightRecord, settings: Any
) -> None:
    settings.NUMBER_INSIGHT = {**settings.NUMBER_INSIGHT, "RETENTION": None}
    before = words_of(waiting)
    work = sweep if way == "sweep" else partial(command, "purge")
    passed(waiting, days=6.9)
    work()
    assert words_of(waiting) == before
    passed(waiting, days=0.2)
    command("purge", "--dry-run")
    assert words_of(waiting) == before
    work()
    assert words_of(waiting) == {("live", 15, False)}
    assert waiting in NumberInsightRecord.objects.awaiting_review()


def test_findings_are_merged_by_erasure(waiting: NumberInsightRecord) -> None:
    privacy.erase(number=waiting.number)
    waiting.refresh_from_db()
    assert words_of(waiting) == {("live", 15, False)}
    assert waiting.live_until is None


def test_what_was_kept_for_good_is_merged_by_erasure_too(sandbox: Sandbox) -> None:
    with override_settings(NUMBER_INSIGHT=settings(sandbox, STORE_LIVE=True)):
        record = screened(BASE + "21", ip="8.8.44.88")
        sweep()
        assert record.live_until is None
        assert RiskFlag.objects.filter(code="roaming_elsewhere").get().evidence
        privacy.erase(number=record.number)
    assert words_of(record) == {("live", 15, False)}
    assert told(rows()) == []


def test_a_new_verdict_replaces_the_findings_of_the_old_one(waiting: NumberInsightRecord) -> None:
    reviewing.look_up_again(waiting)
    sweep()
    waiting.refresh_from_db()
    assert waiting.live_until == waiting.screened_at + timedelta(days=7)
    assert ("roaming_elsewhere", 15, True) in words_of(waiting)
    reviewing.release(waiting)
    reviewing.look_up_again(waiting)
    sweep()
    waiting.refresh_from_db()
    assert (waiting.live_until, words_of(waiting)) == (None, {("live", 15, False)})


def test_a_sweep_merges_a_batch_in_few_statements(django_assert_max_num_queries: Any) -> None:
    long_ago = timezone.now() - timedelta(days=8)
    for index in range(30):
        record = RecordFactory(verdict="review", live_until=long_ago)
        record.flags.create(code="absent", weight=10, live=True, counted=bool(index % 2))
        record.flags.create(code="roaming", weight=5, live=True)
    with django_assert_max_num_queries(10):
        assert live.merge_due(20) == 20
    assert NumberInsightRecord.objects.exclude(live_until=None).count() == 10
    assert live.merge_all() == 10
    weights = RiskFlag.objects.filter(code="live").values_list("weight", flat=True)
    assert sorted(weights) == [5] * 15 + [15] * 15
    assert not RiskFlag.objects.filter(live=True).exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_sweeps_at_once_one_merges_a_record() -> None:
    for _index in range(10):
        record = RecordFactory(verdict="review", live_until=timezone.now())
        record.flags.create(code="absent", weight=10, live=True)
    at_once(4, lambda _index: live.merge_all())
    assert RiskFlag.objects.filter(code="live", weight=10).count() == RiskFlag.objects.count() == 10


def test_several_live_findings_become_one_that_keeps_the_sum() -> None:
    (one,) = without_live(
        [flag(25, live=True), flag(15, live=True), flag(5, live=True, counted=False)]
    )
    assert (one.code, one.weight, one.counted, one.group, one.params) == ("live", 40, True, "", {})


def test_a_live_finding_that_does_not_count_tells_no_weight() -> None:
    kept = list(without_live([flag(50), flag(25, live=True, counted=False)]))
    assert [(one.code, one.weight, one.counted) for one in kept] == [
        ("live", 0, False),
        ("code50", 50, True),
    ]
